#ifndef MAPCP_SHARD_H
#define MAPCP_SHARD_H

#include <stdbool.h>
#include <stdint.h>

/// One of `count` shares of a copy, numbered from 0: what one of several jobs copies that divide a tree.
///
/// All zeros are the whole. A share (i, n) divides again by k into the shares (i, n k), (i + n, n k), …
struct mapcp_shard {
    uint32_t index;
    uint32_t count;
};

/// Whether there is such a share: its index is below its count, or it is the whole.
bool mapcp_shard_exists(struct mapcp_shard shard);

/// Whether an entry belongs to a share, by its path below the copied root, names joined by slashes. For a
/// root that is no directory, that is its own name.
bool mapcp_shard_has(struct mapcp_shard shard, const char *path);

/// What decides about a path: the same number on every system, in every version.
uint64_t mapcp_shard_hash(const char *path);

#endif
