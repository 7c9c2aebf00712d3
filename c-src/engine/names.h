#ifndef MAPCP_NAMES_H
#define MAPCP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/// A stack of names, packed: a directory may have a million of them.
struct mapcp_names {
    /// Each with its NUL. Owned.
    char *text;
    size_t length;
    size_t capacity;
};

/// Puts a name on top. False without memory.
bool mapcp_names_push(struct mapcp_names *names, const char *name);

/// Takes the name on top; NULL where there is none. It stays valid until the next push.
const char *mapcp_names_pop(struct mapcp_names *names);

/// The name above `name`, or the one at the bottom if that is NULL; NULL behind the one on top. Valid until
/// the next push.
const char *mapcp_names_next(const struct mapcp_names *names, const char *name);

/// How many names there are.
size_t mapcp_names_count(const struct mapcp_names *names);

/// Frees the stack.
void mapcp_names_free(struct mapcp_names *names);

#endif
