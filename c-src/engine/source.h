#ifndef MAPCP_SOURCE_H
#define MAPCP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"

/// A regular file that is read through mappings, one window at a time.
struct mapcp_source {
    /// The open descriptor, or -1.
    int descriptor;
    /// Its status when it was opened: what the copy is a copy of.
    struct stat status;
};

/// A part of a source in memory.
struct mapcp_window {
    /// The bytes; nothing behind `length` may be read.
    void *bytes;
    /// How many, at least 1.
    size_t length;
    /// Where in the file they stand; a multiple of the page size.
    uint64_t offset;
};

/// A source that is not open; closing it is harmless.
#define MAPCP_NO_SOURCE ((struct mapcp_source){.descriptor = -1})

/// Opens a regular file for reading. Anything else is refused without being opened.
///
/// On failure returns false and sets the operation, the code and the number of `error`.
bool mapcp_source_open(struct mapcp_source *source, const char *path, struct mapcp_error *error);

/// Maps the next window: `length` bytes at `offset`, which must be within the file and aligned to pages.
///
/// A source that is no longer what it was when it was opened is an error, MAPCP_SOURCE_CHANGED: then nothing
/// is mapped. On failure returns false and sets `error` as above. The window is to be given to
/// mapcp_source_unmap.
bool mapcp_source_map(const struct mapcp_source *source, uint64_t offset, size_t length,
                      struct mapcp_window *window, struct mapcp_error *error);

/// Removes a mapping. On failure returns false and sets `error` as above.
bool mapcp_source_unmap(struct mapcp_window *window, struct mapcp_error *error);

/// Closes the source. On failure returns false and sets `error` as above; the descriptor is gone all the
/// same.
bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error);

#endif
