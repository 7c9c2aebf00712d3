#ifndef MAPCP_TARGET_H
#define MAPCP_TARGET_H

// Whether a copy may take the target's name: decided before the copy, and confirmed by the commit.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "spelling.h"
#include "temporary.h"
#include "times.h"

/// The directory of a place in a directory that does not exist. A dry run has such places.
#define MAPCP_NOWHERE (-1)

/// What to do with a file or link, depending on what has the target's name.
enum mapcp_decision {
    /// Copy: the name is free.
    MAPCP_DECISION_NEW,
    /// Copy, and replace what has the name.
    MAPCP_DECISION_REPLACE,
    /// The same, unless the target is an alias of the source: their statuses are equal except for their
    /// identity. See spelling.h.
    MAPCP_DECISION_REPLACE_OTHER,
    /// Do not copy.
    MAPCP_DECISION_SKIP,
};

/// When an existing target is replaced.
struct mapcp_policy {
    enum mapcp_overwrite overwrite;
    /// Whether the caller has named the target. Then a link to a FIFO, a socket or a device is not replaced
    /// but is MAPCP_CODE_NOT_REGULAR_FILE.
    bool is_named;
    /// How the target's directory keeps times. Borrowed.
    struct mapcp_timekeeping *keeping;
};

/// Whether a decision replaces something.
static inline bool mapcp_decision_replaces(enum mapcp_decision decision) {
    return decision == MAPCP_DECISION_REPLACE || decision == MAPCP_DECISION_REPLACE_OTHER;
}

/// Whether two statuses are of the same file.
bool mapcp_is_same_file(const struct stat *one, const struct stat *other);

/// Decides what to do with the file or link at `source`, without changing anything.
///
/// If the target is a symbolic link, the link may be replaced, and its destination is never changed. Returns
/// false and sets `error` if the target must not be replaced:
/// - MAPCP_CODE_SAME_FILE, MAPCP_CODE_IS_DIRECTORY or MAPCP_CODE_NOT_REGULAR_FILE;
/// - MAPCP_CODE_ALREADY_EXISTS, under MAPCP_OVERWRITE_ERROR;
/// - MAPCP_CODE_UNSUPPORTED, under MAPCP_OVERWRITE_NEWER, if it is unknown which of the two is newer;
/// - another code if a status cannot be read.
///
/// Under MAPCP_OVERWRITE_NEWER it may make and remove a temporary file beside the target: see mapcp_is_later.
bool mapcp_target_decide(struct mapcp_place target, struct mapcp_place source,
                         const struct stat *source_status, struct mapcp_policy policy,
                         enum mapcp_decision *decision, struct mapcp_error *error);

/// Whether mapcp_target_decide failed because it is unknown which of source and target is newer.
bool mapcp_target_is_undecided(const struct mapcp_error *error);

/// A decision about an entry, and everything that it depends on.
struct mapcp_terms {
    struct mapcp_place source;
    struct mapcp_place target;
    /// The number of directories that the entry is in, including the root of the copied tree. 0 if the entry
    /// is not in a tree.
    size_t depth;
    /// Borrowed.
    const struct stat *source_status;
    struct mapcp_policy policy;
    enum mapcp_decision decision;
    /// The names in the target's directory. NULL if the entry is not in a tree. Borrowed.
    struct mapcp_siblings *siblings;
    /// Whether the copy has the target's name already, in a tree that only this job can see.
    bool in_place;
};

/// Gives a finished temporary file or link the target's name.
///
/// Another process may have made the target since the decision. So every policy except MAPCP_OVERWRITE_ALWAYS
/// is confirmed here. A name that was free is taken only if it is still free: by one call if the file system
/// has hard links, and otherwise by a check right before the rename.
///
/// In a directory that this job made, a name that may collide with another name of the copy must be free
/// under every policy. If it is taken, this is an error. The same holds for a name that was free at the
/// decision, if jobs with other shards fill the directory as well.
///
/// Sets `*skipped` if the target stays; then the caller must discard the temporary file. On failure returns
/// false and sets `error`.
bool mapcp_commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                  struct mapcp_error *error);

#endif
