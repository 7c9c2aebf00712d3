#ifndef MAPCP_PARENTS_H
#define MAPCP_PARENTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"

/// Makes the directories on the way to `path` that are missing; not `path` itself. Adds the path of each to
/// `made`. On failure returns false and sets `error`.
bool mapcp_make_parents(const char *path, struct mapcp_names *made, struct mapcp_error *error);

/// Removes the directories that were made for a copy which has failed, if nothing is in them. Empties `made`.
void mapcp_remove_parents(struct mapcp_names *made);

/// Refuses a target where a directory on the way to it is missing, as making it would: false, and sets
/// `error`.
bool mapcp_check_parents(const char *path, struct mapcp_error *error);

/// Refuses a target that lies in the directory whose status is `source`, as far as the target's path shows:
/// false, and sets `error`.
bool mapcp_check_outside(const char *path, const struct stat *source, struct mapcp_error *error);

/// Has a directory's entries on the disk, where the system lets a program ask for that: WASI's preview 1 does
/// not, and then this does nothing. False with errno set when it fails.
bool mapcp_sync_directory(int descriptor);

/// Has the directory that names `path` on the disk. On failure returns false and sets `error`.
bool mapcp_sync_parent(const char *path, struct mapcp_error *error);

// A target that lies in its own source, in a part that the filters leave out: `mapcp -r --exclude backup .
// backup`.

/// Whether the walk through the directory whose status is `source` leaves out the target, or a directory on
/// the way to it. False if the target does not lie in the source, or if that cannot be known.
bool mapcp_is_left_out(const char *target, const struct stat *source, const struct mapcp_options *options);

#endif
