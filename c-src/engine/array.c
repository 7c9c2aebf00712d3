#include "array.h"

#include <stdlib.h>

void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return items;
    }
    size_t larger = 2 * *capacity + 4;
    void *moved = realloc(items, larger * size);
    if (moved) {
        *capacity = larger;
    }
    return moved;
}
