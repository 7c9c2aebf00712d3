#ifndef MAPCP_PATH_H
#define MAPCP_PATH_H

#include <stdbool.h>
#include <stddef.h>

/// Makes room for one more item in an array of `count` items of `size` bytes, with room for `*capacity`.
///
/// Returns the array, which may have moved, or NULL without memory: then the old one is still there. To be
/// freed with free.
void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size);

/// A path that grows and shrinks by a name at a time, as a walk goes down and up.
struct mapcp_path {
    /// Terminated by NUL; NULL before the first set. Owned.
    char *text;
    size_t length;
    size_t capacity;
};

/// Makes it a copy of `text`. False without memory; then it is unchanged.
bool mapcp_path_set(struct mapcp_path *path, const char *text);

/// Appends a slash, unless there is one, and `name`. False without memory; then it is unchanged.
bool mapcp_path_push(struct mapcp_path *path, const char *name);

/// Shortens it to `length` bytes: what it had before a push.
void mapcp_path_cut(struct mapcp_path *path, size_t length);

/// Whether a path ends in a slash or a dot, so that it names what a link leads to and never the link. POSIX
/// follows the link then whatever the flags say, and some hosts of WASI refuse not to.
bool mapcp_path_enters(const char *path);

/// What is behind the last slash of a path. Borrowed from it.
const char *mapcp_path_name(const char *path);

/// Whether all of a path, from its last slash on, is ASCII.
bool mapcp_path_is_ascii(const char *path);

/// Frees the text.
void mapcp_path_free(struct mapcp_path *path);

#endif
