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

/// Starts to list the directory of `descriptor`, which the listing then owns. Returns NULL with errno set if
/// memory runs out; then the caller still owns the descriptor. A listing must be closed with
/// mapcp_listing_close.
struct mapcp_listing *mapcp_listing_open(int descriptor);

/// Starts to list the directory at `path`, relative to an open one. Returns NULL with errno set if it cannot
/// be opened, or memory runs out.
struct mapcp_listing *mapcp_listing_open_at(int directory, const char *path);

/// The descriptor of the directory. Borrowed from the listing.
int mapcp_listing_descriptor(const struct mapcp_listing *listing);

/// Reads the next entry, including "." and "..". Returns false at the end, with errno 0, and on failure, with
/// another errno value.
bool mapcp_listing_next(struct mapcp_listing *listing, struct mapcp_listed *entry);

/// Closes the directory. It was only read, so closing it loses nothing.
void mapcp_listing_close(struct mapcp_listing *listing);

#endif
