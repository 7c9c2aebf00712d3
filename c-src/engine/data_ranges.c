#include "data_ranges.h"

// Windows begin at multiples of it, because mmap() needs that natively.
#define BLOCK 4096

static uint64_t min(uint64_t one, uint64_t other) {
    return one < other ? one : other;
}

/// The end of the block that `offset` is in, at most `size`.
static uint64_t round_up(uint64_t offset, uint64_t size) {
    const uint64_t more = offset % BLOCK == 0 ? 0 : BLOCK - offset % BLOCK;
    return more < size - offset ? offset + more : size;
}

static bool are_in_order(const uint64_t *bounds, size_t count, uint64_t offset) {
    for (size_t index = 0; index < 2 * count; index++) {
        if (bounds[index] < offset) {
            return false;
        }
        offset = bounds[index];
    }
    return true;
}

bool mapcp_data_ranges_set(struct mapcp_data_ranges *ranges, const uint64_t *bounds, size_t count,
                           uint64_t offset, uint64_t size) {
    count = count < MAPCP_MOST_RANGES ? count : MAPCP_MOST_RANGES;
    if (count == 0 || !are_in_order(bounds, count, offset) || min(bounds[2 * count - 1], size) <= offset) {
        return false;
    }
    ranges->count = count;
    ranges->next = 0;
    for (size_t index = 0; index < count; index++) {
        const uint64_t start = min(bounds[2 * index], size);
        const uint64_t end = min(bounds[2 * index + 1], size);
        ranges->items[index] =
            (struct mapcp_data_range){.start = start - start % BLOCK, .end = round_up(end, size)};
    }
    return true;
}

bool mapcp_data_ranges_reach(const struct mapcp_data_ranges *ranges, uint64_t offset) {
    return ranges->count > 0 && ranges->items[ranges->count - 1].end > offset;
}

struct mapcp_data_range mapcp_data_ranges_next(struct mapcp_data_ranges *ranges, uint64_t offset) {
    while (ranges->next < ranges->count && ranges->items[ranges->next].end <= offset) {
        ranges->next++;
    }
    if (ranges->next == ranges->count) {
        return (struct mapcp_data_range){.start = offset, .end = UINT64_MAX};
    }
    const struct mapcp_data_range range = ranges->items[ranges->next];
    return (struct mapcp_data_range){.start = range.start < offset ? offset : range.start, .end = range.end};
}
