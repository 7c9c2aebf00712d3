#ifndef MAPCP_REPORT_H
#define MAPCP_REPORT_H

// What a job reports besides its progress: the entries that it finished, and its errors and warnings.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/// The kind of an entry; `entry-kind` of the WIT interface, in its order.
enum mapcp_entry_kind {
    MAPCP_ENTRY_FILE,
    MAPCP_ENTRY_LINK,
    MAPCP_ENTRY_DIRECTORY,
};

/// An entry that a job has finished. In a dry run, the entry as a copy would finish it.
struct mapcp_entry {
    enum mapcp_entry_kind kind;
    /// Whether the entry was left out because its target exists.
    bool skipped;
    /// The number of bytes copied.
    uint64_t bytes;
    /// The entry's paths. Owned.
    char *source;
    char *target;
};

/// Entries, in the order in which they were finished.
struct mapcp_entries {
    struct mapcp_entry *items;
    size_t count;
    size_t capacity;
};

/// Appends an entry, with copies of its paths. Returns false if memory runs out.
bool mapcp_entries_add(struct mapcp_entries *entries, const struct mapcp_entry *entry);

/// Frees the entries.
void mapcp_entries_free(struct mapcp_entries *entries);

/// How the entry of an error ended; `outcome` of the WIT interface, in its order.
enum mapcp_outcome {
    /// It was not copied.
    MAPCP_OUTCOME_FAILED,
    /// It was left out, which is a warning.
    MAPCP_OUTCOME_LEFT_OUT,
    /// It was copied, but not as requested, which is a warning.
    MAPCP_OUTCOME_COPIED,
};

/// An error or a warning about an entry; `copy-error` of the WIT interface. The strings are owned.
struct mapcp_copy_error {
    enum mapcp_outcome outcome;
    struct mapcp_error error;
    /// The entry's paths.
    char *source;
    char *target;
    /// What the error is about if that is neither path: a pattern, or something that could not be removed.
    /// Otherwise NULL.
    char *about;
    /// The path of the temporary file if that could not be removed. Otherwise NULL.
    char *leftover;
    /// The other name in the directory that the entry's name must differ from. Otherwise NULL.
    char *sibling;
    /// The path as the list has it, if that is not valid UTF-8. Otherwise NULL.
    char *listed;
    /// The reason as a clause, if it is not static: see mapcp_copy_error_reason. Otherwise NULL.
    char *reason;
};

/// What the operation failed on: the entry's source or its target, or what the error is about. Borrowed.
const char *mapcp_copy_error_path(const struct mapcp_copy_error *error);

/// The reason as a clause for people, like mapcp_reason. Borrowed.
const char *mapcp_copy_error_reason(const struct mapcp_copy_error *error);

/// Whether it is a warning: the entry was left out, or it was copied nevertheless.
bool mapcp_copy_error_is_warning(const struct mapcp_copy_error *error);

/// Frees the strings.
void mapcp_copy_error_free(struct mapcp_copy_error *error);

/// Errors and warnings, in the order in which they occurred.
struct mapcp_copy_errors {
    struct mapcp_copy_error *items;
    size_t count;
    size_t capacity;
};

/// Appends an error and takes its strings. If it has no `source` or no `target`, or memory runs out, frees it
/// and returns false.
bool mapcp_copy_errors_add(struct mapcp_copy_errors *errors, struct mapcp_copy_error error);

/// Frees the errors.
void mapcp_copy_errors_free(struct mapcp_copy_errors *errors);

#endif
