#ifndef MAPCP_SOURCE_H
#define MAPCP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "place.h"

/// A regular file that is read through mappings, one window at a time.
struct mapcp_source {
    /// The open descriptor, or -1.
    int descriptor;
    /// Its status when it was opened: what the copy is a copy of.
    struct stat status;
};

/// A part of a file in memory.
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

/// Why a link can be neither copied nor followed whose text the host cannot represent.
#define MAPCP_INVALID_TEXT                                                                                   \
    "what the link leads to is not valid UTF-8; make the link anew, or leave it out (--symlinks=skip)"

/// Refuses what is not a regular file: false, and sets `error`.
bool mapcp_source_check(const struct stat *status, struct mapcp_error *error);

/// Reads the status of what may be a source. On failure returns false and sets `error`.
bool mapcp_source_look(struct mapcp_place place, bool follow, struct stat *status, struct mapcp_error *error);

/// Opens a regular file for reading; anything else is refused. A symbolic link is followed only on request,
/// otherwise it is an error.
///
/// The caller has seen that the name was a regular file's, or a link's to one: a FIFO that takes the name
/// meanwhile is refused too, without waiting. On failure returns false and sets `error`; the source is to be
/// closed in any case.
bool mapcp_source_open(struct mapcp_source *source, struct mapcp_place place, bool follow,
                       struct mapcp_error *error);

/// Maps `length` bytes at `offset`, which must be within the file and aligned to pages.
///
/// A source that is no longer what it was when it was opened is an error, MAPCP_SOURCE_CHANGED: then nothing
/// is mapped. On failure returns false and sets `error`. The window is to be given to mapcp_unmap.
bool mapcp_source_map(const struct mapcp_source *source, uint64_t offset, size_t length,
                      struct mapcp_window *window, struct mapcp_error *error);

/// Maps a part of any open file, with no check of what it is. On failure returns false and sets `error`, for
/// `side`.
bool mapcp_map(int descriptor, uint64_t offset, size_t length, enum mapcp_side side,
               struct mapcp_window *window, struct mapcp_error *error);

/// Removes a mapping. On failure returns false and sets `error`, for `side`.
bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error);

/// Closes the source. On failure returns false and sets `error`; the descriptor is gone all the same.
bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error);

#endif
