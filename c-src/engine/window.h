#ifndef MAPCP_WINDOW_H
#define MAPCP_WINDOW_H

// A window is a part of a file in memory, mapped for reading. Natively mmap() maps it. WASI has no mmap(),
// and no system maps the files of procfs: there the window is a buffer that the file is read into.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct mapcp_window {
    /// The bytes. Nothing behind `length` may be read.
    void *bytes;
    /// How many bytes the file really had, even if its status says otherwise.
    size_t length;
    /// The position in the file, in bytes.
    uint64_t offset;
    /// How many bytes are mapped, or 0 if `bytes` is a buffer.
    size_t mapped;
};

/// Maps up to `length` bytes, at least 1, of an open file. The window is shorter if the file ends in it, and
/// may be one byte shorter elsewhere. On failure returns false and sets `error`, with `side`. A window must
/// be given to mapcp_unmap.
bool mapcp_map(int descriptor, uint64_t offset, size_t length, enum mapcp_side side,
               struct mapcp_window *window, struct mapcp_error *error);

/// Removes a window. On failure returns false and sets `error`, with `side`.
bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error);

#endif
