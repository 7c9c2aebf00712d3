#ifndef MAPCP_TREE_H
#define MAPCP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "spelling.h"
#include "times.h"

/// What a tree walk does on the target's side.
enum mapcp_tree_purpose {
    /// Makes the directories that are missing, and gives them their times when it leaves them.
    MAPCP_TREE_COPY,
    /// Looks at the directories that are there.
    MAPCP_TREE_DRY_RUN,
    /// Nothing: only the source is walked.
    MAPCP_TREE_MEASURE,
};

/// The kinds of entries that a walk finds; directories it enters by itself.
enum mapcp_tree_kind {
    MAPCP_TREE_FILE,
    MAPCP_TREE_LINK,
    /// A FIFO, a socket or a device.
    MAPCP_TREE_SPECIAL,
};

/// An entry that a walk has found. The places are valid until the next call.
struct mapcp_tree_entry {
    enum mapcp_tree_kind kind;
    struct mapcp_place source;
    /// Its directory is MAPCP_NOWHERE where the target's does not exist, and while measuring.
    struct mapcp_place target;
    /// Whether the target's directory was made by this walk, or would be, so that nothing can be in the way.
    bool target_is_new;
    /// The source's status, of a directory that was entered, if it belongs to the job's share; otherwise
    /// NULL. Borrowed until the next call.
    const struct stat *status;
    /// If the target's directory was made by this walk, what is in it; otherwise NULL.
    struct mapcp_siblings *siblings;
    /// How the target's directory keeps times. Borrowed until the next call.
    struct mapcp_timekeeping *keeping;
};

/// What a step of a walk came to.
enum mapcp_tree_event {
    /// A directory was entered. The paths are its; of the entry only `target_is_new`, for the directory
    /// itself, and `status` are set.
    MAPCP_TREE_ENTERED,
    /// An entry was found. The paths are its.
    MAPCP_TREE_FOUND,
    /// Something failed, and the walk goes on behind it when it is asked to. The paths are those of what
    /// failed.
    MAPCP_TREE_FAILED,
    /// The walk is over.
    MAPCP_TREE_END,
};

struct mapcp_tree_frame;

/// A walk through a source tree and the target tree beside it, depth first.
///
/// A directory is listed to its end before its subdirectories are entered, so that one listing is open at a
/// time, and few of the directories above it are held open: the way back to others is walked anew. So its
/// memory and descriptors do not grow with the number of files, and the descriptors only with the depth's
/// logarithm.
struct mapcp_tree {
    enum mapcp_tree_purpose purpose;
    const struct mapcp_options *options;
    /// For the temporary files of a walk that makes directories. Borrowed.
    struct mapcp_namer *namer;
    /// The paths of what was found or failed last. Borrowed from the caller, who sets them to the roots.
    struct mapcp_path *source;
    struct mapcp_path *target;
    struct mapcp_tree_frame *frames;
    size_t depth;
    size_t capacity;
    /// Directories entered so far, and entries left out by the filters or as links to be skipped.
    uint64_t directories;
    uint64_t left_out;
};

/// Enters the root: the directory at the paths. On failure returns false and sets `error`. In either case the
/// walk is to be ended with mapcp_tree_end.
bool mapcp_tree_begin(struct mapcp_tree *tree, struct mapcp_error *error);

/// Goes on to the next entry. Sets `entry` when one was found, and `error` when something failed.
enum mapcp_tree_event mapcp_tree_next(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                      struct mapcp_error *error);

/// Closes and frees what the walk holds.
void mapcp_tree_end(struct mapcp_tree *tree);

#endif
