#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static bool fail(struct mapcp_error *error, enum mapcp_operation operation, enum mapcp_code code) {
    error->operation = operation;
    error->code = code;
    error->number = 0;
    return false;
}

static bool fail_with_errno(struct mapcp_error *error, enum mapcp_operation operation) {
    int number = errno;
    fail(error, operation, mapcp_code_of(number));
    error->number = number;
    return false;
}

static bool check_type(const struct stat *status, struct mapcp_error *error) {
    if (S_ISDIR(status->st_mode)) {
        return fail(error, MAPCP_OPEN, MAPCP_IS_DIRECTORY);
    }
    if (!S_ISREG(status->st_mode)) {
        return fail(error, MAPCP_OPEN, MAPCP_NOT_REGULAR_FILE);
    }
    return true;
}

static bool is_same_file(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_unchanged(const struct stat *before, const struct stat *now) {
    return before->st_size == now->st_size && before->st_mtim.tv_sec == now->st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

bool mapcp_source_open(struct mapcp_source *source, const char *path, struct mapcp_error *error) {
    struct stat seen;
    if (stat(path, &seen) != 0) {
        return fail_with_errno(error, MAPCP_INSPECT);
    }
    if (!check_type(&seen, error)) {
        return false;
    }
    // Should a FIFO have taken the name meanwhile, O_NONBLOCK keeps its open from waiting for a writer.
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return fail_with_errno(error, MAPCP_OPEN);
    }
    source->descriptor = descriptor;
    if (fstat(descriptor, &source->status) != 0) {
        return fail_with_errno(error, MAPCP_INSPECT);
    }
    if (!check_type(&source->status, error)) {
        return false;
    }
    return is_same_file(&seen, &source->status) || fail(error, MAPCP_OPEN, MAPCP_SOURCE_CHANGED);
}

bool mapcp_source_map(const struct mapcp_source *source, uint64_t offset, size_t length,
                      struct mapcp_window *window, struct mapcp_error *error) {
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, source->descriptor, (off_t)offset);
    if (bytes == MAP_FAILED) {
        return fail_with_errno(error, MAPCP_MAP);
    }
    *window = (struct mapcp_window){.bytes = bytes, .length = length, .offset = offset};
    // Under the emulation a mapping is a read, which comes up short without a word where the file has shrunk.
    // So the status is read after the mapping, and vouches for every byte in it.
    struct stat now;
    bool known = fstat(source->descriptor, &now) == 0 || fail_with_errno(error, MAPCP_INSPECT);
    bool good =
        known && (is_unchanged(&source->status, &now) || fail(error, MAPCP_MAP, MAPCP_SOURCE_CHANGED));
    if (!good) {
        (void)munmap(bytes, length);
    }
    return good;
}

bool mapcp_source_unmap(struct mapcp_window *window, struct mapcp_error *error) {
    return munmap(window->bytes, window->length) == 0 || fail_with_errno(error, MAPCP_UNMAP);
}

bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error) {
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor < 0 || close(descriptor) == 0 || fail_with_errno(error, MAPCP_CLOSE);
}
