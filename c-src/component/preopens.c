// Finds the preopened directory of a relative path. wasi-libc compares paths with the preopens' names byte by
// byte, so it would not find './in/a' in a directory that is preopened as 'in'.

#include "preopens.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>
#include <wasi/libc-find-relpath.h>

/// The descriptor of the first preopen. Those of the others follow it.
#define FIRST_PREOPEN 3

/// The path without './' at its beginning. Borrowed from it, or static.
static const char *without_dots(const char *path) {
    const char *rest = path;
    while (rest[0] == '.' && rest[1] == '/') {
        rest += 1 + strspn(rest + 1, "/");
    }
    return *rest == '\0' && rest > path ? "." : rest;
}

/// wasi-libc calls this for relative paths if a program may change its working directory. This program never
/// does, so it looks up the path itself, without a working directory.
int __wasilibc_find_relpath_alloc(const char *path, const char **abs, char **relative, size_t *relative_len,
                                  int can_realloc) {
    (void)relative_len;
    (void)can_realloc;
    if (*path == '\0') {
        // wasi-libc would find the empty path in a preopen '.'.
        errno = ENOENT;
        return -1;
    }
    return __wasilibc_find_abspath(without_dots(path), abs, (const char **)relative);
}

char *mapcp_preopen_name(uint32_t index) {
    const __wasi_fd_t descriptor = FIRST_PREOPEN + index;
    __wasi_prestat_t status;
    if (__wasi_fd_prestat_get(descriptor, &status) != 0) {
        return NULL;
    }
    const size_t length = status.u.dir.pr_name_len;
    char *name = calloc(length + 1, 1);
    if (name && __wasi_fd_prestat_dir_name(descriptor, (uint8_t *)name, length) != 0) {
        free(name);
        return NULL;
    }
    return name;
}

bool mapcp_is_preopened(const char *path) {
    const char *directory = NULL;
    const char *rest = NULL;
    return *path == '\0' || __wasilibc_find_abspath(without_dots(path), &directory, &rest) >= 0;
}
