#ifndef MAPCP_LINK_COPY_H
#define MAPCP_LINK_COPY_H

#include <stdbool.h>

#include "commit.h"
#include "error.h"
#include "options.h"
#include "temporary.h"

/// Puts a symbolic link with the text of the source in the target's place, on these terms.
///
/// `*skipped` says that what is there stays. On failure returns false and sets `error`. In both cases the
/// caller discards what is in `temporary`.
bool mapcp_link_copy(const struct mapcp_terms *terms, const struct mapcp_options *options,
                     struct mapcp_temporary *temporary, struct mapcp_namer *namer, bool *skipped,
                     struct mapcp_error *error);

#endif
