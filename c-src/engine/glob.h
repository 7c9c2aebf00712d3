#ifndef MAPCP_GLOB_H
#define MAPCP_GLOB_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
