#ifndef MAPCP_ERROR_H
#define MAPCP_ERROR_H

#include <stdbool.h>

/// What the engine was doing when it failed; `operation` of the WIT interface, in its order.
enum mapcp_operation {
    MAPCP_ACCEPT,
    MAPCP_INSPECT,
    MAPCP_OPEN,
    MAPCP_LIST,
    MAPCP_MAP,
    MAPCP_UNMAP,
    MAPCP_CREATE,
    MAPCP_WRITE,
    MAPCP_VERIFY,
    MAPCP_SYNC,
    MAPCP_SET_TIMES,
    MAPCP_CLOSE,
    MAPCP_RENAME,
    MAPCP_REMOVE,
};

/// Why the engine failed; `error-code` of the WIT interface, in its order.
enum mapcp_code {
    MAPCP_NOT_FOUND,
    MAPCP_ACCESS_DENIED,
    MAPCP_NOT_PERMITTED,
    MAPCP_ALREADY_EXISTS,
    MAPCP_IS_DIRECTORY,
    MAPCP_NOT_DIRECTORY,
    MAPCP_NOT_REGULAR_FILE,
    MAPCP_SAME_FILE,
    MAPCP_INTO_ITSELF,
    MAPCP_SOURCE_CHANGED,
    MAPCP_VERIFICATION_FAILED,
    MAPCP_JUST_CREATED,
    MAPCP_INVALID_ARGUMENT,
    MAPCP_TOO_MANY_LINKS,
    MAPCP_NAME_TOO_LONG,
    MAPCP_INVALID_NAME,
    MAPCP_NO_SPACE,
    MAPCP_QUOTA_EXCEEDED,
    MAPCP_FILE_TOO_LARGE,
    MAPCP_READ_ONLY_FILE_SYSTEM,
    MAPCP_TOO_MANY_OPEN_FILES,
    MAPCP_OUT_OF_MEMORY,
    MAPCP_IO,
    MAPCP_BUSY,
    MAPCP_UNSUPPORTED,
    MAPCP_OTHER,
};

/// Which of an entry's two paths an operation failed on.
enum mapcp_side {
    MAPCP_SOURCE,
    MAPCP_TARGET,
};

/// A failure: what, why, and on which side.
struct mapcp_error {
    enum mapcp_operation operation;
    enum mapcp_code code;
    enum mapcp_side side;
    /// The errno value behind `code`, or 0 where the engine itself found the fault.
    int number;
    /// What to say in place of what `code` says: a clause for people. Static, or NULL.
    const char *because;
};

/// Fills in an error that the engine itself found. Always returns false, for the caller to return.
bool mapcp_fail(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                enum mapcp_code code);

/// Fills in an error from an errno value. Always returns false, for the caller to return.
bool mapcp_fail_number(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                       int number);

/// The same, with a clause that says more than the code does, such as what to do about it.
bool mapcp_fail_because(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                        enum mapcp_code code, const char *because);

/// Whether a failure may be one of this time only, so that another try tells more: a read error, too little
/// memory or too few descriptors, an interruption.
bool mapcp_is_transient(const struct mapcp_error *error);

/// The verb for an operation, to stand in "cannot VERB 'path'". Static.
const char *mapcp_verb(enum mapcp_operation operation);

/// Why, as a clause without a path, such as "no such file or directory". Static, or strerror's.
const char *mapcp_reason(const struct mapcp_error *error);

#endif
