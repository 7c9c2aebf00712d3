#ifndef MAPCP_PLACE_H
#define MAPCP_PLACE_H

/// Where an entry stands: a name, and the directory descriptor that it is relative to.
///
/// AT_FDCWD and a path for what the caller named; a held descriptor and one name for what lies in a tree, so
/// that its path is not walked again for each entry. Both borrowed.
struct mapcp_place {
    int directory;
    const char *name;
};

#endif
