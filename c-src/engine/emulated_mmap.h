#ifndef MAPCP_EMULATED_MMAP_H
#define MAPCP_EMULATED_MMAP_H

#include <stddef.h>
#include <stdint.h>

/// mmap() by reading, for a private mapping of a file that is only read: what WASI has, and for files that no
/// system maps, such as those of procfs.
///
/// wasi-libc has such an emulation too. It does not report how much it read, leaves behind a file's end what
/// the memory held before, and loses the memory if a read fails.
///
/// Maps up to `length` bytes, at least 1, from `offset` on, which need not be aligned. Sets `*count` to how
/// many the file had: fewer where it ends, or, as for read(2), elsewhere by one. Returns the mapping, to be
/// given to mapcp_emulated_munmap, or NULL with errno set.
void *mapcp_emulated_mmap(int descriptor, uint64_t offset, size_t length, size_t *count);

/// Removes such a mapping.
void mapcp_emulated_munmap(void *mapping);

#endif
