#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX ".mapcp-"
#define SUFFIX ".tmp"
#define DIGITS 16
// Two names of 64 random bits do not meet by chance; a second try is for a name that somebody made on
// purpose.
#define TRIES 3

static void write_hexadecimal(char *place, uint64_t number) {
    for (int digit = DIGITS - 1; digit >= 0; digit--) {
        place[digit] = "0123456789abcdef"[number & 0xf];
        number >>= 4;
    }
}

/// The path of a file named PREFIX, digits, SUFFIX in the directory of `target`; `*digits` is where they go.
static char *path_beside(const char *target, char **digits) {
    const char *slash = strrchr(target, '/');
    size_t directory = slash ? (size_t)(slash - target) + 1 : 0;
    char *path = malloc(directory + sizeof(PREFIX) + DIGITS + sizeof(SUFFIX));
    if (path) {
        memcpy(path, target, directory);
        memcpy(path + directory, PREFIX, sizeof(PREFIX) - 1);
        *digits = path + directory + sizeof(PREFIX) - 1;
        memcpy(*digits + DIGITS, SUFFIX, sizeof(SUFFIX));
    }
    return path;
}

int mapcp_temporary_create(struct mapcp_temporary *temporary, const char *target) {
    char *digits = NULL;
    char *path = path_beside(target, &digits);
    if (!path) {
        return ENOMEM;
    }
    int number = EEXIST;
    for (int try = 0; try < TRIES && number == EEXIST; try++) {
        uint64_t entropy = 0;
        if (getentropy(&entropy, sizeof(entropy)) != 0) {
            number = errno;
            break;
        }
        write_hexadecimal(digits, entropy);
        temporary->descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        number = temporary->descriptor < 0 ? errno : 0;
    }
    if (number != 0) {
        free(path);
        return number;
    }
    temporary->path = path;
    return 0;
}

int mapcp_temporary_close(struct mapcp_temporary *temporary) {
    int descriptor = temporary->descriptor;
    temporary->descriptor = -1;
    return descriptor >= 0 && close(descriptor) != 0 ? errno : 0;
}

int mapcp_temporary_commit(struct mapcp_temporary *temporary, const char *target) {
    if (rename(temporary->path, target) != 0) {
        return errno;
    }
    mapcp_temporary_forget(temporary);
    return 0;
}

int mapcp_temporary_discard(struct mapcp_temporary *temporary) {
    // What close reports concerns content that is being thrown away.
    (void)mapcp_temporary_close(temporary);
    if (temporary->path && unlink(temporary->path) != 0 && errno != ENOENT) {
        return errno;
    }
    mapcp_temporary_forget(temporary);
    return 0;
}

void mapcp_temporary_forget(struct mapcp_temporary *temporary) {
    free(temporary->path);
    temporary->path = NULL;
}
