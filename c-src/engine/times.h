#ifndef MAPCP_TIMES_H
#define MAPCP_TIMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "error.h"
#include "path.h"

struct mapcp_namer;

// Times that WASI does not have: before 1970, and from 2554 on. Hosts report the nearest one that it has.

// The last second whose nanoseconds since 1970 have a number of 64 bits, in 2554.
#define MAPCP_LAST_SECOND INT64_C(18446744073)

/// Whether a time may be before 1970. Hosts say 0 for that, and some keep its fraction of a second.
static inline bool mapcp_time_may_be_earlier(const struct timespec *time) {
    return time->tv_sec <= 0;
}

/// Whether a time may be after the last one of WASI.
static inline bool mapcp_time_may_be_later(const struct timespec *time) {
    return time->tv_sec >= MAPCP_LAST_SECOND;
}

/// Whether setting times failed since the file system does not let them be set. Then the content is there all
/// the same.
static inline bool mapcp_times_are_refused(const struct mapcp_error *error) {
    return error->operation == MAPCP_SET_TIMES && error->number != 0 &&
           (error->code == MAPCP_NOT_PERMITTED || error->code == MAPCP_ACCESS_DENIED ||
            error->code == MAPCP_UNSUPPORTED || error->code == MAPCP_INVALID_ARGUMENT);
}

/// How the file system of a target's directory keeps times. It shows that by temporary files in the
/// directory. All but `namer` is zero at first.
struct mapcp_timekeeping {
    /// Names the temporary files. Borrowed; NULL if nothing may be written.
    struct mapcp_namer *namer;
    /// In nanoseconds: times are rounded down to whole multiples of this. 0 until it is known.
    uint64_t grain;
    /// Whether it is known how the times of links are kept, and with which errno value setting them is
    /// refused; 0 if they are kept.
    bool knows_links;
    int links_refused;
};

/// Whether a source was modified later than the target at `place`, by what the target's file system can
/// express.
///
/// FAT keeps times to 2 s, exFAT to 10 ms, many network mounts to 1 s. A copy with its times kept is earlier
/// than its source there, by less than the grain, and is nevertheless up to date. The file system is asked
/// only if a grain could explain the difference. If nothing may be written, the target's own times decide.
bool mapcp_is_later(const struct timespec *source, const struct stat *target, struct mapcp_place place,
                    struct mapcp_timekeeping *keeping);

#endif
