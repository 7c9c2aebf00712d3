#ifndef MAPCP_INTERFACE_H
#define MAPCP_INTERFACE_H

#include <stddef.h>

#include "mapcp.h"

/// The options that have the same names and values in the interface and in the engine.
#define MAPCP_SAME_OPTIONS(EACH)                                                                             \
    EACH(window_size)                                                                                        \
    EACH(symlinks)                                                                                           \
    EACH(names)                                                                                              \
    EACH(overwrite)                                                                                          \
    EACH(sparse)                                                                                             \
    EACH(atomic)                                                                                             \
    EACH(recursive)                                                                                          \
    EACH(preserve_timestamps)                                                                                \
    EACH(preserve_hard_links)                                                                                \
    EACH(verify)                                                                                             \
    EACH(allow_changes)                                                                                      \
    EACH(sync)                                                                                               \
    EACH(dry_run)                                                                                            \
    EACH(keep_going)                                                                                         \
    EACH(make_parents)                                                                                       \
    EACH(measure)                                                                                            \
    EACH(report_entries)                                                                                     \
    EACH(knows_ranges)                                                                                       \
    EACH(input)                                                                                              \
    EACH(filter_source)

/// The limits, which have the same names in the interface and in the engine.
#define MAPCP_LIMITS(EACH)                                                                                   \
    EACH(max_bytes)                                                                                          \
    EACH(max_files)                                                                                          \
    EACH(max_depth)                                                                                          \
    EACH(max_file_size)

/// Returns `memory`, or traps if it is NULL. For functions of the interface that need memory but return no
/// error.
void *mapcp_or_abort(void *memory);

/// Copies and frees a string from the host, which has a length but no NUL at its end. The caller owns the
/// copy. If there is a NUL in the string, sets `has_nul`, and the copy has `\0` in its place, for a message.
char *mapcp_take_string(mapcp_string_t *string, bool *has_nul);

/// Copies and frees a list of strings from the host. The copy ends in NULL. The caller owns it and its
/// strings. `with_nul` becomes the first string that has a NUL, or NULL.
const char **mapcp_take_strings(mapcp_list_string_t *list, const char **with_nul);

/// Copies a string for the host. NULL becomes an empty string.
void mapcp_put_string(mapcp_string_t *result, const char *from);

/// Memory for the items of a list. NULL for an empty list, whose memory wit-bindgen's code would not free.
void *mapcp_new_items(size_t count, size_t size);

#endif
