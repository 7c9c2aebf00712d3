#ifndef MAPCP_ARRAY_H
#define MAPCP_ARRAY_H

#include <stddef.h>

/// Makes room for one more item in an array of `count` items of `size` bytes, with room for `*capacity`.
///
/// Returns the array, which may have moved, or NULL without memory: then the old one is still there. To be
/// freed with free.
void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size);

#endif
