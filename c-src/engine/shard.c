#include "shard.h"

bool mapcp_shard_exists(struct mapcp_shard shard) {
    return shard.index < shard.count || (shard.index == 0 && shard.count == 0);
}

bool mapcp_shard_has(struct mapcp_shard shard, const char *path) {
    return shard.count <= 1 || mapcp_shard_hash(path) % shard.count == shard.index;
}

uint64_t mapcp_shard_hash(const char *path) {
    // FNV-1a over the bytes, 64 bits wide.
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = path; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    // MurmurHash3's finaliser: FNV alone leaves the low bits, by which shares are told apart, poorly mixed.
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}
