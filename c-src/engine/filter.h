#ifndef MAPCP_FILTER_H
#define MAPCP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/// Whether an entry must be copied, by the include and exclude patterns, which must have no fault.
///
/// `path` is relative to the source's root, names joined by slashes. A pattern without a slash is matched
/// against the last name, one with a slash (at its beginning it only says that) against the whole path; a
/// slash at its end makes it match directories only. Braces stand for a pattern with each of their
/// alternatives. Directories need no include to be walked into. See mapcp_glob_matches.
bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory);

/// Whether the source itself must be copied, by its name: the last one of `path`, which is changed during the
/// call. A source without a name of its own, such as ".", must be. Patterns with a slash are about what is
/// below the source, and never match the source itself.
bool mapcp_filter_admits_source(const struct mapcp_options *options, char *path, bool is_directory);

/// What is wrong with a pattern among the options: see mapcp_glob_fault. NULL if all of them are good.
const char *mapcp_filter_fault(const struct mapcp_options *options);

/// The maximum length of a pattern in bytes, that of a path.
#define MAPCP_LONGEST_PATTERN 4095

/// The maximum number of patterns that the braces of one pattern may stand for.
#define MAPCP_MOST_ALTERNATIVES 256

/// Why a pattern can never match, or is not finished: a sentence that says what to write. NULL if the pattern
/// is good. Static.
const char *mapcp_glob_fault(const char *pattern);

/// Writes one of the patterns that `pattern` stands for: `*.{c,h}` stands for `*.c`, which is number 0, and
/// for `*.h`. Returns false if there is no such number.
///
/// Braces without a comma are characters like others. `buffer` needs room for MAPCP_LONGEST_PATTERN bytes and
/// a NUL; the pattern must have no fault.
bool mapcp_glob_expand(const char *pattern, size_t number, char *buffer);

/// Whether a pattern without alternatives matches a path.
///
/// A character is a code point of UTF-8; each byte that is not valid UTF-8 is a character of its own. `*`,
/// `?` and `[...]` match within a name, a name `**` matches any number of names, and a backslash takes its
/// meaning from the next character.
bool mapcp_glob_matches(const char *pattern, const char *path);

/// Whether there is such a share: its index is below its count, or it is the whole.
bool mapcp_shard_exists(struct mapcp_shard shard);

/// Whether an entry belongs to a share, by its path below the copied root, names joined by slashes. For a
/// root that is no directory, that is its own name.
bool mapcp_shard_has(struct mapcp_shard shard, const char *path);

/// What decides about a path: the same number on every system, in every version.
uint64_t mapcp_shard_hash(const char *path);

#endif
