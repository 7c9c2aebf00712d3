#ifndef SHARED_MMAN_DESCRIPTORS_H
#define SHARED_MMAN_DESCRIPTORS_H

#include <stdbool.h>

/// Descriptors of mappings. WASI preview 1 has no dup, so a mapping shares the program's descriptor. It stays
/// open while a mapping uses it.

/// Adds a mapping that uses `fd`. Returns 0 or ENOMEM.
int descriptor_hold(int fd);

/// Removes a mapping that uses `fd`. Closes it if it was the last one and the program has closed `fd`.
void descriptor_release(int fd);

/// Whether the program has closed `fd`, which only mappings keep open.
bool descriptor_is_closed(int fd);

/// Closes `fd` for the program, like close().
int descriptor_close(int fd);

#endif
