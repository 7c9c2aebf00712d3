#ifndef MAPCP_WAY_H
#define MAPCP_WAY_H

// The way to a target: the directories on its path, from the first one of the sandbox to the one that holds
// the target.
//
// A host walks a path name by name. So if each directory were looked up by its whole path, the time would
// grow with the square of their number. A way goes from each directory to the next, one at a time, so that a
// job can do so in steps.

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"
#include "listing.h"
#include "path.h"

/// What a walk along the way finds.
enum mapcp_way_event {
    /// A directory that contains the target.
    MAPCP_WAY_PASSED,
    /// Only the last name of the path is left.
    MAPCP_WAY_END,
    /// The next directory is missing.
    MAPCP_WAY_MISSING,
    /// The next directory cannot be reached.
    MAPCP_WAY_FAILED,
};

struct mapcp_way {
    /// The whole path. Owned. NULL before the way has begun.
    char *path;
    /// The offset of the next name in `path`.
    size_t next;
    /// The deepest directory that is open, or -1. The path is relative to it from `from` on.
    int directory;
    size_t from;
    /// Whether libc holds that directory open, as a preopen.
    bool is_preopen;
    /// The status of the directory that was passed last, if `seeks_above` is set.
    struct stat status;
    /// Whether that directory was not reached by its name in the one before. Then the directories that were
    /// passed earlier need not contain the target, and those above this one come next.
    bool is_elsewhere;
    /// The offset after the name of the last such directory.
    size_t elsewhere;
    /// Why the last event was MAPCP_WAY_MISSING or MAPCP_WAY_FAILED.
    int number;
    bool has_begun;
    /// Whether the walk also passes the directories above one that is elsewhere.
    bool seeks_above;
    /// The path of the last one of these. Empty if there is none left.
    struct mapcp_path above;
    /// The offsets of the names of the directories that were made.
    size_t *made;
    size_t made_count;
    size_t made_capacity;
    /// The offset of the name that was tried last, plus one. 0 if none was.
    size_t tried;
};

/// A way that has not begun. Ending it does nothing.
#define MAPCP_NO_WAY ((struct mapcp_way){.directory = -1})

/// Begins at the first directory of the sandbox on the way to `path`. If `seeks_above` is set, the walk
/// passes every directory that contains the target: it also goes up from those that a link or ".." leads to.
/// Returns false if memory runs out.
bool mapcp_way_begin(struct mapcp_way *way, const char *path, bool seeks_above);

/// Goes to the next directory.
enum mapcp_way_event mapcp_way_next(struct mapcp_way *way);

/// Makes the next directory, which is missing. If another process has made it, that is no error. On failure
/// returns false and sets `error`.
bool mapcp_way_make(struct mapcp_way *way, struct mapcp_error *error);

/// The number of directories that are not passed yet.
size_t mapcp_way_left(const struct mapcp_way *way);

/// Whether "." or ".." is among the names after the directory that was reached.
bool mapcp_way_has_dots(const struct mapcp_way *way);

/// Whether only the last name is left, and is that of a directory.
bool mapcp_way_leads_to_directory(const struct mapcp_way *way);

/// Starts to list the directory that was reached. NULL with errno set on failure.
struct mapcp_listing *mapcp_way_list(struct mapcp_way *way);

/// Closes the directory that was reached. The directories that were made are still known.
void mapcp_way_close(struct mapcp_way *way);

/// Removes the directories that were made, if they are empty.
void mapcp_way_undo(struct mapcp_way *way);

/// Frees the way, and keeps the directories that were made.
void mapcp_way_end(struct mapcp_way *way);

#endif
