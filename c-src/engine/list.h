#ifndef MAPCP_LIST_H
#define MAPCP_LIST_H

// A list of paths, which a host passes piece by piece. Its memory does not grow with the number of paths.

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "input.h"
#include "path.h"

/// The maximum length of a listed path, in bytes.
#define MAPCP_LONGEST_LISTED 65535

/// What is probably wrong with a listed path that contains newlines. The command line reads lines by default,
/// and the API has no list of lines.
#define MAPCP_LIST_HAS_LINES                                                                                 \
    "it contains newlines and no NUL, so a list of lines may have been read as one path; "                   \
    "divide it at the newlines, as the command line does without --null"

/// A list that is being read. All zeros initially, except `has_lines`.
struct mapcp_list {
    /// Whether a line feed ends each path; otherwise a NUL does. The last path may lack it. In a list of
    /// lines, empty lines are ignored, and so is a carriage return before the line feed.
    bool has_lines;
    struct mapcp_input input;
    /// The last path, without empty names and dots. If it was refused, its text for messages.
    struct mapcp_path path;
    /// Whether the last path names a directory, because it ends in a slash or a dot.
    bool is_directory;
    /// The last path as the host passed it. No text before the first one.
    struct mapcp_path given;
    /// Whether the rest of the last path must be ignored, because the path is too long.
    bool overflows;
};

/// The result of reading a path.
enum mapcp_list_event {
    /// A path below the source, or an empty one for the source itself.
    MAPCP_LIST_PATH,
    /// A path that is refused: `error` is set.
    MAPCP_LIST_REFUSED,
    /// The host must pass more.
    MAPCP_LIST_WAITS,
    /// The list has ended.
    MAPCP_LIST_END,
};

/// Reads the next path. Ignores a path that equals the one before it.
enum mapcp_list_event mapcp_list_next(struct mapcp_list *list, struct mapcp_error *error);

/// The last path as the host passed it, if it is not valid UTF-8. Otherwise NULL. Borrowed until the next
/// path.
const char *mapcp_list_invalid(const struct mapcp_list *list);

/// Frees the list.
void mapcp_list_free(struct mapcp_list *list);

#endif
