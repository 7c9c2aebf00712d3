#ifndef MAPCP_REMOVAL_H
#define MAPCP_REMOVAL_H

// Removes a directory with everything in it, one entry at a time. It follows no link.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "tree.h"

/// A removal. All zeros initially.
struct mapcp_removal {
    struct mapcp_tree tree;
    struct mapcp_options options;
    struct mapcp_path source;
    struct mapcp_path target;
    /// Whether anything could not be removed, the first reason, and the path that it is about.
    bool has_failed;
    struct mapcp_error error;
    struct mapcp_path failed;
};

/// Begins to remove the directory at `place`, which is borrowed until the end. `path` is its path. If `which`
/// is given, only the directory with this identity is removed.
///
/// If it cannot begin, sets `has_failed` and `error`. A directory that is missing is removed. The caller must
/// call mapcp_removal_end in any case.
void mapcp_removal_begin(struct mapcp_removal *removal, struct mapcp_place place, const char *path,
                         const struct stat *which);

/// Removes the next entry. Goes on after an entry that cannot be removed. Returns false if nothing is left to
/// do.
bool mapcp_removal_next(struct mapcp_removal *removal);

/// Frees everything. Removes nothing more.
void mapcp_removal_end(struct mapcp_removal *removal);

/// Removes a whole directory in one call. If anything could not be removed, returns false, and sets `error`
/// and the path that it is about, which the caller must free.
bool mapcp_remove_tree(struct mapcp_place place, const char *path, const struct stat *which,
                       struct mapcp_path *failed, struct mapcp_error *error);

#endif
