#include "posix.h"

const char *mapcp_code_name(enum mapcp_code code) {
    static const char *const names[] = {
        [MAPCP_NOT_FOUND] = "ENOENT",
        [MAPCP_ACCESS_DENIED] = "EACCES",
        [MAPCP_NOT_PERMITTED] = "EPERM",
        [MAPCP_ALREADY_EXISTS] = "EEXIST",
        [MAPCP_IS_DIRECTORY] = "EISDIR",
        [MAPCP_NOT_DIRECTORY] = "ENOTDIR",
        [MAPCP_NOT_REGULAR_FILE] = "ERR_MAPCP_NOT_REGULAR_FILE",
        [MAPCP_SAME_FILE] = "ERR_MAPCP_SAME_FILE",
        [MAPCP_INTO_ITSELF] = "ERR_MAPCP_INTO_ITSELF",
        [MAPCP_SOURCE_CHANGED] = "ERR_MAPCP_SOURCE_CHANGED",
        [MAPCP_VERIFICATION_FAILED] = "ERR_MAPCP_VERIFICATION_FAILED",
        [MAPCP_JUST_CREATED] = "ERR_MAPCP_JUST_CREATED",
        [MAPCP_INVALID_ARGUMENT] = "EINVAL",
        [MAPCP_TOO_MANY_LINKS] = "ELOOP",
        [MAPCP_NAME_TOO_LONG] = "ENAMETOOLONG",
        [MAPCP_INVALID_NAME] = "EILSEQ",
        [MAPCP_NO_SPACE] = "ENOSPC",
        [MAPCP_QUOTA_EXCEEDED] = "EDQUOT",
        [MAPCP_FILE_TOO_LARGE] = "EFBIG",
        [MAPCP_READ_ONLY_FILE_SYSTEM] = "EROFS",
        [MAPCP_TOO_MANY_OPEN_FILES] = "EMFILE",
        [MAPCP_OUT_OF_MEMORY] = "ENOMEM",
        [MAPCP_IO] = "EIO",
        [MAPCP_BUSY] = "EBUSY",
        [MAPCP_UNSUPPORTED] = "ENOTSUP",
        [MAPCP_OTHER] = "ERR_MAPCP_OTHER",
    };
    return names[code];
}

const char *mapcp_operation_name(enum mapcp_operation operation) {
    switch (operation) {
    case MAPCP_ACCEPT:
        return "accept";
    case MAPCP_SET_TIMES:
        return "set-times";
    default:
        // All others are verbs for people too.
        return mapcp_verb(operation);
    }
}
