#ifndef MAPCP_CLI_PATTERNS_H
#define MAPCP_CLI_PATTERNS_H

#include <stddef.h>

#include "flags.h"

/// Warns of patterns that were written from outside of a source, as `src/sub` was for the source `src`: they
/// are matched against paths below it, and match nothing there.
void mapcp_warn_of_patterns(const struct mapcp_flags *flags, const char *const *sources, size_t count);

#endif
