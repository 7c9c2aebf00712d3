#ifndef MAPCP_FILTER_H
#define MAPCP_FILTER_H

#include <stdbool.h>

#include "options.h"

/// Whether an entry is to be copied, by the include and exclude patterns.
///
/// `path` is relative to the source's root, names joined by slashes. A pattern without a slash is matched
/// against the last name, one with a slash (at its beginning it only says that) against the whole path; a
/// slash at its end makes it match directories only. `*`, `?` and `[...]` match within a name, a name `**`
/// any number of names. Directories need no include to be walked into.
bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory);

/// Whether a pattern matches a path, as above but for the rules about slashes at its ends.
bool mapcp_glob_matches(const char *pattern, const char *path);

#endif
