#ifndef MAPCP_ENTRIES_H
#define MAPCP_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What an entry is; `entry-kind` of the WIT interface, in its order.
enum mapcp_entry_kind {
    MAPCP_FILE,
    MAPCP_LINK,
    MAPCP_DIRECTORY,
};

/// An entry that a job is done with; in a dry run, what it would be.
struct mapcp_entry {
    enum mapcp_entry_kind kind;
    /// Whether it was left out, because of the policy for existing targets.
    bool skipped;
    /// How many bytes were copied.
    uint64_t bytes;
    /// Its paths. Owned.
    char *source;
    char *target;
};

/// Entries, in the order in which they were finished.
struct mapcp_entries {
    struct mapcp_entry *items;
    size_t count;
    size_t capacity;
};

/// Appends an entry with copies of its paths. False without memory.
bool mapcp_entries_add(struct mapcp_entries *entries, const struct mapcp_entry *entry);

/// Frees all of them.
void mapcp_entries_free(struct mapcp_entries *entries);

#endif
