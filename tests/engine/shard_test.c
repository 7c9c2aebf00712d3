#include <stddef.h>
#include <stdio.h>

#include "check.h"
#include "filter.h"

TEST(a_path_has_the_same_hash_on_every_system) {
    CHECK(mapcp_hash_path("") == UINT64_C(0xefd01f60ba992926));
    CHECK(mapcp_hash_path("a") == UINT64_C(0x82a2a958a9bece5b));
    CHECK(mapcp_hash_path("a/b") == UINT64_C(0xf2a5b2f60b006aec));
    CHECK(mapcp_hash_path("src/lib/c.c") == UINT64_C(0xfd80c704f3583f97));
    CHECK(mapcp_hash_path("\xc3\xbcn\xc3\xaf/\xe2\x98\x83 \xe6\x96\x87\xe4\xbb\xb6") ==
          UINT64_C(0xf200b2293f91cd52));
}

TEST(a_path_belongs_to_exactly_one_shard) {
    for (uint32_t count = 1; count < 20; count++) {
        unsigned owners = 0;
        for (uint32_t index = 0; index < count; index++) {
            owners += mapcp_shard_has((struct mapcp_shard){.index = index, .count = count}, "src/lib/c.c");
        }
        CHECK(owners == 1);
    }
}

TEST(similar_names_are_spread_over_all_shards) {
    enum { PATHS = 10000, MOST_SHARDS = 16 };
    for (uint32_t count = 2; count <= MOST_SHARDS; count++) {
        unsigned owned[MOST_SHARDS] = {0};
        for (unsigned number = 0; number < PATHS; number++) {
            char path[32];
            (void)snprintf(path, sizeof(path), "photos/%u.jpg", number);
            for (uint32_t index = 0; index < count; index++) {
                owned[index] += mapcp_shard_has((struct mapcp_shard){.index = index, .count = count}, path);
            }
        }
        for (uint32_t index = 0; index < count; index++) {
            CHECK(owned[index] * count > PATHS / 10 * 8 && owned[index] * count < PATHS / 10 * 12);
        }
    }
}

TEST(a_shard_divides_into_further_shards) {
    const struct mapcp_shard whole = {.index = 1, .count = 3};
    for (unsigned number = 0; number < 100; number++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "%u", number);
        unsigned owners = 0;
        for (uint32_t part = 0; part < 4; part++) {
            const struct mapcp_shard shard = {.index = whole.index + whole.count * part,
                                              .count = whole.count * 4};
            owners += mapcp_shard_has(shard, path);
        }
        CHECK(owners == mapcp_shard_has(whole, path));
    }
}

TEST(the_index_of_a_shard_must_be_below_the_count) {
    CHECK(mapcp_shard_is_valid((struct mapcp_shard){.count = 0}));
    CHECK(mapcp_shard_is_valid((struct mapcp_shard){.index = 0, .count = 1}));
    CHECK(mapcp_shard_is_valid((struct mapcp_shard){.index = 3, .count = 4}));
    CHECK(!mapcp_shard_is_valid((struct mapcp_shard){.index = 4, .count = 4}));
    CHECK(!mapcp_shard_is_valid((struct mapcp_shard){.index = 1, .count = 0}));
}
