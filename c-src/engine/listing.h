#ifndef MAPCP_LISTING_H
#define MAPCP_LISTING_H

#include <stdbool.h>

/// The entries of an open directory, read a few at a time.
struct mapcp_listing;

/// An entry of a directory. Valid until the next call for its listing.
struct mapcp_listed {
    const char *name;
    /// One of the DT_ constants of dirent.h.
    unsigned char type;
};

/// A listing of the directory that `descriptor` holds, which belongs to it from now on.
///
/// Returns NULL, with errno, where there is no memory; then the descriptor stays the caller's. To be closed
/// with mapcp_listing_close.
struct mapcp_listing *mapcp_listing_open(int descriptor);

/// The descriptor of the directory. Borrowed from the listing.
int mapcp_listing_descriptor(const struct mapcp_listing *listing);

/// Goes on to the next entry, "." and ".." among them. Returns false at the end, with errno 0, and where it
/// fails.
bool mapcp_listing_next(struct mapcp_listing *listing, struct mapcp_listed *entry);

/// Closes the directory. It was only read, so there is nothing that closing it could lose.
void mapcp_listing_close(struct mapcp_listing *listing);

#endif
