#ifndef WASI_API_H
#define WASI_API_H

// The part of wasi-libc's header of this name that the command line and the listing need in a native build.

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

typedef size_t __wasi_size_t;
typedef uint16_t __wasi_errno_t;
typedef int __wasi_fd_t;
typedef uint64_t __wasi_dircookie_t;

typedef struct {
    __wasi_dircookie_t d_next;
    uint64_t d_ino;
    uint32_t d_namlen;
    uint8_t d_type;
} __wasi_dirent_t;

#define __WASI_ERRNO_SUCCESS 0
#define __WASI_DIRCOOKIE_START 0
// The types are those of dirent.h, as in the original.
#define __WASI_FILETYPE_REGULAR_FILE DT_REG

__wasi_errno_t __wasi_args_sizes_get(__wasi_size_t *count, __wasi_size_t *bytes);
__wasi_errno_t __wasi_args_get(uint8_t **vector, uint8_t *bytes);
__wasi_errno_t __wasi_fd_readdir(__wasi_fd_t fd, uint8_t *buffer, __wasi_size_t size,
                                 __wasi_dircookie_t cookie, __wasi_size_t *filled);

#endif
