#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "path.h"

static const char LEADS_OUT[] =
    "it is a link that leads out of the sandbox; copy what it leads to by its own path, "
    "or the link itself (-P)";

bool mapcp_source_check(const struct stat *status, struct mapcp_error *error) {
    if (S_ISDIR(status->st_mode)) {
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_IS_DIRECTORY);
    }
    return S_ISREG(status->st_mode) || mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_NOT_REGULAR_FILE);
}

bool mapcp_stat_source(struct mapcp_place place, bool follow, struct stat *status,
                       struct mapcp_error *error) {
    const int flags = follow || mapcp_path_enters(place.name) ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(place.directory, place.name, status, flags) == 0) {
        return true;
    }
    mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
    struct stat link;
    if (follow && fstatat(place.directory, place.name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(link.st_mode)) {
        error->because = error->code == MAPCP_NOT_PERMITTED  ? LEADS_OUT
                         : error->code == MAPCP_INVALID_NAME ? MAPCP_INVALID_TEXT
                                                             : NULL;
    }
    return false;
}

bool mapcp_source_open(struct mapcp_source *source, struct mapcp_place place, bool follow,
                       struct mapcp_error *error) {
    // Should a FIFO have taken the name meanwhile, O_NONBLOCK keeps its open from waiting for a writer.
    const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
    source->descriptor = openat(place.directory, place.name, flags);
    if (source->descriptor < 0) {
        return mapcp_fail_number(error, MAPCP_OPEN, MAPCP_SOURCE, errno);
    }
    if (fstat(source->descriptor, &source->status) != 0) {
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
    }
    return mapcp_source_check(&source->status, error);
}

static bool is_same_time(struct timespec one, struct timespec other) {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

static bool is_unchanged(const struct stat *before, const struct stat *now) {
    // A name more or less changes the time of the status, and nothing that is copied.
    bool has_same_names = before->st_nlink == now->st_nlink;
    return before->st_size == now->st_size && is_same_time(before->st_mtim, now->st_mtim) &&
           (!has_same_names || is_same_time(before->st_ctim, now->st_ctim));
}

bool mapcp_source_compare(const struct mapcp_source *source, enum mapcp_change *change,
                          struct mapcp_error *error) {
    struct stat now;
    if (fstat(source->descriptor, &now) != 0) {
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
    }
    *change = is_unchanged(&source->status, &now)     ? MAPCP_UNCHANGED
              : now.st_size >= source->status.st_size ? MAPCP_WRITTEN_TO
                                                      : MAPCP_SHORTENED;
    return true;
}

bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error) {
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor < 0 || close(descriptor) == 0 ||
           mapcp_fail_number(error, MAPCP_CLOSE, MAPCP_SOURCE, errno);
}
