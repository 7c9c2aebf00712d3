#ifndef MAPCP_MADE_H
#define MAPCP_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A file or link that a job has made: which one it is, and which one it is a copy of.
struct mapcp_made_file {
    uint64_t target;
    uint64_t source;
};

/// What the jobs of a run have made, so that none of them replaces what another one has made. All zeros at
/// first. Takes some 24 bytes for each file.
///
/// Files are known by their identity and not by their paths: names that are spelled differently are one name
/// to some file systems. A file that somebody else puts in the place of one that was made is another one.
struct mapcp_made {
    /// In the order in which they were made.
    struct mapcp_made_file *files;
    size_t count;
    size_t capacity;
    /// A hash table: for each place, the number of a file plus one, or 0.
    uint32_t *places;
    size_t place_count;
};

/// Adds a file. False without memory.
bool mapcp_made_add(struct mapcp_made *made, struct mapcp_made_file file);

/// Finds a file by which one it is; NULL if no job has made it. Borrowed until the next call that adds one.
const struct mapcp_made_file *mapcp_made_find(const struct mapcp_made *made, uint64_t target);

/// Frees all of them.
void mapcp_made_free(struct mapcp_made *made);

#endif
