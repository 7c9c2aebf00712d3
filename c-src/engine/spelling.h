#ifndef MAPCP_SPELLING_H
#define MAPCP_SPELLING_H

#include <stdbool.h>
#include <sys/stat.h>

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

// Files and directories that are one by two spellings of a name, although their identities differ.
//
// Some file systems that fold case, such as exFAT through FUSE, give another inode number to each spelling.
// What is one then shows by a temporary file: it is made in the one directory, and seen in the other.

/// Whether two statuses may be of one file or directory for all that they say besides its identity.
bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other);

/// Whether `source` is the file at `target` by another spelling. The temporary lies beside `target`. False if
/// that cannot be known.
bool mapcp_alias_is_file(struct mapcp_place source, struct mapcp_place target,
                         const struct mapcp_temporary *temporary);

/// Whether two open directories are one. Makes a temporary file in the first. False if that cannot be known.
bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer);

/// Whether the last names of two paths are alike but for the case of letters of ASCII.
bool mapcp_alias_is_name(const char *one, const char *other);

#endif
