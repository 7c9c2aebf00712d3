#ifndef MAPCP_TIMES_H
#define MAPCP_TIMES_H

// Times of files. Three parties limit them: WASI has no times before 1970 or after 2554, and its hosts report
// the nearest time instead. Each file system rounds times, and has a range of its own. Node sets some times a
// little too early.

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "error.h"
#include "path.h"

struct mapcp_namer;

/// The last second, in 2554, whose nanoseconds since 1970 fit into 64 bits.
#define MAPCP_LAST_SECOND INT64_C(18446744073)

/// Whether a time may be before 1970. Hosts report 0 for such a time, and some keep its fraction of a second.
static inline bool mapcp_time_may_be_earlier(const struct timespec *time) {
    return time->tv_sec <= 0;
}

/// Whether a time may be after the last one of WASI.
static inline bool mapcp_time_may_be_later(const struct timespec *time) {
    return time->tv_sec >= MAPCP_LAST_SECOND;
}

/// Whether an error means that the file system does not let times be set. The content is complete then.
static inline bool mapcp_times_are_refused(const struct mapcp_error *error) {
    return error->operation == MAPCP_OPERATION_SET_TIMES && error->number != 0 &&
           (error->code == MAPCP_CODE_NOT_PERMITTED || error->code == MAPCP_CODE_ACCESS_DENIED ||
            error->code == MAPCP_CODE_UNSUPPORTED || error->code == MAPCP_CODE_INVALID_ARGUMENT);
}

/// Whether two times are equal.
static inline bool mapcp_is_same_time(struct timespec one, struct timespec other) {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

/// How the file system of a target's directory keeps times, as temporary files in that directory show.
/// Initially only `namer` is set. A directory that the copy created has that of its parent.
struct mapcp_timekeeping {
    /// Names the temporary files. Borrowed. NULL if nothing may be written.
    struct mapcp_namer *namer;
    /// In nanoseconds: times are rounded down to multiples of this. 0 while it is unknown.
    uint64_t grain;
    /// Whether `links_refused` is known: the errno value with which the times of links cannot be set, or 0 if
    /// they can.
    bool knows_links;
    int links_refused;
};

/// Whether a source was modified later than the target at `place`, which has this status. A difference that
/// the target's file system cannot express does not count.
///
/// FAT keeps times to 2 s, exFAT to 10 ms, many network mounts to 1 s. There, a copy that keeps its source's
/// time is earlier than its source by less than the grain, and still up to date. The file system is probed
/// only if a grain could explain the difference. If nothing may be written, the target's own times decide.
bool mapcp_is_later(const struct timespec *source, const struct stat *target, struct mapcp_place place,
                    struct mapcp_timekeeping *keeping);

/// Whether the time `found` of a copy differs from its source's time by more than any grain.
bool mapcp_is_other_time(struct timespec found, const struct timespec *source);

/// Whether some file systems lack this time. A system can show such a time until the file is closed or
/// renamed.
bool mapcp_may_be_lost(const struct timespec *source);

#endif
