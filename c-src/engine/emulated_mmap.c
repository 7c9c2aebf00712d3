#include "emulated_mmap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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

void *mapcp_emulated_mmap(int descriptor, uint64_t offset, size_t length, size_t *count) {
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

void mapcp_emulated_munmap(void *mapping) {
    free(mapping);
}
