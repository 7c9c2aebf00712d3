#ifndef MAPCP_TIMES_H
#define MAPCP_TIMES_H

// Times that WASI does not have: before 1970, and from 2554 on. Hosts report the nearest one that it has.

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "error.h"

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

#endif
