#ifndef MAPCP_ERROR_H
#define MAPCP_ERROR_H

// Errors: what failed, why, and on which of an entry's two paths. A function that can fail returns false and
// sets an error, or returns an errno value.

#include <stdbool.h>
#include <stdint.h>

/// What the engine was doing when it failed; `operation` of the WIT interface, in its order.
enum mapcp_operation {
    MAPCP_OPERATION_ACCEPT,
    MAPCP_OPERATION_INSPECT,
    MAPCP_OPERATION_OPEN,
    MAPCP_OPERATION_LIST,
    MAPCP_OPERATION_MAP,
    MAPCP_OPERATION_UNMAP,
    MAPCP_OPERATION_READ,
    MAPCP_OPERATION_CREATE,
    MAPCP_OPERATION_WRITE,
    MAPCP_OPERATION_VERIFY,
    MAPCP_OPERATION_SYNC,
    MAPCP_OPERATION_SET_TIMES,
    MAPCP_OPERATION_CLOSE,
    MAPCP_OPERATION_RENAME,
    MAPCP_OPERATION_REMOVE,
    MAPCP_OPERATION_MATCH,
};

/// Why the engine failed; `error-code` of the WIT interface, in its order.
enum mapcp_code {
    MAPCP_CODE_NOT_FOUND,
    MAPCP_CODE_ACCESS_DENIED,
    MAPCP_CODE_NOT_PERMITTED,
    MAPCP_CODE_ALREADY_EXISTS,
    MAPCP_CODE_IS_DIRECTORY,
    MAPCP_CODE_NOT_DIRECTORY,
    MAPCP_CODE_NOT_REGULAR_FILE,
    MAPCP_CODE_SAME_FILE,
    MAPCP_CODE_INTO_ITSELF,
    MAPCP_CODE_SOURCE_CHANGED,
    MAPCP_CODE_VERIFICATION_FAILED,
    MAPCP_CODE_JUST_CREATED,
    MAPCP_CODE_LIMIT_EXCEEDED,
    MAPCP_CODE_LINK_LEADS_OUT,
    MAPCP_CODE_NAME_NOT_PORTABLE,
    MAPCP_CODE_INVALID_ARGUMENT,
    MAPCP_CODE_TOO_MANY_LINKS,
    MAPCP_CODE_NAME_TOO_LONG,
    MAPCP_CODE_INVALID_NAME,
    MAPCP_CODE_NO_SPACE,
    MAPCP_CODE_QUOTA_EXCEEDED,
    MAPCP_CODE_FILE_TOO_LARGE,
    MAPCP_CODE_READ_ONLY_FILE_SYSTEM,
    MAPCP_CODE_TOO_MANY_OPEN_FILES,
    MAPCP_CODE_OUT_OF_MEMORY,
    MAPCP_CODE_IO,
    MAPCP_CODE_BUSY,
    MAPCP_CODE_UNSUPPORTED,
    MAPCP_CODE_OTHER,
};

/// The side of a copy that an operation failed on.
enum mapcp_side {
    MAPCP_SIDE_SOURCE,
    MAPCP_SIDE_TARGET,
};

/// A limit on the amounts that a job copies: see limits.h.
enum mapcp_limit_name {
    MAPCP_LIMIT_BYTES,
    MAPCP_LIMIT_FILES,
    /// On listed entries. It follows from the limit on files.
    MAPCP_LIMIT_LISTED,
    MAPCP_LIMIT_DEPTH,
    /// On the directories that are made on the way to the target. Its value is that of `max-depth`.
    MAPCP_LIMIT_PARENTS,
    MAPCP_LIMIT_FILE_SIZE,
};

/// The reason of MAPCP_CODE_SOURCE_CHANGED, without further advice.
#define MAPCP_CHANGED "it changed during the copy; copy it again when nothing writes to it"

struct mapcp_error {
    enum mapcp_operation operation;
    enum mapcp_code code;
    enum mapcp_side side;
    /// The errno value behind `code`, or 0 if the engine itself found the error.
    int number;
    /// A clause for people that replaces the one for `code`. Static, or NULL.
    const char *because;
    /// What the error is about if that is neither path of the entry: a pattern, or something that could not
    /// be removed. Borrowed, or NULL.
    const char *about;
    /// The other name in the directory, if `code` is MAPCP_CODE_NAME_NOT_PORTABLE because of it. Borrowed
    /// until the job's next step. Otherwise NULL.
    const char *sibling;
    /// The path as the list has it, if it is not valid UTF-8. Borrowed until the job's next step. Otherwise
    /// NULL.
    const char *listed;
    /// The limit and its value, if `code` is MAPCP_CODE_LIMIT_EXCEEDED.
    enum mapcp_limit_name limit;
    uint64_t most;
};

/// Sets an error that the engine itself found. Always returns false, for the caller to return.
bool mapcp_fail(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                enum mapcp_code code);

/// Sets an error from an errno value. Always returns false, for the caller to return.
bool mapcp_fail_number(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                       int number);

/// Sets an error with a clause that says more than its code, such as what to do. Always returns false, for
/// the caller to return.
bool mapcp_fail_because(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                        enum mapcp_code code, const char *because);

/// Sets the error of a job that runs out of memory. Always returns false, for the caller to return.
bool mapcp_out_of_memory(struct mapcp_error *error);

/// Whether another try may succeed: after a read error, an interruption, or a lack of memory or descriptors.
bool mapcp_is_transient(const struct mapcp_error *error);

/// The verb for an operation, as in "cannot VERB 'path'". Static.
const char *mapcp_verb(enum mapcp_operation operation);

/// The reason as a clause without a path, such as "no such file or directory". Static, or strerror's.
///
/// Advice names an option by its WIT name between backquotes: `name` or `name=value`. Each frontend must
/// spell it in its own way.
const char *mapcp_reason(const struct mapcp_error *error);

#endif
