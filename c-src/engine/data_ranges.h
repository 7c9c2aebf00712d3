#ifndef MAPCP_DATA_RANGES_H
#define MAPCP_DATA_RANGES_H

// What a host knows of a source: which ranges of it hold data. Everything else is zeros, which a copy need
// not read. WASI has no call for that, so the job asks the host: see mapcp_job_add_ranges.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The maximum number of ranges that are kept at a time.
#define MAPCP_MOST_RANGES 128

/// The bytes from `start` to before `end`.
struct mapcp_data_range {
    uint64_t start;
    uint64_t end;
};

/// The known part of a file.
struct mapcp_data_ranges {
    /// In order. Each begins and ends at a page of the file system, or at the end of the file.
    struct mapcp_data_range items[MAPCP_MOST_RANGES];
    size_t count;
    /// The first range that was not passed.
    size_t next;
};

/// Nothing is known.
#define MAPCP_NO_DATA_RANGES ((struct mapcp_data_ranges){.count = 0})

/// Replaces what is known: `bounds` has the start and the end of each of `count` ranges, for a file of `size`
/// bytes. Returns false and changes nothing if they are not in order, begin before `offset`, or do not reach
/// past it.
bool mapcp_data_ranges_set(struct mapcp_data_ranges *ranges, const uint64_t *bounds, size_t count,
                           uint64_t offset, uint64_t size);

/// Whether something is known about the bytes after `offset`.
bool mapcp_data_ranges_reach(const struct mapcp_data_ranges *ranges, uint64_t offset);

/// The first range that may hold data and ends after `offset`, without its part before `offset`. If nothing
/// is known there, all bytes from `offset` on. Offsets must not shrink from call to call.
struct mapcp_data_range mapcp_data_ranges_next(struct mapcp_data_ranges *ranges, uint64_t offset);

#endif
