#include "window.h"

#include <errno.h>

#include "emulated_mmap.h"

#ifndef __wasi__
// WebAssembly has one linear memory and no page tables, so WASI has only the emulation.

#include <sys/mman.h>
#include <unistd.h>

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
    window->bytes = mapcp_emulated_mmap(descriptor, offset, length, &window->length);
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
    mapcp_emulated_munmap(window->bytes);
    return true;
}
