#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef __wasi__
#include <sys/mman.h>
#endif

// A read that asks for one byte more than a file should have finds out whether the file ends there. Up to
// this many bytes, one read is enough, because it is short only at the end of a file. A larger read may be
// short for the host's own reasons: ours reads at most as many bytes as the status says.
#define SMALL_READ 16384

/// Reads up to `length` bytes. Returns the number of bytes read, or -1 with errno set.
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

/// mmap() by reading into a buffer.
///
/// wasi-libc has such an emulation too, but it does not return how much it read. It also leaves old memory
/// behind a file's end, and leaks the buffer if a read fails.
///
/// Reads up to `length` bytes, at least 1, from `offset` on, which need not be aligned. Sets `*count` to the
/// number of bytes read: fewer if the file ends there, or one fewer elsewhere. Returns the buffer, which the
/// caller must free, or NULL with errno set.
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

/// Maps if the system can map this file and the file has all of the window except perhaps the last byte.
/// Memory behind a file's end must not be touched.
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
    return window->bytes || mapcp_fail_number(error, MAPCP_OPERATION_MAP, side, errno);
}

bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error) {
#ifndef __wasi__
    if (window->mapped > 0) {
        return munmap(window->bytes, window->mapped) == 0 ||
               mapcp_fail_number(error, MAPCP_OPERATION_UNMAP, side, errno);
    }
#endif
    (void)side;
    (void)error;
    free(window->bytes);
    return true;
}
