#ifndef MAPCP_COMMIT_H
#define MAPCP_COMMIT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "path.h"
#include "siblings.h"
#include "target.h"
#include "temporary.h"

/// What was decided about an entry before it was copied, and what it was decided from.
struct mapcp_terms {
    struct mapcp_place source;
    struct mapcp_place target;
    /// The source's status. Borrowed.
    const struct stat *source_status;
    struct mapcp_policy policy;
    enum mapcp_decision decision;
    /// What is in the target's directory, if this copy made that; otherwise NULL. Borrowed.
    struct mapcp_siblings *siblings;
};

/// Gives a finished temporary file or link the target's name, as the policy for existing targets wants it.
///
/// The decision may be old: somebody else may have made the target while the copy was under way. So each
/// policy but MAPCP_OVERWRITE_ALWAYS is confirmed here: a name that was free is taken only if it still is, by
/// one call where the file system has hard links, and otherwise by a look right before the rename.
///
/// In a directory that this copy made, a name that may meet another one of the copy is taken so under every
/// policy, and if something has it, that is an error.
///
/// `*skipped` says that the target stays, and the temporary with it, which the caller discards. On failure
/// returns false and sets `error`.
bool mapcp_commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                  struct mapcp_error *error);

#endif
