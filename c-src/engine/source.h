#ifndef MAPCP_SOURCE_H
#define MAPCP_SOURCE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "path.h"

/// A regular file that is read through windows: see window.h.
struct mapcp_source {
    /// The open descriptor, or -1.
    int descriptor;
    /// Its status when it was opened: what the copy is a copy of.
    struct stat status;
};

/// A source that is not open; closing it is harmless.
#define MAPCP_NO_SOURCE ((struct mapcp_source){.descriptor = -1})

/// Why a link can be neither copied nor followed whose text the host cannot represent.
#define MAPCP_INVALID_TEXT                                                                                   \
    "what the link leads to is not valid UTF-8; make the link anew, or leave it out (--symlinks=skip)"

/// Refuses what is not a regular file: false, and sets `error`.
bool mapcp_source_check(const struct stat *status, struct mapcp_error *error);

/// Reads the status of what may be a source. On failure returns false and sets `error`.
bool mapcp_stat_source(struct mapcp_place place, bool follow, struct stat *status, struct mapcp_error *error);

/// Opens a regular file for reading; anything else is refused. A symbolic link is followed only on request,
/// otherwise it is an error.
///
/// The caller has seen that the name was a regular file's, or a link's to one: a FIFO that takes the name
/// meanwhile is refused too, without waiting. On failure returns false and sets `error`; the source is to be
/// closed in any case.
bool mapcp_source_open(struct mapcp_source *source, struct mapcp_place place, bool follow,
                       struct mapcp_error *error);

/// What has become of a source since it was opened, by its status.
enum mapcp_change {
    /// It has its size and times of change.
    MAPCP_UNCHANGED,
    /// It was changed, and is no shorter.
    MAPCP_WRITTEN_TO,
    /// It is shorter.
    MAPCP_SHORTENED,
};

/// Looks at an open source again. On failure returns false and sets `error`.
bool mapcp_source_compare(const struct mapcp_source *source, enum mapcp_change *change,
                          struct mapcp_error *error);

/// Closes the source. On failure returns false and sets `error`; the descriptor is gone all the same.
bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error);

#endif
