#ifndef WASI_API_H
#define WASI_API_H

// What the component's command line takes of wasi-libc's header of this name, for a native build of it.

#include <stddef.h>
#include <stdint.h>

typedef size_t __wasi_size_t;
typedef uint16_t __wasi_errno_t;

__wasi_errno_t __wasi_args_sizes_get(__wasi_size_t *count, __wasi_size_t *bytes);
__wasi_errno_t __wasi_args_get(uint8_t **vector, uint8_t *bytes);

#endif
