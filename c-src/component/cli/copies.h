#ifndef MAPCP_COPIES_H
#define MAPCP_COPIES_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

/// A source, and the path that its copy gets.
struct mapcp_copy {
    /// Borrowed from the arguments.
    const char *source;
    /// Owned.
    char *target;
    /// How much it will do, as far as that was measured.
    struct mapcp_amount expected;
};

/// The copies of a command.
struct mapcp_copies {
    struct mapcp_copy *items;
    size_t count;
};

/// The copies of `count` sources, into the directory `target` or, of a single source, to that path. The
/// sources must outlive them. False without memory. Must be freed with mapcp_copies_free in any case.
bool mapcp_copies_new(struct mapcp_copies *copies, const char *const *sources, size_t count,
                      const char *target, bool is_into_directory);

/// Whether two of the copies may meet, so that one would replace what the other one has made. That is so if
/// their targets have names that some file system takes for one. Without memory to tell, it is true.
bool mapcp_copies_may_meet(const struct mapcp_copies *copies);

/// Frees the copies.
void mapcp_copies_free(struct mapcp_copies *copies);

#endif
