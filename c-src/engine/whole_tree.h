#ifndef MAPCP_WHOLE_TREE_H
#define MAPCP_WHOLE_TREE_H

// A tree that appears as a whole or not at all.
//
// The job builds it beside the target, under a temporary name, and renames it when it is complete. If the
// target exists and may be replaced, three calls commit: the old tree is moved aside, the new one takes its
// name, and the old one gets a temporary name, under which it is removed. `clean` recognizes each tree by its
// name: see temporary.h. WASI cannot exchange two names in one call, so between the first two calls the
// target is missing.
//
// All names are relative to the open directory that holds the target. So the tree is found even if that
// directory is moved.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "removal.h"
#include "report.h"
#include "target.h"
#include "temporary.h"
#include "tree.h"

/// A tree that is being built.
struct mapcp_whole_tree {
    /// The directory that holds the target, or -1.
    int parent;
    /// The new tree's root, held open so that no other file gets its inode number, or -1.
    int root;
    /// The target's path without slashes at its end, and its last name. Owned; `name` is a part of it.
    char *path;
    const char *name;
    /// The temporary name of the new tree or, after the commit, of the old one. NULL if neither has one.
    /// Owned.
    char *temporary;
    /// The name of the old tree while it is aside. NULL if it is not. Owned.
    char *aside;
    /// The identities of the source, of the new tree once it is made, and of the old tree if it is replaced.
    struct stat source;
    struct stat made;
    struct stat old;
    /// The old tree, if it is replaced, or -1. Some file systems give a directory another inode number when
    /// nothing holds it.
    int held_old;
    bool is_made;
    bool replaces;
    bool is_committed;
    /// The removal of the tree that has the temporary name.
    struct mapcp_removal removal;
    bool is_removing;
};

/// A tree that has not begun. Ending it does nothing.
#define MAPCP_NO_WHOLE_TREE ((struct mapcp_whole_tree){.parent = -1, .root = -1, .held_old = -1})

/// Opens the directory that holds the target, and decides what to do, without changing anything. Sets
/// `*decision` to MAPCP_DECISION_NEW, MAPCP_DECISION_REPLACE or MAPCP_DECISION_SKIP.
///
/// Returns false and sets `error` if the target cannot be replaced: it is not a directory, or it is the
/// source; under MAPCP_OVERWRITE_ERROR, if it exists. `source` is the path of the source.
bool mapcp_whole_tree_decide(struct mapcp_whole_tree *tree, const char *target, const char *source,
                             const struct stat *source_status, const struct mapcp_options *options,
                             struct mapcp_namer *namer, enum mapcp_decision *decision,
                             struct mapcp_error *error);

/// Begins a walk through the old tree with mapcp_tree_begin. On failure returns false and sets `error`.
bool mapcp_whole_tree_inspect(const struct mapcp_whole_tree *tree, struct mapcp_tree *walk,
                              struct mapcp_error *error);

/// Makes the next step of that walk. Sets `*done` at its end. If the old tree contains the source, which
/// would be removed with it, returns false and sets `error`.
bool mapcp_whole_tree_inspect_next(const struct mapcp_whole_tree *tree, struct mapcp_tree *walk, bool *done,
                                   struct mapcp_error *error);

/// Makes the new tree's root under a temporary name, and begins the walk that fills it. `source` is the place
/// of the source. On failure returns false and sets `error`.
bool mapcp_whole_tree_enter(struct mapcp_whole_tree *tree, struct mapcp_tree *walk, struct mapcp_place source,
                            struct mapcp_namer *namer, struct mapcp_error *error);

/// Gives the complete tree the target's name. If this fails, returns false and sets `error`; the old tree
/// then has its name again, unless `aside` is still set.
bool mapcp_whole_tree_commit(struct mapcp_whole_tree *tree, const struct mapcp_options *options,
                             struct mapcp_namer *namer, struct mapcp_error *error);

/// After a commit, gives the old tree a temporary name, which is then `temporary`. Does nothing if there is
/// no old tree. On failure returns false and sets `error`.
bool mapcp_whole_tree_discard_old(struct mapcp_whole_tree *tree, struct mapcp_namer *namer,
                                  struct mapcp_error *error);

/// Removes the next entry of the tree that has the temporary name. Returns false if nothing is left to do.
/// Then `removal` has the result, if there was such a tree.
bool mapcp_whole_tree_remove_next(struct mapcp_whole_tree *tree);

/// After a failure, adds to its error which tree is still there.
void mapcp_whole_tree_explain(const struct mapcp_whole_tree *tree, struct mapcp_copy_error *error);

/// Closes and frees everything, after removing the tree that has the temporary name.
void mapcp_whole_tree_end(struct mapcp_whole_tree *tree);

#endif
