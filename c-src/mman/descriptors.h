#ifndef SHARED_MMAN_DESCRIPTORS_H
#define SHARED_MMAN_DESCRIPTORS_H

#include <stdbool.h>

/// The descriptors that mappings use. WASI preview 1 has no dup, so a mapping shares the program's
/// descriptor. The descriptor stays open while a mapping uses it.

/// Registers a mapping that uses `fd`. Returns 0 or ENOMEM.
int descriptor_hold(int fd);

/// Removes a mapping that uses `fd`. If it was the last one and the program has closed `fd`, closes it for
/// good.
void descriptor_release(int fd);

/// Whether the program has closed `fd`, and only mappings keep it open.
bool descriptor_is_closed(int fd);

/// Closes `fd` for the program, like close().
int descriptor_close(int fd);

#endif
