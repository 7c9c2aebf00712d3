#ifndef MAPCP_FILTER_H
#define MAPCP_FILTER_H

// Which entries a job copies: those that its patterns admit, and of these the ones in its shard.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/// The maximum length of a pattern in bytes, which is that of a path.
#define MAPCP_LONGEST_PATTERN 4095

/// The maximum number of patterns that the braces of one pattern may stand for.
#define MAPCP_MOST_ALTERNATIVES 256

/// Whether the include and exclude patterns admit an entry. They must be valid: see mapcp_filter_fault.
///
/// `path` is relative to the source's root, with names separated by slashes. A pattern without a slash is
/// matched against the last name. One with a slash is matched against the whole path; a slash at its
/// beginning does nothing else. If a pattern ends in a slash, it matches directories only. Braces stand for a
/// pattern with each of their alternatives. A directory needs no include pattern to be entered.
bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory);

/// Whether the patterns admit an entry whose type is unknown. False only if they leave it out whatever its
/// type is.
bool mapcp_filter_may_admit(const struct mapcp_options *options, const char *path);

/// Whether the patterns admit the source itself, by the last name of `path`, which is changed during the
/// call.
///
/// A source without a name of its own, such as ".", is always admitted. A pattern with a slash never matches
/// the source itself, because it is about what is below the source.
bool mapcp_filter_admits_source(const struct mapcp_options *options, char *path, bool is_directory);

/// The fault of the first pattern among the options that has one, as mapcp_glob_fault returns it, and that
/// pattern. NULL if all are valid.
const char *mapcp_filter_fault(const struct mapcp_options *options, const char **pattern);

/// Why a pattern means something else here than with other programs: if it begins with `!`, or has a group
/// such as `@(a|b)`. NULL if it does not. Static.
const char *mapcp_pattern_warning(const char *pattern);

/// Whether a pattern seems to begin with the path of a source, such as `src/lib` or `/home/src/lib` for the
/// source `src`. It can match only if the source has an entry with the pattern's first name.
bool mapcp_pattern_repeats_source(const char *pattern, const char *source);

/// Why a pattern can never match, or is incomplete: a sentence that says what to write. NULL if the pattern
/// is valid. Static.
const char *mapcp_glob_fault(const char *pattern);

/// Writes one of the patterns that `pattern` stands for: `*.{c,h}` stands for `*.c`, which is number 0, and
/// for `*.h`. Returns false if there is no such number.
///
/// Braces without a comma are ordinary characters. `buffer` needs room for MAPCP_LONGEST_PATTERN bytes and a
/// NUL. The pattern must be valid.
bool mapcp_glob_expand(const char *pattern, size_t number, char *buffer);

/// Whether a pattern without alternatives matches a path.
///
/// A character is a code point of UTF-8. A byte that is not valid UTF-8 is a character of its own. `*`, `?`
/// and `[...]` match within a name, and a name `**` matches any number of names. A backslash makes the next
/// character an ordinary one.
bool mapcp_glob_matches(const char *pattern, const char *path);

/// Whether a shard is valid: its index is below its count, or both are 0.
bool mapcp_shard_is_valid(struct mapcp_shard shard);

/// Whether an entry belongs to a shard, by its path below the source's root, with names separated by slashes.
/// If the root is not a directory, its path is its name.
bool mapcp_shard_has(struct mapcp_shard shard, const char *path);

/// The hash of a path: the same number on every system and in every version.
uint64_t mapcp_hash_path(const char *path);

#endif
