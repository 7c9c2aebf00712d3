#include "error.h"

#include <errno.h>
#include <string.h>

static enum mapcp_code code_of(int number) {
    switch (number) {
    case ENOENT:
        return MAPCP_NOT_FOUND;
    case EACCES:
        return MAPCP_ACCESS_DENIED;
    case EPERM:
#ifdef ENOTCAPABLE
    case ENOTCAPABLE:
#endif
        return MAPCP_NOT_PERMITTED;
    case EEXIST:
        return MAPCP_ALREADY_EXISTS;
    case EISDIR:
        return MAPCP_IS_DIRECTORY;
    case ENOTDIR:
        return MAPCP_NOT_DIRECTORY;
    case EINVAL:
        return MAPCP_INVALID_ARGUMENT;
    case ELOOP:
        return MAPCP_TOO_MANY_LINKS;
    case ENAMETOOLONG:
        return MAPCP_NAME_TOO_LONG;
    case EILSEQ:
        return MAPCP_INVALID_NAME;
    case ENOSPC:
        return MAPCP_NO_SPACE;
    case EDQUOT:
        return MAPCP_QUOTA_EXCEEDED;
    case EFBIG:
        return MAPCP_FILE_TOO_LARGE;
    case EROFS:
        return MAPCP_READ_ONLY_FILE_SYSTEM;
    case EMFILE:
    case ENFILE:
        return MAPCP_TOO_MANY_OPEN_FILES;
    case ENOMEM:
        return MAPCP_OUT_OF_MEMORY;
    case EIO:
        return MAPCP_IO;
    case EBUSY:
    case ETXTBSY:
        return MAPCP_BUSY;
    case ENOTSUP:
    case ENOSYS:
        return MAPCP_UNSUPPORTED;
    default:
        return MAPCP_OTHER;
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

bool mapcp_is_transient(const struct mapcp_error *error) {
    return error->code == MAPCP_IO || error->code == MAPCP_OUT_OF_MEMORY ||
           error->code == MAPCP_TOO_MANY_OPEN_FILES || error->number == EINTR;
}

const char *mapcp_verb(enum mapcp_operation operation) {
    static const char *const verbs[] = {
        [MAPCP_ACCEPT] = "use",
        [MAPCP_INSPECT] = "inspect",
        [MAPCP_OPEN] = "open",
        [MAPCP_LIST] = "list",
        [MAPCP_MAP] = "map",
        [MAPCP_UNMAP] = "unmap",
        [MAPCP_CREATE] = "create",
        [MAPCP_WRITE] = "write",
        [MAPCP_VERIFY] = "verify",
        [MAPCP_SYNC] = "sync",
        [MAPCP_SET_TIMES] = "set the times of",
        [MAPCP_CLOSE] = "close",
        [MAPCP_RENAME] = "rename",
        [MAPCP_REMOVE] = "remove",
    };
    return verbs[operation];
}

const char *mapcp_reason(const struct mapcp_error *error) {
    static const char *const reasons[] = {
        [MAPCP_NOT_FOUND] = "no such file or directory",
        [MAPCP_ACCESS_DENIED] = "permission denied",
        [MAPCP_NOT_PERMITTED] = "not permitted by the sandbox or the file system",
        [MAPCP_ALREADY_EXISTS] = "it exists already",
        [MAPCP_IS_DIRECTORY] = "it is a directory",
        [MAPCP_NOT_DIRECTORY] = "not a directory",
        [MAPCP_NOT_REGULAR_FILE] = "it is not a regular file but a FIFO, a socket or a device",
        [MAPCP_SAME_FILE] = "source and target are the same file",
        [MAPCP_INTO_ITSELF] = "a directory cannot be copied into itself",
        [MAPCP_SOURCE_CHANGED] = "it changed while it was copied; copy it again when it is at rest",
        [MAPCP_VERIFICATION_FAILED] =
            "what was read back is not what the source has, which may have changed meanwhile; copy it again",
        [MAPCP_JUST_CREATED] = "another source of the same command was just copied there",
        [MAPCP_INVALID_ARGUMENT] = "invalid argument",
        [MAPCP_TOO_MANY_LINKS] = "too many symbolic links, or a loop of them",
        [MAPCP_NAME_TOO_LONG] = "the name or the path is too long",
        [MAPCP_INVALID_NAME] = "the name is not valid UTF-8; rename it",
        [MAPCP_NO_SPACE] = "no space left on the file system",
        [MAPCP_QUOTA_EXCEEDED] = "disk quota exceeded",
        [MAPCP_FILE_TOO_LARGE] = "larger than a file may be here",
        [MAPCP_READ_ONLY_FILE_SYSTEM] = "the file system is read-only",
        [MAPCP_TOO_MANY_OPEN_FILES] = "too many open files",
        // WASI has no code for descriptors, and its hosts say that they are out of memory.
        [MAPCP_OUT_OF_MEMORY] = "out of memory or of file descriptors",
        [MAPCP_IO] = "input/output error",
        [MAPCP_BUSY] = "it is in use",
        [MAPCP_UNSUPPORTED] = "the file system does not support it",
    };
    if (error->because) {
        return error->because;
    }
    if (error->operation == MAPCP_MAP && error->number == EAGAIN) {
        return "it gives no data now, and may give some later, which a regular file does not; write it to a "
               "file by a "
               "program that waits, such as cat, and copy that";
    }
    if (error->code == MAPCP_OTHER) {
        return strerror(error->number);
    }
    if (error->operation == MAPCP_ACCEPT && error->code == MAPCP_INVALID_ARGUMENT) {
        return "the path is empty";
    }
    if (error->operation == MAPCP_ACCEPT && error->code == MAPCP_ALREADY_EXISTS) {
        return "the name is taken in a directory that this copy made; the file system may take two names for "
               "one, so rename one of them";
    }
    if (error->side == MAPCP_TARGET && error->code == MAPCP_INVALID_NAME) {
        return "the target's file system does not take this name; rename the source";
    }
    if (error->operation == MAPCP_LIST && error->code == MAPCP_INVALID_NAME) {
        return "the name of something in it is not valid UTF-8; rename that";
    }
    if (error->operation == MAPCP_LIST && error->code == MAPCP_INVALID_ARGUMENT && error->number == 0) {
        return "there is no such share: n of them are numbered from 0 to n - 1";
    }
    if (error->operation == MAPCP_OPEN && error->code == MAPCP_IS_DIRECTORY) {
        return "it is a directory; to copy it with all that is in it, ask for a recursive copy (-r)";
    }
    if (error->operation == MAPCP_OPEN && error->code == MAPCP_NAME_TOO_LONG && error->number == 0) {
        return "more than 10,000 directories deep; copy its parts separately, unless a directory contains "
               "itself";
    }
    if (error->operation == MAPCP_MAP && error->code == MAPCP_SOURCE_CHANGED) {
        return "it changed while it was copied; copy it again when it is at rest, or, if it only grows, with "
               "--allow-changes";
    }
    if (error->operation == MAPCP_RENAME && error->code == MAPCP_BUSY) {
        return "it is a mount point, such as a file that is bound into a container, or in use; "
               "copy to another name, or bind its directory";
    }
    if (error->operation == MAPCP_INSPECT && error->code == MAPCP_UNSUPPORTED && error->number == 0) {
        return "it is unknown whether the source is newer: both times are at a limit of what WASI has, 1970 "
               "to 2554, "
               "or beyond it; choose another overwrite policy";
    }
    if (error->operation == MAPCP_SET_TIMES && error->code == MAPCP_UNSUPPORTED && error->number == 0) {
        return "the source's time is at a limit of what WASI has, 1970 to 2554, or beyond it";
    }
    if (error->operation == MAPCP_MAP && error->code == MAPCP_OUT_OF_MEMORY) {
        return "out of memory; try a smaller window";
    }
    if (error->operation == MAPCP_MAP && error->code == MAPCP_INVALID_ARGUMENT) {
        return "the window is larger than 1 GiB";
    }
    return reasons[error->code];
}
