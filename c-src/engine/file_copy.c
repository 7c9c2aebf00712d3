#include "file_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// What a hole may be made of, in bytes: file systems do not keep smaller ones.
#define FINE_BLOCK 4096

bool mapcp_file_copy_begin(struct mapcp_file_copy *copy, struct mapcp_place target, struct mapcp_namer *namer,
                           struct mapcp_error *error) {
    copy->size = (uint64_t)copy->source.status.st_size;
    copy->copied = 0;
    copy->verified = 0;
    copy->written = 0;
    int number = mapcp_temporary_create(&copy->temporary, target, namer);
    return number == 0 || mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number);
}

bool mapcp_file_copy_is_complete(const struct mapcp_file_copy *copy, const struct mapcp_options *options) {
    return copy->copied == copy->size && (!options->verify || copy->verified == copy->size);
}

static size_t window_at(const struct mapcp_file_copy *copy, uint64_t offset,
                        const struct mapcp_options *options) {
    uint64_t left = copy->size - offset;
    return left < options->window_size ? (size_t)left : options->window_size;
}

static bool is_zero(const char *bytes, size_t length) {
    // Equal to itself moved by one byte, and the first is zero: then all are.
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/// Writes all of a range; returns 0 or the errno value.
static int write_range(int descriptor, const char *bytes, size_t length, uint64_t offset) {
    while (length > 0) {
        // pwrite, since the preview 1 adapter cuts what write gives it into pieces of 4,096 bytes.
        ssize_t count = pwrite(descriptor, bytes, length, (off_t)offset);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
            offset += (uint64_t)count;
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/// Writes a window, but for its blocks of zeros; returns 0 or the errno value.
static int write_window(struct mapcp_file_copy *copy, const struct mapcp_window *window, size_t block) {
    const char *bytes = window->bytes;
    size_t start = 0;
    for (size_t at = 0; at < window->length; at += block) {
        size_t length = window->length - at < block ? window->length - at : block;
        if (!is_zero(bytes + at, length)) {
            continue;
        }
        int number =
            write_range(copy->temporary.descriptor, bytes + start, at - start, window->offset + start);
        if (number != 0) {
            return number;
        }
        copy->written = at > start ? window->offset + at : copy->written;
        start = at + length;
    }
    size_t rest = window->length - start;
    copy->written = rest > 0 ? window->offset + window->length : copy->written;
    return write_range(copy->temporary.descriptor, bytes + start, rest, window->offset + start);
}

static bool copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                        struct mapcp_error *error) {
    struct mapcp_window window;
    size_t length = window_at(copy, copy->copied, options);
    if (!mapcp_source_map(&copy->source, copy->copied, length, &window, error)) {
        return false;
    }
    static const size_t blocks[] = {
        [MAPCP_SPARSE_AUTO] = MAPCP_PAGE,
        [MAPCP_SPARSE_ALWAYS] = FINE_BLOCK,
    };
    int number = options->sparse == MAPCP_SPARSE_NEVER
                     ? write_range(copy->temporary.descriptor, window.bytes, length, window.offset)
                     : write_window(copy, &window, blocks[options->sparse]);
    copy->written = options->sparse == MAPCP_SPARSE_NEVER ? window.offset + length : copy->written;
    bool unmapped = mapcp_unmap(&window, MAPCP_SOURCE, error);
    if (number != 0) {
        return mapcp_fail_number(error, MAPCP_WRITE, MAPCP_TARGET, number);
    }
    copy->copied += length;
    // A hole at the end is no part of the file until the file is told its size.
    if (copy->copied == copy->size && copy->written < copy->size &&
        ftruncate(copy->temporary.descriptor, (off_t)copy->size) != 0) {
        return mapcp_fail_number(error, MAPCP_WRITE, MAPCP_TARGET, errno);
    }
    return unmapped;
}

static bool compare(const struct mapcp_window *one, const struct mapcp_window *other,
                    struct mapcp_error *error) {
    return memcmp(one->bytes, other->bytes, one->length) == 0 ||
           mapcp_fail(error, MAPCP_VERIFY, MAPCP_TARGET, MAPCP_VERIFICATION_FAILED);
}

static bool verify_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                          struct mapcp_error *error) {
    struct mapcp_window expected;
    struct mapcp_window found;
    size_t length = window_at(copy, copy->verified, options);
    if (!mapcp_source_map(&copy->source, copy->verified, length, &expected, error)) {
        return false;
    }
    bool good = mapcp_map(copy->temporary.descriptor, copy->verified, length, MAPCP_TARGET, &found, error);
    if (good) {
        good = compare(&expected, &found, error);
        struct mapcp_error ignored;
        good = mapcp_unmap(&found, MAPCP_TARGET, good ? error : &ignored) && good;
    }
    struct mapcp_error ignored;
    good = mapcp_unmap(&expected, MAPCP_SOURCE, good ? error : &ignored) && good;
    copy->verified += length;
    return good;
}

bool mapcp_file_copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error) {
    return copy->copied < copy->size ? copy_window(copy, options, error)
                                     : verify_window(copy, options, error);
}

bool mapcp_file_copy_finish(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error) {
    const struct timespec times[2] = {copy->source.status.st_atim, copy->source.status.st_mtim};
    if (options->preserve_timestamps && futimens(copy->temporary.descriptor, times) != 0) {
        return mapcp_fail_number(error, MAPCP_SET_TIMES, MAPCP_TARGET, errno);
    }
    if (options->sync && fsync(copy->temporary.descriptor) != 0) {
        return mapcp_fail_number(error, MAPCP_SYNC, MAPCP_TARGET, errno);
    }
    if (!mapcp_source_close(&copy->source, error)) {
        return false;
    }
    int number = mapcp_temporary_close(&copy->temporary);
    return number == 0 || mapcp_fail_number(error, MAPCP_CLOSE, MAPCP_TARGET, number);
}

bool mapcp_file_copy_abandon(struct mapcp_file_copy *copy) {
    // What close reports concerns a copy that is being given up.
    struct mapcp_error ignored;
    (void)mapcp_source_close(&copy->source, &ignored);
    return mapcp_temporary_discard(&copy->temporary);
}
