#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct mapcp_listing *mapcp_listing_open_at(int directory, const char *path) {
    const int descriptor = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct mapcp_listing *listing = descriptor < 0 ? NULL : mapcp_listing_open(descriptor);
    if (descriptor >= 0 && !listing) {
        const int number = errno;
        (void)close(descriptor);
        errno = number;
    }
    return listing;
}

#ifndef __wasi__

// A listing is a DIR.
static DIR *directory_of(const struct mapcp_listing *listing) {
    return (DIR *)listing;
}

struct mapcp_listing *mapcp_listing_open(int descriptor) {
    return (struct mapcp_listing *)fdopendir(descriptor);
}

int mapcp_listing_descriptor(const struct mapcp_listing *listing) {
    return dirfd(directory_of(listing));
}

bool mapcp_listing_next(struct mapcp_listing *listing, struct mapcp_listed *entry) {
    errno = 0;
    const struct dirent *next = readdir(directory_of(listing));
    if (!next) {
        return false;
    }
    *entry = (struct mapcp_listed){.name = next->d_name, .type = next->d_type};
    return true;
}

void mapcp_listing_close(struct mapcp_listing *listing) {
    (void)closedir(directory_of(listing));
}

#else

// wasi-libc's readdir and the preview 1 adapter do not work well together, so this calls fd_readdir itself.
//
// The adapter remembers its position in a directory if the next entry did not fit into the buffer. If an
// entry ends exactly with the buffer, the adapter believes that it did not fit. wasi-libc then asks for the
// entry behind it, and the adapter lists the directory again from its beginning. With names of an unlucky
// length, such as 8 or 40 bytes, this happens at each call. So an entry that ends with the buffer is left for
// the next call here.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// Room for about a hundred entries.
#define BUFFER_SIZE 4096

_Static_assert(DT_REG == __WASI_FILETYPE_REGULAR_FILE, "d_type of both");

struct mapcp_listing {
    int descriptor;
    /// Whether the buffer has the last entries of the directory.
    bool is_last;
    /// The position that the next call starts from.
    __wasi_dircookie_t cookie;
    /// How many bytes of the buffer have been taken, and how many are filled.
    size_t taken;
    size_t filled;
    uint8_t buffer[BUFFER_SIZE];
};

struct mapcp_listing *mapcp_listing_open(int descriptor) {
    struct mapcp_listing *listing = malloc(sizeof(*listing));
    if (listing) {
        listing->descriptor = descriptor;
        listing->is_last = false;
        listing->cookie = __WASI_DIRCOOKIE_START;
        listing->taken = 0;
        listing->filled = 0;
    }
    return listing;
}

int mapcp_listing_descriptor(const struct mapcp_listing *listing) {
    return listing->descriptor;
}

static bool fill(struct mapcp_listing *listing) {
    __wasi_size_t filled = 0;
    __wasi_errno_t number =
        __wasi_fd_readdir(listing->descriptor, listing->buffer, BUFFER_SIZE, listing->cookie, &filled);
    if (number != __WASI_ERRNO_SUCCESS) {
        errno = number;
        return false;
    }
    listing->is_last = filled < BUFFER_SIZE;
    listing->taken = 0;
    listing->filled = filled;
    return true;
}

/// Takes an entry out of the buffer. Returns false if it has no further entry.
static bool take(struct mapcp_listing *listing, struct mapcp_listed *entry) {
    __wasi_dirent_t head;
    uint8_t *start = listing->buffer + listing->taken;
    size_t left = listing->filled - listing->taken;
    if (left < sizeof(head)) {
        return false;
    }
    memcpy(&head, start, sizeof(head));
    size_t length = sizeof(head) + head.d_namlen;
    if (listing->is_last ? length > left : length >= left) {
        return false;
    }
    listing->taken += length;
    listing->cookie = head.d_next;
    // A name comes without a NUL. Moving it to the place of its head makes room for one.
    memmove(start, start + sizeof(head), head.d_namlen);
    start[head.d_namlen] = '\0';
    *entry = (struct mapcp_listed){.name = (const char *)start, .type = head.d_type};
    return true;
}

bool mapcp_listing_next(struct mapcp_listing *listing, struct mapcp_listed *entry) {
    if (take(listing, entry)) {
        return true;
    }
    if (!listing->is_last && !fill(listing)) {
        return false;
    }
    // No file system has a name that does not fit into a whole buffer.
    errno = listing->is_last ? 0 : ENAMETOOLONG;
    return take(listing, entry);
}

void mapcp_listing_close(struct mapcp_listing *listing) {
    (void)close(listing->descriptor);
    free(listing);
}

#endif
