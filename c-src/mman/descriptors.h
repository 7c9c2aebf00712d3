#ifndef SHARED_MMAN_DESCRIPTORS_H
#define SHARED_MMAN_DESCRIPTORS_H

#include <stdbool.h>

/// Descriptors that mappings need. WASI preview 1 has no dup, so a mapping cannot have a descriptor of its
/// own: it uses the program's, which therefore stays open for as long as a mapping needs it.

/// Notes that one more mapping needs `fd`. Returns 0 or ENOMEM.
int descriptor_hold(int fd);

/// Notes that one mapping less needs `fd`, and closes it where it was the last and the program is done with
/// it.
void descriptor_release(int fd);

/// Whether the program has closed `fd`, which is only open because mappings need it.
bool descriptor_is_closed(int fd);

/// Closes `fd` for the program. As close().
int descriptor_close(int fd);

#endif
