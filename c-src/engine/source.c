#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
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

bool mapcp_source_look(struct mapcp_place place, bool follow, struct stat *status,
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

static bool is_unchanged(const struct stat *before, const struct stat *now) {
    return before->st_size == now->st_size && before->st_mtim.tv_sec == now->st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
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

bool mapcp_map(int descriptor, uint64_t offset, size_t length, enum mapcp_side side,
               struct mapcp_window *window, struct mapcp_error *error) {
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, (off_t)offset);
    if (bytes == MAP_FAILED) {
        return mapcp_fail_number(error, MAPCP_MAP, side, errno);
    }
    *window = (struct mapcp_window){.bytes = bytes, .length = length, .offset = offset};
    return true;
}

bool mapcp_source_map(const struct mapcp_source *source, uint64_t offset, size_t length,
                      struct mapcp_window *window, struct mapcp_error *error) {
    if (!mapcp_map(source->descriptor, offset, length, MAPCP_SOURCE, window, error)) {
        return false;
    }
    // Under the emulation a mapping is a read, which comes up short without a word where the file has shrunk.
    // So the status is read after the mapping, and vouches for every byte in it.
    struct stat now;
    bool good =
        fstat(source->descriptor, &now) == 0 || mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
    good = good && (is_unchanged(&source->status, &now) ||
                    mapcp_fail(error, MAPCP_MAP, MAPCP_SOURCE, MAPCP_SOURCE_CHANGED));
    if (!good) {
        (void)munmap(window->bytes, window->length);
    }
    return good;
}

bool mapcp_unmap(const struct mapcp_window *window, enum mapcp_side side, struct mapcp_error *error) {
    return munmap(window->bytes, window->length) == 0 || mapcp_fail_number(error, MAPCP_UNMAP, side, errno);
}

bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error) {
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor < 0 || close(descriptor) == 0 ||
           mapcp_fail_number(error, MAPCP_CLOSE, MAPCP_SOURCE, errno);
}
