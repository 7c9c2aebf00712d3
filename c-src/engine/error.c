#include "error.h"

#include <errno.h>
#include <string.h>

static enum mapcp_code code_of(int number) {
    switch (number) {
    case ENOENT:
        return MAPCP_CODE_NOT_FOUND;
    case EACCES:
        return MAPCP_CODE_ACCESS_DENIED;
    case EPERM:
#ifdef ENOTCAPABLE
    case ENOTCAPABLE:
#endif
        return MAPCP_CODE_NOT_PERMITTED;
    case EEXIST:
        return MAPCP_CODE_ALREADY_EXISTS;
    case EISDIR:
        return MAPCP_CODE_IS_DIRECTORY;
    case ENOTDIR:
        return MAPCP_CODE_NOT_DIRECTORY;
    case EINVAL:
        return MAPCP_CODE_INVALID_ARGUMENT;
    case ELOOP:
        return MAPCP_CODE_TOO_MANY_LINKS;
    case ENAMETOOLONG:
        return MAPCP_CODE_NAME_TOO_LONG;
    case EILSEQ:
        return MAPCP_CODE_INVALID_NAME;
    case ENOSPC:
        return MAPCP_CODE_NO_SPACE;
    case EDQUOT:
        return MAPCP_CODE_QUOTA_EXCEEDED;
    case EFBIG:
        return MAPCP_CODE_FILE_TOO_LARGE;
    case EROFS:
        return MAPCP_CODE_READ_ONLY_FILE_SYSTEM;
    case EMFILE:
    case ENFILE:
        return MAPCP_CODE_TOO_MANY_OPEN_FILES;
    case ENOMEM:
        return MAPCP_CODE_OUT_OF_MEMORY;
    case EIO:
        return MAPCP_CODE_IO;
    case EBUSY:
    case ETXTBSY:
        return MAPCP_CODE_BUSY;
    case ENOTSUP:
    case ENOSYS:
        return MAPCP_CODE_UNSUPPORTED;
    default:
        return MAPCP_CODE_OTHER;
    }
}

bool mapcp_fail(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                enum mapcp_code code) {
    *error = (struct mapcp_error){.operation = operation, .code = code, .side = side, .number = 0};
    return false;
}

bool mapcp_fail_because(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                        enum mapcp_code code, const char *because) {
    mapcp_fail(error, operation, side, code);
    error->because = because;
    return false;
}

bool mapcp_fail_number(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_side side,
                       int number) {
    mapcp_fail(error, operation, side, code_of(number));
    error->number = number;
    return false;
}

bool mapcp_out_of_memory(struct mapcp_error *error) {
    return mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, ENOMEM);
}

bool mapcp_is_transient(const struct mapcp_error *error) {
    return error->code == MAPCP_CODE_IO || error->code == MAPCP_CODE_OUT_OF_MEMORY ||
           error->code == MAPCP_CODE_TOO_MANY_OPEN_FILES || error->number == EINTR;
}

const char *mapcp_verb(enum mapcp_operation operation) {
    static const char *const verbs[] = {
        [MAPCP_OPERATION_ACCEPT] = "use",    [MAPCP_OPERATION_INSPECT] = "inspect",
        [MAPCP_OPERATION_OPEN] = "open",     [MAPCP_OPERATION_LIST] = "list",
        [MAPCP_OPERATION_MAP] = "map",       [MAPCP_OPERATION_UNMAP] = "unmap",
        [MAPCP_OPERATION_READ] = "read",     [MAPCP_OPERATION_CREATE] = "create",
        [MAPCP_OPERATION_WRITE] = "write",   [MAPCP_OPERATION_VERIFY] = "verify",
        [MAPCP_OPERATION_SYNC] = "sync",     [MAPCP_OPERATION_SET_TIMES] = "set the times of",
        [MAPCP_OPERATION_CLOSE] = "close",   [MAPCP_OPERATION_RENAME] = "rename",
        [MAPCP_OPERATION_REMOVE] = "remove", [MAPCP_OPERATION_MATCH] = "match",
    };
    return verbs[operation];
}

