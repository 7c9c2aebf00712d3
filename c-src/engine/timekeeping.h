#ifndef MAPCP_TIMEKEEPING_H
#define MAPCP_TIMEKEEPING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "path.h"
#include "temporary.h"

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
