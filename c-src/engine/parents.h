#ifndef MAPCP_PARENTS_H
#define MAPCP_PARENTS_H

// The directories around the target: whether one of them is the source, whether they can be changed, and
// writing them to the disk.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "way.h"

/// Checks that an entry can be created at `place`: that the system does not refuse to change the directory
/// there, or the nearest one that exists. Changes nothing. If an entry cannot be created, returns false and
/// sets `error`. Returns true if this is unknown: a WASI host need not look at permissions.
bool mapcp_check_may_create(struct mapcp_place place, struct mapcp_error *error);

/// Checks that `path` does not lie in the directory that has the status `source`. If it does, returns false
/// and sets `error`.
bool mapcp_check_outside(const char *path, const struct stat *source, struct mapcp_error *error);

/// Whether a walk through the directory that has the status `source` leaves out the target, or a directory on
/// the way to it, as in `mapcp -r --exclude backup . backup`. The way must have been walked to its end, or to
/// the first missing directory. `from` is the offset of its first name below the source; 0 if that is
/// unknown. False if the target is not in the source, or if its path below the source is unknown.
bool mapcp_is_left_out(const struct mapcp_way *way, size_t from, const struct stat *source,
                       const struct mapcp_options *options);

/// Writes a directory's entries to the disk. WASI's preview 1 has no call for this; there it does nothing. On
/// failure returns false with errno set.
bool mapcp_sync_directory(int descriptor);

/// Writes the entries of the directory that contains `path` to the disk. On failure returns false and sets
/// `error`.
bool mapcp_sync_parent(const char *path, struct mapcp_error *error);

#endif
