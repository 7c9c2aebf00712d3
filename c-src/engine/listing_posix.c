// Listing a directory where the C library does it well.
#ifndef __wasi__

#include <dirent.h>
#include <errno.h>

#include "listing.h"

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

#endif
