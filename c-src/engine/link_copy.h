#ifndef MAPCP_LINK_COPY_H
#define MAPCP_LINK_COPY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "options.h"
#include "place.h"
#include "temporary.h"

/// Puts a symbolic link with the text of `source` in the target's place, replacing what has its name.
///
/// `status` is that of the source link. On failure returns false and sets `error`; what could not be removed
/// then is left in `temporary`.
bool mapcp_link_copy(struct mapcp_place source, struct mapcp_place target, const struct stat *status,
                     const struct mapcp_options *options, struct mapcp_temporary *temporary,
                     struct mapcp_namer *namer, struct mapcp_error *error);

#endif
