#include "link_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// A link's text is a path, and Linux takes none that is longer.
#define LONGEST_TEXT 4096

static bool replace(struct mapcp_place target, const struct stat *status, const struct mapcp_options *options,
                    struct mapcp_temporary *temporary, struct mapcp_error *error) {
    const struct timespec times[2] = {status->st_atim, status->st_mtim};
    if (options->preserve_timestamps &&
        utimensat(temporary->directory, temporary->name, times, AT_SYMLINK_NOFOLLOW) != 0) {
        return mapcp_fail_number(error, MAPCP_SET_TIMES, MAPCP_TARGET, errno);
    }
    int number = mapcp_temporary_commit(temporary, target);
    return number == 0 || mapcp_fail_number(error, MAPCP_RENAME, MAPCP_TARGET, number);
}

bool mapcp_link_copy(struct mapcp_place source, struct mapcp_place target, const struct stat *status,
                     const struct mapcp_options *options, struct mapcp_temporary *temporary,
                     struct mapcp_namer *namer, struct mapcp_error *error) {
    char text[LONGEST_TEXT + 1];
    ssize_t length = readlinkat(source.directory, source.name, text, LONGEST_TEXT);
    if (length < 0) {
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
    }
    if (length == LONGEST_TEXT) {
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, ENAMETOOLONG);
    }
    text[length] = '\0';
    int number = mapcp_temporary_link(temporary, target, text, namer);
    if (number != 0) {
        return mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number);
    }
    return replace(target, status, options, temporary, error);
}
