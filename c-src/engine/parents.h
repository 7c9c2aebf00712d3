#ifndef MAPCP_PARENTS_H
#define MAPCP_PARENTS_H

// The directories on the way to the target: whether they exist, whether one of them is the source, and
// writing them to the disk.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"

/// Creates the directories that are missing on the way to `path`, but not `path` itself. Adds their paths to
/// `made`. On failure returns false and sets `error`.
bool mapcp_make_parents(const char *path, struct mapcp_names *made, struct mapcp_error *error);

/// Removes the directories that a failed copy has created, if they are empty. Empties `made`.
void mapcp_remove_parents(struct mapcp_names *made);

/// Checks that the directories on the way to `path` exist. If one does not, returns false and sets `error`.
bool mapcp_check_parents(const char *path, struct mapcp_error *error);

/// Checks that an entry can be created at `place`: that the system does not refuse to change the directory
/// there, or the nearest one that exists. Changes nothing. If an entry cannot be created, returns false and
/// sets `error`. Returns true if this is unknown: a WASI host need not look at permissions.
bool mapcp_check_may_create(struct mapcp_place place, struct mapcp_error *error);

/// Checks that `path` does not lie in the directory that has the status `source`. If it does, returns false
/// and sets `error`.
bool mapcp_check_outside(const char *path, const struct stat *source, struct mapcp_error *error);

/// Whether a walk through the directory that has the status `source` leaves out the target, or a directory on
/// the way to it, as in `mapcp -r --exclude backup . backup`. False if the target is not in the source, or if
/// this is unknown.
bool mapcp_is_left_out(const char *target, const struct stat *source, const struct mapcp_options *options);

/// Writes a directory's entries to the disk. WASI's preview 1 has no call for this; there it does nothing. On
/// failure returns false with errno set.
bool mapcp_sync_directory(int descriptor);

/// Writes the entries of the directory that contains `path` to the disk. On failure returns false and sets
/// `error`.
bool mapcp_sync_parent(const char *path, struct mapcp_error *error);

#endif
