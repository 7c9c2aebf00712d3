#ifndef MAPCP_PATH_H
#define MAPCP_PATH_H

// Paths, stacks of names, and the arrays that they grow in.

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>

/// Makes room for one more item in an array of `count` items of `size` bytes, which has room for `*capacity`
/// items. Returns the array, which may have moved, or NULL if memory runs out; then the array is unchanged.
/// Must be freed with free.
void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size);

/// The location of an entry: a directory descriptor, and a name relative to it. Both are borrowed.
///
/// For a path that the caller gave, the directory is AT_FDCWD. In a tree it is an open directory, so that the
/// path is not walked again for each entry.
struct mapcp_place {
    int directory;
    const char *name;
};

/// The access mode for opening a directory only to reach its entries. On WASI this needs no permission to
/// read the directory.
#ifdef __wasi__
#define MAPCP_O_SEARCH O_SEARCH
#else
#define MAPCP_O_SEARCH O_RDONLY
#endif

/// A path that gets longer and shorter by one name, as a walk goes down and up.
struct mapcp_path {
    /// Ends in NUL. NULL before the first set. Owned.
    char *text;
    size_t length;
    size_t capacity;
};

/// Makes the path a copy of `text`. Returns false if memory runs out; then the path is unchanged.
bool mapcp_path_set(struct mapcp_path *path, const char *text);

/// Appends `name`, after a slash unless the path ends in one. Returns false if memory runs out; then the path
/// is unchanged.
bool mapcp_path_push(struct mapcp_path *path, const char *name);

/// Appends `length` bytes, without a slash before them. They must not contain a NUL. Returns false if memory
/// runs out; then the path is unchanged.
bool mapcp_path_append(struct mapcp_path *path, const char *bytes, size_t length);

/// Shortens the path to `length` bytes, its length before a push.
void mapcp_path_cut(struct mapcp_path *path, size_t length);

/// Frees the text.
void mapcp_path_free(struct mapcp_path *path);

/// Whether a path ends in a slash, "." or "..", so that it always names a link's destination and never the
/// link. If the flags forbid to follow it, POSIX follows it all the same, and some WASI hosts fail.
bool mapcp_path_enters(const char *path);

/// The text behind the last slash of a path. Borrowed from it.
const char *mapcp_path_name(const char *path);

/// The path of `name` in the directory of `path`. The caller must free it. NULL if memory runs out.
char *mapcp_path_beside(const char *path, const char *name);

/// Whether the last name of a path is ASCII.
bool mapcp_path_is_ascii(const char *path);

/// A stack of names in one block, because a directory may have a million of them.
struct mapcp_names {
    /// Each name ends in NUL. Owned.
    char *text;
    size_t length;
    size_t capacity;
};

/// Puts a name on top. Returns false if memory runs out.
bool mapcp_names_push(struct mapcp_names *names, const char *name);

/// Takes the name on top, which stays valid until the next push. NULL if there is none.
const char *mapcp_names_pop(struct mapcp_names *names);

/// The name above `name`, or the lowest one if `name` is NULL. NULL if there is none. Valid until the next
/// push.
const char *mapcp_names_next(const struct mapcp_names *names, const char *name);

/// The number of names.
size_t mapcp_names_count(const struct mapcp_names *names);

/// Frees the stack.
void mapcp_names_free(struct mapcp_names *names);

#endif
