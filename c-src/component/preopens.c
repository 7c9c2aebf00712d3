// How a relative path finds its preopened directory. wasi-libc compares a path with the names of the preopens
// letter by letter, so that './in/a' would not be found in a directory that was preopened as 'in'.

#include <errno.h>
#include <string.h>
#include <wasi/libc-find-relpath.h>

/// The same path without './' at its beginning. Borrowed from it, or static.
static const char *without_dots(const char *path) {
    const char *rest = path;
    while (rest[0] == '.' && rest[1] == '/') {
        rest += 1 + strspn(rest + 1, "/");
    }
    return *rest == '\0' && rest > path ? "." : rest;
}

/// The hook of wasi-libc for programs that change their directory. This one never does, so a relative path
/// begins where an absolute one does.
int __wasilibc_find_relpath_alloc(const char *path, const char **abs, char **relative, size_t *relative_len,
                                  int can_realloc) {
    (void)relative_len;
    (void)can_realloc;
    if (*path == '\0') {
        // It begins as every preopen of "." does, and yet leads nowhere.
        errno = ENOENT;
        return -1;
    }
    return __wasilibc_find_abspath(without_dots(path), abs, (const char **)relative);
}
