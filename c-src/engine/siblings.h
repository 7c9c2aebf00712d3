#ifndef MAPCP_SIBLINGS_H
#define MAPCP_SIBLINGS_H

#include <stdbool.h>

#include "path.h"
#include "temporary.h"

/// What a copy has put into a directory that it made itself, and how names are told apart there.
///
/// Every name in such a directory must be new. One that is taken is a collision of the copy with itself: the
/// file system takes two names of the source for one, as README and readme. That needs no tables of letters.
/// The file system shows by a temporary file whether it folds case, and whether it composes letters. If it
/// does neither, no names can meet, and nothing needs to be asked for each of them.
struct mapcp_siblings {
    /// Whether something has been put there, and something whose name is not ASCII.
    bool has_any;
    bool has_foreign;
    /// For letters of ASCII in the other case, and for letters that are composed or not.
    enum mapcp_spellings by_case;
    enum mapcp_spellings by_form;
};

/// Whether the name that a finished temporary is to get may meet that of something that was put there. False
/// only if it cannot.
bool mapcp_siblings_may_meet(struct mapcp_siblings *siblings, const struct mapcp_temporary *temporary);

/// The same for the name of a place that is taken already; a temporary file is made to find it out.
bool mapcp_siblings_may_have(struct mapcp_siblings *siblings, struct mapcp_place place,
                             struct mapcp_namer *namer);

/// Notes that something has got this name.
void mapcp_siblings_add(struct mapcp_siblings *siblings, const char *name);

#endif
