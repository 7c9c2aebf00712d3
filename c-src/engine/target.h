#ifndef MAPCP_TARGET_H
#define MAPCP_TARGET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "spelling.h"
#include "temporary.h"
#include "times.h"

/// The directory of a place that cannot have anything: one in a directory that does not exist, as a dry run
/// meets it.
#define MAPCP_NOWHERE (-1)

/// What is to be done with a file or link, given what has the target's name already.
enum mapcp_decision {
    /// Nothing has the name.
    MAPCP_DECISION_NEW,
    MAPCP_DECISION_REPLACE,
    /// It is replaced, unless it is the source by another spelling: their statuses are alike but for the
    /// identity. See alias.h.
    MAPCP_DECISION_REPLACE_OTHER,
    /// What is there stays.
    MAPCP_DECISION_SKIP,
};

/// When an existing target is replaced.
struct mapcp_policy {
    enum mapcp_overwrite overwrite;
    /// Whether the caller has named the target: then a link to a FIFO, a socket or a device is refused, by
    /// MAPCP_NOT_REGULAR_FILE, instead of being replaced.
    bool is_named;
    /// How the target's directory keeps times. Borrowed.
    struct mapcp_timekeeping *keeping;
};

/// Whether what has the target's name is to be replaced.
static inline bool mapcp_decision_replaces(enum mapcp_decision decision) {
    return decision == MAPCP_DECISION_REPLACE || decision == MAPCP_DECISION_REPLACE_OTHER;
}

/// Whether two statuses are of one file.
bool mapcp_is_same_file(const struct stat *one, const struct stat *other);

/// Decides what becomes of the file or link at `source`, looking at the target and touching nothing.
///
/// A symbolic link as target may be replaced: it is the link that goes, not what it points to. Returns false
/// and sets `error` where the target must not be replaced: by MAPCP_SAME_FILE, MAPCP_IS_DIRECTORY,
/// MAPCP_NOT_REGULAR_FILE, or MAPCP_ALREADY_EXISTS under MAPCP_OVERWRITE_ERROR; by MAPCP_UNSUPPORTED if it is
/// unknown under MAPCP_OVERWRITE_NEWER which of the two is newer; and where that cannot be
/// known, since one of the two, or what it leads to, could not be looked at. Under MAPCP_OVERWRITE_NEWER a
/// temporary file may be made beside the target: see timekeeping.h.
bool mapcp_target_decide(struct mapcp_place target, struct mapcp_place source,
                         const struct stat *source_status, struct mapcp_policy policy,
                         enum mapcp_decision *decision, struct mapcp_error *error);

/// Whether mapcp_target_decide failed since it is unknown which of source and target is newer.
bool mapcp_target_is_undecided(const struct mapcp_error *error);

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
