#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef __wasi__
#include <sys/mman.h>
#endif

// Who asks for one byte more than a file should have finds out whether it ends there. Up to this many bytes,
// one read is enough for that: it comes up short at the end of a file only. Of more bytes, a host may read a
// part for reasons of its own: ours reads no more than the status says that there is.
#define SMALL_READ 16384

/// Reads up to `length` bytes. Returns how many there were, or -1 with errno set.
static ssize_t read_at(int descriptor, char *bytes, size_t length, uint64_t offset) {
    size_t count = 0;
    while (count < length) {
        size_t wanted = length - count;
        ssize_t got = pread(descriptor, bytes + count, wanted, (off_t)(offset + count));
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        count += got > 0 ? (size_t)got : 0;
        if (got == 0 || (got > 0 && count == length - 1 && wanted <= SMALL_READ)) {
            break;
        }
    }
    return (ssize_t)count;
}

/// mmap() by reading, for a private mapping of a file that is only read: what WASI has, and for files that no
/// system maps, such as those of procfs.
///
/// wasi-libc has such an emulation too. It does not report how much it read, leaves behind a file's end what
/// the memory held before, and loses the memory if a read fails.
///
/// Maps up to `length` bytes, at least 1, from `offset` on, which need not be aligned. Sets `*count` to how
/// many the file had: fewer where it ends, or, as for read(2), elsewhere by one. Returns the mapping, to be
/// given to mapcp_emulated_munmap, or NULL with errno set.
static void *emulated_mmap(int descriptor, uint64_t offset, size_t length, size_t *count) {
    char *bytes = malloc(length);
    ssize_t got = bytes ? read_at(descriptor, bytes, length, offset) : -1;
    if (got < 0) {
        int number = bytes ? errno : ENOMEM;
        free(bytes);
        errno = number;
        return NULL;
    }
    *count = (size_t)got;
    return bytes;
}

#ifndef __wasi__
// WebAssembly has one linear memory and no page tables, so WASI has only the emulation.

/// Maps, if the system can map this, and if the file has all of it but for the last byte: what is behind a
/// file's end must not be touched.
static bool map_really(int descriptor, struct mapcp_window *window, size_t length) {
    char ends[2];
    const size_t probe = length < sizeof(ends) ? length : sizeof(ends);
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, (off_t)window->offset);
    if (bytes == MAP_FAILED) {
        return false;
    }
    ssize_t count = pread(descriptor, ends, probe, (off_t)(window->offset + length - probe));
    if (count <= 0) {
        (void)munmap(bytes, length);
        return false;
    }
    window->bytes = bytes;
    window->length = length - probe + (size_t)count;
    window->mapped = length;
    return true;
}

#endif

bool mapcp_map(int descriptor, uint64_t offset, size_t length, enum mapcp_side side,
               struct mapcp_window *window, struct mapcp_error *error) {
    *window = (struct mapcp_window){.offset = offset};
#ifndef __wasi__
    if (map_really(descriptor, window, length)) {
        return true;
    }
#endif
    window->bytes = emulated_mmap(descriptor, offset, length, &window->length);
    return window->bytes || mapcp_fail_number(error, MAPCP_MAP, side, errno);
}

bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error) {
#ifndef __wasi__
    if (window->mapped > 0) {
        return munmap(window->bytes, window->mapped) == 0 ||
               mapcp_fail_number(error, MAPCP_UNMAP, side, errno);
    }
#endif
    (void)side;
    (void)error;
    free(window->bytes);
    return true;
}
