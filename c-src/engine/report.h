#ifndef MAPCP_REPORT_H
#define MAPCP_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

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

/// What became of an entry that a problem is about; `outcome` of the WIT interface, in its order.
enum mapcp_outcome {
    MAPCP_FAILED,
    MAPCP_LEFT_OUT,
    MAPCP_COPIED,
};

/// An entry that was not copied, or not with all that was asked for: the error and the entry's paths. The
/// strings are owned.
struct mapcp_problem {
    enum mapcp_outcome outcome;
    struct mapcp_error error;
    char *source;
    char *target;
    /// The path of the temporary file, where it could not be removed; otherwise NULL.
    char *leftover;
};

/// The path that the error is about. Borrowed.
const char *mapcp_problem_path(const struct mapcp_problem *problem);

/// Whether it is only a warning: the entry was left out, as FIFOs, sockets and devices in a tree are, or it
/// was copied.
bool mapcp_problem_is_warning(const struct mapcp_problem *problem);

/// Frees the strings.
void mapcp_problem_free(struct mapcp_problem *problem);

/// Problems, in the order in which they were met.
struct mapcp_problems {
    struct mapcp_problem *items;
    size_t count;
    size_t capacity;
};

/// Appends a problem, and takes its strings. False without memory: then they are still the caller's.
bool mapcp_problems_add(struct mapcp_problems *problems, struct mapcp_problem problem);

/// Frees all of them.
void mapcp_problems_free(struct mapcp_problems *problems);

#endif
