#include "listing.h"

#include <dirent.h>
#include <errno.h>

#ifndef __wasi__

// Listing a directory where the C library does it well.

// A listing is a DIR, which has all that it needs.
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

// Listing a directory by fd_readdir itself, since wasi-libc's readdir and the preview 1 adapter do not go
// together.
//
// The adapter remembers how far it has come where an entry did not fit into the buffer any more, and takes
// one that ends where the buffer ends for such an entry. Whoever then asks for what comes behind it, as
// wasi-libc does, has the adapter list the directory anew from its beginning: at each call, where names are
// of an unlucky length, such as 8 or 40 bytes. So what ends with the buffer is left for the next call here.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

// Room for some hundred entries.
#define BUFFER_SIZE 4096

_Static_assert(DT_REG == __WASI_FILETYPE_REGULAR_FILE, "a type passes as it is");

struct mapcp_listing {
    int descriptor;
    /// Whether there is nothing behind what is in the buffer.
    bool is_last;
    /// What the next call asks for.
    __wasi_dircookie_t cookie;
    /// How much of the buffer has been handed out, and how much is filled.
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

/// Takes an entry out of the buffer; returns false where there is no more to take.
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
    // A name comes without a terminator: it moves to where its head was, so that there is room for one.
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
    // A name that a whole buffer has no room for is none that a file system has.
    errno = listing->is_last ? 0 : ENAMETOOLONG;
    return take(listing, entry);
}

void mapcp_listing_close(struct mapcp_listing *listing) {
    (void)close(listing->descriptor);
    free(listing);
}

#endif