/// A clause for a combination of operation and code that says more than the code alone. NULL if there is
/// none.
static const char *special_reason(const struct mapcp_error *error) {
    const bool is_own = error->number == 0;
    switch (error->code) {
    case MAPCP_CODE_OTHER:
        return error->operation == MAPCP_OPERATION_MAP && error->number == EAGAIN
                   ? "it has no data yet, although it is a regular file; "
                     "write it to a file with a program that waits, such as cat, and copy that file"
                   : strerror(error->number);
    case MAPCP_CODE_ALREADY_EXISTS:
        return error->operation == MAPCP_OPERATION_ACCEPT
                   ? "another entry of this copy may have this name; "
                     "the file system may treat two names as one, so rename one of them"
                   : NULL;
    case MAPCP_CODE_INVALID_NAME:
        return error->side == MAPCP_SIDE_TARGET
                   ? "the target's file system does not allow this name; rename the source"
               : error->operation == MAPCP_OPERATION_LIST
                   ? "the name of an entry in it is not valid UTF-8; rename that entry"
                   : NULL;
    case MAPCP_CODE_IS_DIRECTORY:
        return error->operation == MAPCP_OPERATION_OPEN
                   ? "it is a directory; to copy it with its contents, use `recursive`"
               : error->operation == MAPCP_OPERATION_CREATE
                   ? "it is a directory; choose another path for the copy"
                   : NULL;
    case MAPCP_CODE_SOURCE_CHANGED:
        return error->operation == MAPCP_OPERATION_MAP ? MAPCP_CHANGED
                   ", or, if it only grows, with `allow-changes`"
                                                       : NULL;
    case MAPCP_CODE_BUSY:
        return error->operation == MAPCP_OPERATION_RENAME
                   ? "it is in use, or a mount point, such as a file that is mounted into a container; "
                     "copy to another name, or mount its directory"
                   : NULL;
    case MAPCP_CODE_UNSUPPORTED:
        return !is_own ? NULL
               : error->operation == MAPCP_OPERATION_INSPECT
                   ? "it is unknown whether the source is newer, "
                     "because WASI has only times from 1970 to 2554; choose another overwrite policy"
               : error->operation == MAPCP_OPERATION_SET_TIMES
                   ? "the source's time may be outside the range of WASI, 1970 to 2554"
                   : NULL;
    case MAPCP_CODE_OUT_OF_MEMORY:
        return error->operation == MAPCP_OPERATION_MAP ? "out of memory; try a smaller window" : NULL;
    default:
        return NULL;
    }
}

const char *mapcp_reason(const struct mapcp_error *error) {
    static const char *const reasons[] = {
        [MAPCP_CODE_NOT_FOUND] = "no such file or directory",
        [MAPCP_CODE_ACCESS_DENIED] = "permission denied",
        [MAPCP_CODE_NOT_PERMITTED] = "not permitted by the sandbox or the file system",
        [MAPCP_CODE_ALREADY_EXISTS] = "it already exists",
        [MAPCP_CODE_IS_DIRECTORY] = "it is a directory",
        [MAPCP_CODE_NOT_DIRECTORY] = "not a directory",
        [MAPCP_CODE_NOT_REGULAR_FILE] = "it is not a regular file but a FIFO, a socket or a device",
        [MAPCP_CODE_SAME_FILE] = "source and target are the same file",
        [MAPCP_CODE_INTO_ITSELF] = "a directory cannot be copied into itself",
        [MAPCP_CODE_SOURCE_CHANGED] = MAPCP_CHANGED,
        [MAPCP_CODE_VERIFICATION_FAILED] =
            "the copy differs from the source, which may have changed during the copy; copy it again",
        [MAPCP_CODE_JUST_CREATED] = "another source of the same command was just copied there",
        [MAPCP_CODE_LIMIT_EXCEEDED] = "it exceeds a limit",
        [MAPCP_CODE_LINK_LEADS_OUT] =
            "the link could lead out of the copied tree; leave such links out, with `symlinks=skip`",
        [MAPCP_CODE_NAME_NOT_PORTABLE] = "the name is not portable; choose another name",
        [MAPCP_CODE_INVALID_ARGUMENT] = "invalid argument",
        [MAPCP_CODE_TOO_MANY_LINKS] = "too many symbolic links, or a loop of them",
        [MAPCP_CODE_NAME_TOO_LONG] = "the name or the path is too long",
        [MAPCP_CODE_INVALID_NAME] = "the name is not valid UTF-8; rename it",
        [MAPCP_CODE_NO_SPACE] = "no space left on the file system",
        [MAPCP_CODE_QUOTA_EXCEEDED] = "disk quota exceeded",
        [MAPCP_CODE_FILE_TOO_LARGE] = "the file is too large for the file system or the limit of the process",
        [MAPCP_CODE_READ_ONLY_FILE_SYSTEM] = "the file system is read-only",
        [MAPCP_CODE_TOO_MANY_OPEN_FILES] =
            "too many open files; raise the limit (ulimit -n), or use fewer jobs at a time",
        // WASI has no code for a lack of descriptors, and its hosts report a lack of memory.
        [MAPCP_CODE_OUT_OF_MEMORY] = "out of memory or file descriptors",
        [MAPCP_CODE_IO] = "input/output error",
        [MAPCP_CODE_BUSY] = "it is in use",
        [MAPCP_CODE_UNSUPPORTED] = "the file system does not support it",
    };
    const char *special = error->because ? error->because : special_reason(error);
    return special || error->code == MAPCP_CODE_OTHER ? special : reasons[error->code];
}
