#ifndef MAPCP_INTERFACE_H
#define MAPCP_INTERFACE_H

#include <stddef.h>

#include "mapcp.h"

/// The options that the interface and the engine have by the same name, with the same values.
#define MAPCP_SAME_OPTIONS(EACH)                                                                             \
    EACH(window_size)                                                                                        \
    EACH(symlinks)                                                                                           \
    EACH(overwrite)                                                                                          \
    EACH(sparse)                                                                                             \
    EACH(recursive)                                                                                          \
    EACH(preserve_timestamps)                                                                                \
    EACH(verify)                                                                                             \
    EACH(allow_changes)                                                                                      \
    EACH(sync)                                                                                               \
    EACH(dry_run)                                                                                            \
    EACH(keep_going)                                                                                         \
    EACH(make_parents)                                                                                       \
    EACH(measure)                                                                                            \
    EACH(report_entries)                                                                                     \
    EACH(filter_source)

/// Returns memory for what cannot fail and yet needs some: without it, a trap is the only way out.
void *mapcp_or_abort(void *memory);

/// A copy of a string from the host, which has a length and no terminator, and is freed. A NUL in it would
/// silently end a path early, so such a string becomes the empty one, which no path is and which no pattern
/// matches.
char *mapcp_take_string(mapcp_string_t *string);

/// Takes the strings of a list from the host, which is freed, and puts a NULL behind them. The caller owns
/// all.
const char **mapcp_take_strings(mapcp_list_string_t *list);

/// Makes a copy for the host; of NULL, the empty string.
void mapcp_put_string(mapcp_string_t *result, const char *from);

/// Memory for the items of a list. None for an empty one, which wit-bindgen's code would not free.
void *mapcp_new_items(size_t count, size_t size);

#endif
