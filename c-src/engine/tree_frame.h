#ifndef MAPCP_TREE_FRAME_H
#define MAPCP_TREE_FRAME_H

// The directories on a walk's way from the root to the current entry. Each has a frame. This header is for
// the walk itself: tree.c and guided_walk.c.
//
// Entering a directory opens it in the source, checks that the copy is not endless, and provides the target's
// directory. Only a few frames stay open. The walk reopens the top one when it needs it, and sets the times
// of the target's directory when it leaves it.

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"
#include "listing.h"
#include "path.h"
#include "spelling.h"
#include "times.h"
#include "tree.h"

/// A directory that the walk has entered and not left.
struct mapcp_tree_frame {
    /// The source's directory, or NULL while it is closed. Owned.
    struct mapcp_listing *listing;
    /// The target's directory, or MAPCP_NOWHERE if there is none or while it is closed.
    int target;
    bool has_target;
    bool target_is_new;
    /// Whether a dry run has found that entries can be created in the target's directory.
    bool may_create;
    /// Whether the walk has returned MAPCP_TREE_ENTERED for it, and whether it was listed completely.
    bool announced;
    bool listed;
    /// Whether a guided walk stays in it until it is sent elsewhere.
    bool is_guided;
    /// The lengths of this directory's paths.
    size_t source_length;
    size_t target_length;
    struct stat source_status;
    struct stat target_status;
    /// The subdirectories that the walk has not entered yet.
    struct mapcp_names pending;
    /// The names in the target's directory.
    struct mapcp_siblings siblings;
    /// The names in both directories, if names must be portable and were read. See tree_names.h. Owned.
    struct mapcp_tree_names *names;
    /// How the target's directory keeps times, unless `keeper` is another frame.
    struct mapcp_timekeeping keeping;
    /// The index of the frame whose `keeping` is valid here: a directory that this copy created is on its
    /// parent's file system.
    size_t keeper;
};

/// The result of a step inside the walk.
enum mapcp_tree_step {
    /// It has found an entry.
    MAPCP_TREE_STEP_FOUND,
    /// It has failed.
    MAPCP_TREE_STEP_FAILED,
    /// A guided walk needs a path.
    MAPCP_TREE_STEP_WAITS,
    /// It has done something else, such as entering a directory.
    MAPCP_TREE_STEP_PASSED,
    /// Nothing is left to do in the top directory.
    MAPCP_TREE_STEP_LEAVE,
};

/// The frame of the directory that the walk is in. There must be one.
static inline struct mapcp_tree_frame *mapcp_tree_top(const struct mapcp_tree *tree) {
    return &tree->frames[tree->depth - 1];
}

/// Whether the walk follows symbolic links.
bool mapcp_tree_follows(const struct mapcp_tree *tree);

/// Appends a name to the current paths. Returns false and sets `error` if memory runs out.
bool mapcp_tree_push(struct mapcp_tree *tree, const char *name, struct mapcp_error *error);

/// Shortens the current paths to those of the top directory.
void mapcp_tree_cut(struct mapcp_tree *tree);

/// The path of the current entry below the root, which the filters need. Empty at the root itself. Borrowed.
const char *mapcp_tree_path_below(const struct mapcp_tree *tree);

/// The place of the source `name` in the top directory, which must be open. The current path must be that of
/// the entry: if links are followed, the place is the path.
struct mapcp_place mapcp_tree_source_place(const struct mapcp_tree *tree, const char *name);

/// The place of the target `name` in the top directory.
struct mapcp_place mapcp_tree_target_place(const struct mapcp_tree *tree, const char *name);

/// The type of an entry, as one of the DT_ constants of dirent.h. DT_UNKNOWN for a FIFO, a socket or a
/// device.
unsigned char mapcp_tree_type_of(const struct stat *status);

/// Sets `entry` to the entry `name` of the top directory. The current paths must be those of the entry.
void mapcp_tree_put_entry(const struct mapcp_tree *tree, unsigned char type, const char *name,
                          struct mapcp_tree_entry *entry);

/// The names in the top directory of the target. NULL unless the walk is in one and copies. Borrowed.
struct mapcp_siblings *mapcp_tree_siblings(const struct mapcp_tree *tree);

/// Counts a directory towards the limits before it is created, and perhaps even before it is entered. If a
/// limit forbids it, returns false and sets `error`.
bool mapcp_tree_count_directory(const struct mapcp_tree *tree, struct mapcp_error *error);

/// Undoes mapcp_tree_count_directory for a directory that could not be entered.
void mapcp_tree_uncount_directory(const struct mapcp_tree *tree);

/// Enters a directory, whose paths are already set. On failure returns false and sets `error`.
bool mapcp_tree_enter(struct mapcp_tree *tree, struct mapcp_place source, struct mapcp_place target,
                      struct mapcp_error *error);

/// Says whether a list guides the walk through the top directory, which was just entered. Then the walk does
/// not list it, and can come to a name again.
void mapcp_tree_guide(struct mapcp_tree *tree, bool is_guided);

/// Opens the top directory if it is closed. Fails if its name now leads to another directory. On failure
/// returns false and sets `error`.
bool mapcp_tree_reopen_top(struct mapcp_tree *tree, struct mapcp_error *error);

/// Finishes the target's top directory after its last entry: sets its times, and writes it to the disk. On
/// failure returns false and sets `error`.
bool mapcp_tree_finish_top(struct mapcp_tree *tree, struct mapcp_error *error);

/// Leaves the top directory, and frees its frame.
void mapcp_tree_leave_top(struct mapcp_tree *tree);

#endif
