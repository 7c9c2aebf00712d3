#ifndef MAPCP_INSIDE_H
#define MAPCP_INSIDE_H

// A target that lies in its own source, in a part that the filters leave out: `mapcp -r --exclude backup .
// backup`.

#include <stdbool.h>
#include <sys/stat.h>

#include "options.h"

/// Whether the walk through the directory whose status is `source` leaves out the target, or a directory on
/// the way to it. False if the target does not lie in the source, or if that cannot be known.
bool mapcp_inside_left_out(const char *target, const struct stat *source,
                           const struct mapcp_options *options);

#endif
