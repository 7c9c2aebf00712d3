#include "times.h"

#include <fcntl.h>
#include <stddef.h>

#include "temporary.h"

#define SECOND UINT64_C(1000000000)
// The coarsest grain, which is FAT's.
#define COARSEST (2 * SECOND)
#define MICROSECOND UINT64_C(1000)

// The time that temporary files get. It is in an odd second of 2001, which every file system has, and no
// digit of its fraction is 0, so every grain shows. The fraction is 505/512, which hosts that use a double
// represent exactly.
static const struct timespec probe = {.tv_sec = 1000000001, .tv_nsec = 986328125};

/// The next coarser grain.
static uint64_t coarser(uint64_t grain) {
    return grain == SECOND ? COARSEST : grain * 10;
}

static struct timespec round_down(struct timespec time, uint64_t grain) {
    time.tv_sec -= grain == COARSEST && time.tv_sec % 2 != 0 ? 1 : 0;
    time.tv_nsec -= grain >= SECOND ? time.tv_nsec : (long)((uint64_t)time.tv_nsec % grain);
    return time;
}

static bool is_before(struct timespec one, struct timespec other) {
    return one.tv_sec != other.tv_sec ? one.tv_sec < other.tv_sec : one.tv_nsec < other.tv_nsec;
}

/// The finest grain that rounds `probe` to `found`, or 1 if there is none.
static uint64_t grain_of(struct timespec found) {
    for (uint64_t grain = 1; grain <= COARSEST; grain = coarser(grain)) {
        if (mapcp_is_same_time(round_down(probe, grain), found)) {
            return grain;
        }
    }
    return 1;
}

/// Finds the grain by giving a temporary file a time and reading it back. Returns 1, no rounding, if that
/// fails.
static uint64_t find_grain(struct mapcp_place place, struct mapcp_namer *namer) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    const struct timespec times[2] = {probe, probe};
    struct stat status;
    if (mapcp_temporary_create(&temporary, place, namer) != 0) {
        return 1;
    }
    bool is_known = futimens(temporary.descriptor, times) == 0 &&
                    fstatat(temporary.directory, temporary.name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    mapcp_temporary_drop(&temporary);
    return is_known ? grain_of(status.st_mtim) : 1;
}

/// The coarsest grain that leaves a time as it is.
static uint64_t coarsest_of(struct timespec time) {
    uint64_t grain = 1;
    while (grain < COARSEST && mapcp_is_same_time(round_down(time, coarser(grain)), time)) {
        grain = coarser(grain);
    }
    return grain;
}

static uint64_t finer_of(uint64_t one, uint64_t other) {
    return one < other ? one : other;
}

/// The nanoseconds of a time as Node sets it with libuv 1.52 and later. Node takes seconds as a double, and
/// ts/host/times.ts passes the last double that is not after the time.
static long as_node_sets(const struct timespec *time) {
    // A double has 53 bits. The seconds leave `bits` of them, which divide a second into 1 << bits parts.
    int bits = 52;
    for (uint64_t seconds = time->tv_sec > 0 ? (uint64_t)time->tv_sec : 1; seconds > 1; seconds >>= 1) {
        bits--;
    }
    bits = bits > 23 ? 23 : bits;
    uint64_t parts = ((((uint64_t)time->tv_nsec + 1) << bits) - 1) / 1000000000;
    return (long)((parts * 1000000000) >> bits);
}

/// Whether a copy of a source would have the time `found` on a file system with this grain.
///
/// Node cannot set every time. It sets an earlier one: in whole microseconds, or the nearest double.
static bool is_time_of_copy(struct timespec found, const struct timespec *source, uint64_t grain) {
    const struct timespec by_double = {.tv_sec = source->tv_sec, .tv_nsec = as_node_sets(source)};
    return mapcp_is_same_time(found, round_down(*source, grain)) ||
           mapcp_is_same_time(found, round_down(round_down(*source, MICROSECOND), grain)) ||
           mapcp_is_same_time(found, round_down(by_double, grain));
}

bool mapcp_is_later(const struct timespec *source, const struct stat *target, struct mapcp_place place,
                    struct mapcp_timekeeping *keeping) {
    const struct timespec found = target->st_mtim;
    if (!is_before(found, *source) || is_time_of_copy(found, source, 1)) {
        return false;
    }
    bool may_be_copy = false;
    for (uint64_t grain = 1; grain < COARSEST && !may_be_copy;) {
        grain = coarser(grain);
        may_be_copy = is_time_of_copy(found, source, grain);
    }
    if (!may_be_copy) {
        return true;
    }
    if (keeping->grain == 0) {
        keeping->grain = keeping->namer ? find_grain(place, keeping->namer)
                                        : finer_of(coarsest_of(found), coarsest_of(target->st_ctim));
    }
    return !is_time_of_copy(found, source, keeping->grain);
}

bool mapcp_is_other_time(struct timespec found, const struct timespec *source) {
    const int64_t coarsest = COARSEST / SECOND;
    const int64_t later = found.tv_sec - source->tv_sec;
    return later > coarsest || later < -coarsest;
}

bool mapcp_may_be_lost(const struct timespec *source) {
    // The times that every file system has, in every time zone: FAT begins in 1980, and others end in 2038.
    const int64_t first = INT64_C(315619200);
    const int64_t last = INT64_C(0x7ffffffe);
    return source->tv_sec < first || source->tv_sec > last;
}
