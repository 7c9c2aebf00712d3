#ifndef MAPCP_TREE_H
#define MAPCP_TREE_H

// A walk through a source tree, and beside it through the target tree, depth first and without recursion.
//
// The walk lists a directory to its end before it enters the subdirectories, so only one listing is open at a
// time. Of the directories above, it holds only a few open, and finds the way back to the others by walking
// again. So its memory does not grow with the number of files, and its open descriptors grow only with the
// logarithm of the depth.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "spelling.h"
#include "times.h"

/// What a walk does in the target. A removal also changes the source.
enum mapcp_tree_purpose {
    /// Creates the directories that are missing, and finishes each one when it leaves it.
    MAPCP_TREE_COPY,
    /// Opens the directories that exist.
    MAPCP_TREE_DRY_RUN,
    /// Nothing.
    MAPCP_TREE_MEASURE,
    /// Nothing. The caller looks for names that mapcp gives. So the walk leaves out an entry whose name is
    /// not UTF-8. A directory with such a name fails, because it could contain what the caller looks for.
    MAPCP_TREE_CLEAN,
    /// Nothing. The walk removes each directory of the source when it leaves it. The caller must remove all
    /// other entries.
    MAPCP_TREE_REMOVE,
};

/// The kind of an entry. The walk itself enters directories, except those that `is_entry` claims.
enum mapcp_tree_kind {
    MAPCP_TREE_FILE,
    MAPCP_TREE_LINK,
    /// A FIFO, a socket or a device.
    MAPCP_TREE_SPECIAL,
    MAPCP_TREE_DIRECTORY,
};

/// An entry that a walk has found. Valid until the next call.
struct mapcp_tree_entry {
    enum mapcp_tree_kind kind;
    struct mapcp_place source;
    /// Its directory is MAPCP_NOWHERE if the target has no such directory, and while measuring.
    struct mapcp_place target;
    /// Whether this walk created the target's directory, or would in a copy. Then no target exists.
    bool target_is_new;
    /// The source's status, if the entry is a directory in the job's shard. Otherwise NULL. Borrowed.
    const struct stat *status;
    /// The names in the target's directory. NULL unless the purpose is a copy. Borrowed.
    struct mapcp_siblings *siblings;
    /// How the target's directory keeps times. Borrowed.
    struct mapcp_timekeeping *keeping;
};

/// The result of a step of a walk. The walk's paths are those of the directory, the entry or the error.
enum mapcp_tree_event {
    /// The walk has entered a directory. Of the entry, only `status` and `target_is_new` are set, which are
    /// about the directory itself.
    MAPCP_TREE_ENTERED,
    /// The walk has found an entry.
    MAPCP_TREE_FOUND,
    /// The walk has done something else, such as listing an entry that it leaves out.
    MAPCP_TREE_PASSED,
    /// Something failed. The next call goes on after it.
    MAPCP_TREE_FAILED,
    /// A guided walk needs a path: the caller must call mapcp_guided_walk_go_to or mapcp_guided_walk_end.
    MAPCP_TREE_WAITS,
    /// The walk has ended.
    MAPCP_TREE_END,
};

struct mapcp_tree_frame;

/// The path that a guided walk goes to next.
struct mapcp_goal {
    bool is_set;
    /// Whether it must be a directory.
    bool is_directory;
    /// Whether the walk has inspected it. Then `type` is its type, as one of the DT_ constants of dirent.h.
    bool is_known;
    unsigned char type;
    /// The path below the root.
    struct mapcp_path path;
};

/// A walk. The caller sets the members up to `is_entry` and `copied`, and leaves the others zero.
struct mapcp_tree {
    enum mapcp_tree_purpose purpose;
    const struct mapcp_options *options;
    /// Names temporary files, if the purpose is a copy. Borrowed.
    struct mapcp_namer *namer;
    /// The current paths. The caller sets them to the roots. Borrowed.
    struct mapcp_path *source;
    struct mapcp_path *target;
    /// Whether the walk is guided: see guided_walk.h. With `recursive`, it walks through each directory that
    /// the caller names.
    bool is_guided;
    /// The temporary name of the target's root, if only this job may see the target. Otherwise NULL.
    /// Everything in it must be new. If the source contains it, the walk passes over it. Borrowed.
    const char *private_name;
    /// Whether a directory with this name is an entry, which the walk does not enter. NULL if none is.
    bool (*is_entry)(const char *name);
    /// The source's root.
    struct mapcp_place root;
    struct mapcp_goal goal;
    struct mapcp_tree_frame *frames;
    size_t depth;
    size_t capacity;
    /// The amounts that the job has copied, to which the walk adds directories. Borrowed. NULL if the walk
    /// copies nothing.
    struct mapcp_amounts *copied;
    /// The number of entries listed.
    uint64_t listed;
    /// The number of directories entered, and of entries left out because of a filter or the policy for
    /// links.
    uint64_t directories;
    uint64_t left_out;
};

/// Enters the root. On failure returns false and sets `error`. The caller must call mapcp_tree_end in any
/// case.
bool mapcp_tree_begin(struct mapcp_tree *tree, struct mapcp_error *error);

/// The same for roots that are not at their paths. The places are borrowed until the end of the walk.
bool mapcp_tree_begin_at(struct mapcp_tree *tree, struct mapcp_place source, struct mapcp_place target,
                         struct mapcp_error *error);

/// The open root of the target.
int mapcp_tree_target_root(const struct mapcp_tree *tree);

/// The target's path of the current entry below the root. Borrowed.
const char *mapcp_tree_target_below(const struct mapcp_tree *tree);

/// The statuses of the roots. Valid only while the walk is in the tree. Borrowed.
const struct stat *mapcp_tree_source_status(const struct mapcp_tree *tree);
const struct stat *mapcp_tree_target_status(const struct mapcp_tree *tree);

/// Makes one step. Sets `entry` or `error`, depending on the event.
enum mapcp_tree_event mapcp_tree_next(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                      struct mapcp_error *error);

/// Whether the target of the current entry is also that of another entry in the same directory: see
/// mapcp_siblings_have_twin. False unless the purpose is a copy.
bool mapcp_tree_has_twin(struct mapcp_tree *tree, bool is_taken);

/// For a dry run: checks that the current entry's target can be created: see mapcp_check_may_create.
bool mapcp_tree_check_may_create(struct mapcp_tree *tree, struct mapcp_error *error);

/// Closes and frees everything.
void mapcp_tree_end(struct mapcp_tree *tree);

#endif
