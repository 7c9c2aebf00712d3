#ifndef MAPCP_FILTER_H
#define MAPCP_FILTER_H

#include <stdbool.h>

#include "options.h"

/// Whether an entry must be copied, by the include and exclude patterns, which must have no fault.
///
/// `path` is relative to the source's root, names joined by slashes. A pattern without a slash is matched
/// against the last name, one with a slash (at its beginning it only says that) against the whole path; a
/// slash at its end makes it match directories only. Braces stand for a pattern with each of their
/// alternatives. Directories need no include to be walked into. glob.h has the rest.
bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory);

/// Whether the source itself must be copied, by its name: the last one of `path`, which is changed during the
/// call. A source without a name of its own, such as ".", must be. Patterns with a slash are about what is
/// below the source, and never match the source itself.
bool mapcp_filter_admits_source(const struct mapcp_options *options, char *path, bool is_directory);

/// What is wrong with a pattern among the options: see mapcp_glob_fault. NULL if all of them are good.
const char *mapcp_filter_fault(const struct mapcp_options *options);

#endif
