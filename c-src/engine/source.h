#ifndef MAPCP_SOURCE_H
#define MAPCP_SOURCE_H

// The source of a copy: its status, its content, and whether it has changed since it was opened.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "path.h"

/// A regular file that is read in windows: see window.h.
struct mapcp_source {
    /// The open descriptor, or -1.
    int descriptor;
    /// The status at the time when it was opened.
    struct stat status;
};

/// A source that is not open. Closing it does nothing.
#define MAPCP_NO_SOURCE ((struct mapcp_source){.descriptor = -1})

/// Refuses a source that is not a regular file: returns false and sets `error`.
bool mapcp_source_check(const struct stat *status, struct mapcp_error *error);

/// Reads the status of a possible source. On failure returns false and sets `error`.
bool mapcp_stat_source(struct mapcp_place place, bool follow, struct stat *status, struct mapcp_error *error);

/// Opens a regular file for reading. On failure returns false and sets `error`. Unless `follow` is set, a
/// symbolic link is an error. The source must be closed in any case.
///
/// The caller has seen that the name was a regular file's, or a link's to one. If a FIFO takes the name
/// before the open, this fails without waiting.
bool mapcp_source_open(struct mapcp_source *source, struct mapcp_place place, bool follow,
                       struct mapcp_error *error);

/// The maximum length of a link's text, in bytes: Linux allows no longer path.
#define MAPCP_LONGEST_LINK 4096

/// The text of a symbolic link.
struct mapcp_link {
    char text[MAPCP_LONGEST_LINK + 1];
};

/// Reads a symbolic link. On failure returns false and sets `error`.
bool mapcp_read_link(struct mapcp_place place, struct mapcp_link *link, struct mapcp_error *error);

/// Whether a link with this text stays in its tree, even if the tree contains other links.
///
/// `depth` is the number of the tree's directories that the link is in, including the root. With 0, the link
/// is not in a tree, and no text stays in it.
bool mapcp_link_is_contained(const char *text, size_t depth);

/// How a source has changed since it was opened, by its status.
enum mapcp_change {
    /// It has not: size and times are the same.
    MAPCP_CHANGE_NONE,
    /// It was written to, and is not shorter.
    MAPCP_CHANGE_WRITTEN,
    /// It is shorter.
    MAPCP_CHANGE_SHORTENED,
};

/// Whether a file has not changed between two statuses of it. A hard link that is added or removed is no
/// change.
bool mapcp_is_unchanged(const struct stat *before, const struct stat *now);

/// Compares the status of an open source with the one from when it was opened. On failure returns false and
/// sets `error`.
bool mapcp_source_compare(const struct mapcp_source *source, enum mapcp_change *change,
                          struct mapcp_error *error);

/// Closes the source. On failure returns false and sets `error`; the descriptor is closed in any case.
bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error);

#endif
