#include "descriptors.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "shared_mman.h"

struct descriptor {
    /// How many mappings use it.
    size_t holders;
    /// Whether the program has closed it.
    bool closed;
};

// Indexed by descriptor number. A number past the end has no mappings.
static struct descriptor *descriptors;
static size_t count;

static struct descriptor *held(int fd) {
    return fd >= 0 && (size_t)fd < count && descriptors[fd].holders > 0 ? &descriptors[fd] : NULL;
}

int descriptor_hold(int fd) {
    if ((size_t)fd >= count) {
        size_t wanted = 2 * ((size_t)fd + 1);
        struct descriptor *larger = realloc(descriptors, wanted * sizeof(*larger));
        if (!larger) {
            return ENOMEM;
        }
        for (size_t number = count; number < wanted; number++) {
            larger[number] = (struct descriptor){.holders = 0, .closed = false};
        }
        descriptors = larger;
        count = wanted;
    }
    descriptors[fd].holders++;
    return 0;
}

void descriptor_release(int fd) {
    struct descriptor *descriptor = held(fd);
    if (!descriptor || --descriptor->holders > 0 || !descriptor->closed) {
        return;
    }
    descriptor->closed = false;
    // The program's own close() has already succeeded and all data is written, so an error here is harmless.
    (void)__real_close(fd);
}

bool descriptor_is_closed(int fd) {
    const struct descriptor *descriptor = held(fd);
    return descriptor && descriptor->closed;
}

int descriptor_close(int fd) {
    struct descriptor *descriptor = held(fd);
    if (!descriptor) {
        return __real_close(fd);
    }
    if (descriptor->closed) {
        errno = EBADF;
        return -1;
    }
    descriptor->closed = true;
    return 0;
}
