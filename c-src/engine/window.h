#ifndef MAPCP_WINDOW_H
#define MAPCP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/// A part of a file in memory, for reading.
struct mapcp_window {
    /// The bytes; nothing behind `length` may be read.
    void *bytes;
    /// How many the file had, whatever its status says.
    size_t length;
    /// Where in the file they are.
    uint64_t offset;
    /// What is mapped, in bytes, or 0 if the mapping is emulated.
    size_t mapped;
};

/// Maps up to `length` bytes, at least 1, of an open file. They are fewer where the file ends, and may be
/// fewer by one elsewhere. On failure returns false and sets `error`, for `side`. The window must be given to
/// mapcp_unmap.
bool mapcp_map(int descriptor, uint64_t offset, size_t length, enum mapcp_side side,
               struct mapcp_window *window, struct mapcp_error *error);

/// Removes a mapping. On failure returns false and sets `error`, for `side`.
bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error);

#endif
