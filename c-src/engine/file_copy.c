#include "file_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "limits.h"
#include "window.h"

// The smallest hole, in bytes. File systems do not keep smaller ones.
#define FINE_BLOCK 4096

// The least number of bytes that are left of a source if the host is asked about it. Fewer are read as fast.
#define LEAST_ASKED (UINT64_C(4) * 1024 * 1024)

/// Fails with the errno value of making something under its own name in a private tree. Always returns false.
static bool fail_in_place(struct mapcp_place target, struct mapcp_namer *namer, int number,
                          struct mapcp_error *error) {
    if (number == EEXIST) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
    }
    return mapcp_fail_to_create(target, namer, number, error);
}

bool mapcp_file_copy_begin(struct mapcp_file_copy *copy, struct mapcp_place target, bool in_place,
                           const struct mapcp_amounts *before, struct mapcp_namer *namer,
                           struct mapcp_error *error) {
    copy->before = before;
    copy->size = (uint64_t)copy->source.status.st_size;
    copy->ended = false;
    copy->is_pseudo = false;
    copy->ranges = MAPCP_NO_DATA_RANGES;
    copy->is_asked = false;
    copy->copied = 0;
    copy->passed = 0;
    copy->verified = 0;
    copy->copied_sum = 0;
    copy->verified_sum = 0;
    copy->written = 0;
    int number = in_place ? mapcp_temporary_create_in_place(&copy->temporary, target)
                          : mapcp_temporary_create(&copy->temporary, target, namer);
    if (number != 0 && in_place) {
        return fail_in_place(target, namer, number, error);
    }
    return number == 0 || mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

bool mapcp_file_copy_waits(const struct mapcp_file_copy *copy, const struct mapcp_options *options) {
    const struct mapcp_input *stream = copy->stream;
    return stream && !copy->ended && !stream->ended && stream->length < options->window_size;
}

bool mapcp_file_copy_asks(struct mapcp_file_copy *copy, const struct mapcp_options *options) {
    if (!options->knows_ranges || options->sparse == MAPCP_SPARSE_NEVER || copy->stream || copy->ended ||
        copy->is_pseudo || copy->is_asked || copy->size - copy->copied < LEAST_ASKED ||
        mapcp_data_ranges_reach(&copy->ranges, copy->copied)) {
        return false;
    }
    copy->is_asked = true;
    return true;
}

void mapcp_file_copy_answer(struct mapcp_file_copy *copy, const uint64_t *bounds, size_t ranges) {
    copy->is_asked = !mapcp_data_ranges_set(&copy->ranges, bounds, ranges, copy->copied, copy->size);
}

bool mapcp_file_copy_is_complete(const struct mapcp_file_copy *copy, const struct mapcp_options *options) {
    return copy->ended && (!options->verify || copy->verified == copy->size);
}

/// The number of bytes that a window at `offset` should have, by the size. 0 for an empty file.
static size_t window_at(const struct mapcp_file_copy *copy, uint64_t offset,
                        const struct mapcp_options *options) {
    uint64_t left = copy->size - offset;
    return left < options->window_size ? (size_t)left : options->window_size;
}

static bool fail_as_changed(const struct mapcp_options *options, struct mapcp_error *error) {
    // Otherwise the reason advises `allow-changes`.
    return mapcp_fail_because(error, MAPCP_OPERATION_MAP, MAPCP_SIDE_SOURCE, MAPCP_CODE_SOURCE_CHANGED,
                              options->allow_changes ? MAPCP_CHANGED : NULL);
}

/// Refuses a source that has changed since it was opened. This reads the status after the bytes, so it
/// vouches for all bytes read so far.
static bool check_unchanged(const struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error) {
    enum mapcp_change change = MAPCP_CHANGE_SHORTENED;
    // A stream has no status, and each of its bytes is taken once.
    return copy->stream ||
           (mapcp_source_compare(&copy->source, &change, error) &&
            (change == MAPCP_CHANGE_NONE || (change == MAPCP_CHANGE_WRITTEN && options->allow_changes) ||
             fail_as_changed(options, error)));
}

/// Decides about a window with more or fewer than the `expected` bytes. Cuts off what must not be copied.
static bool accept_end(struct mapcp_file_copy *copy, struct mapcp_window *window, size_t expected,
                       const struct mapcp_options *options, struct mapcp_error *error) {
    enum mapcp_change change = MAPCP_CHANGE_SHORTENED;
    if (!mapcp_source_compare(&copy->source, &change, error)) {
        return false;
    }
    if (change == MAPCP_CHANGE_NONE) {
        // The status does not describe the content. Read the source until a read returns nothing.
        copy->is_pseudo = true;
        window->length = 0;
        return true;
    }
    if (change == MAPCP_CHANGE_WRITTEN && options->allow_changes && window->length > expected) {
        copy->ended = true;
        window->length = expected;
        return true;
    }
    return fail_as_changed(options, error);
}

static bool fail_by_size(const char *because, struct mapcp_error *error) {
    return mapcp_fail_because(error, MAPCP_OPERATION_READ, MAPCP_SIDE_SOURCE, MAPCP_CODE_SOURCE_CHANGED,
                              because);
}

/// Takes the next window of a stream, and finds out whether it is the last. The bytes stay the stream's.
static bool take_stream(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                        struct mapcp_window *window, struct mapcp_error *error) {
    struct mapcp_input *stream = copy->stream;
    const size_t length = stream->length < options->window_size ? stream->length : options->window_size;
    copy->ended = stream->ended && length == stream->length;
    if (options->has_size && length > options->size - copy->copied) {
        return fail_by_size("the stream has more bytes than its size says", error);
    }
    if (options->has_size && copy->ended && copy->copied + length < options->size) {
        return fail_by_size("the stream ended before it had as many bytes as its size says", error);
    }
    *window = (struct mapcp_window){.bytes = stream->bytes, .length = length, .offset = copy->copied};
    copy->copied_sum = options->verify ? mapcp_checksum_add(copy->copied_sum, stream->bytes, length) : 0;
    mapcp_input_take(stream, length);
    return true;
}

/// Maps the next window of the source, and finds out whether it is the last.
static bool map_source(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                       struct mapcp_window *window, struct mapcp_error *error) {
    size_t expected = window_at(copy, copy->copied, options);
    if (!copy->is_pseudo) {
        const struct mapcp_data_range data = mapcp_data_ranges_next(&copy->ranges, copy->copied);
        copy->passed += data.start - copy->copied;
        copy->copied = data.start;
        expected = window_at(copy, copy->copied, options);
        expected = data.end - data.start < expected ? (size_t)(data.end - data.start) : expected;
    }
    // The additional byte shows whether the file goes on. A pseudo file is only read forwards, because procfs
    // starts again if a read goes back.
    size_t length = copy->is_pseudo ? options->window_size : expected + 1;
    if (!mapcp_map(copy->source.descriptor, copy->copied, length, MAPCP_SIDE_SOURCE, window, error)) {
        return false;
    }
    bool is_last = copy->copied + expected == copy->size;
    if (copy->is_pseudo) {
        copy->ended = window->length == 0;
        return true;
    }
    if (window->length == (is_last ? expected : expected + 1)) {
        copy->ended = is_last;
        window->length = expected;
        return true;
    }
    if (accept_end(copy, window, expected, options, error)) {
        return true;
    }
    struct mapcp_error ignored;
    (void)mapcp_unmap(window, MAPCP_SIDE_SOURCE, &ignored);
    return false;
}

static bool is_zero(const char *bytes, size_t length) {
    // All bytes are zero if the first is, and each equals the next.
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/// Writes a whole range. Returns 0 or the errno value.
static int write_range(int descriptor, const char *bytes, size_t length, uint64_t offset) {
    while (length > 0) {
        // The preview 1 adapter divides a write() into pieces of 4,096 bytes, but not a pwrite().
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

/// Writes a window except its blocks of zeros. Returns 0 or the errno value.
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

/// Gives the copy its size, if it ends in a hole. Some FUSE file systems report success without doing it,
/// mostly for sizes that they cannot have.
static bool set_size(const struct mapcp_file_copy *copy, struct mapcp_error *error) {
    const int descriptor = copy->temporary.descriptor;
    struct stat status;
    if (ftruncate(descriptor, (off_t)copy->size) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_WRITE, MAPCP_SIDE_TARGET, errno);
    }
    if (fstat(descriptor, &status) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    return (uint64_t)status.st_size == copy->size ||
           mapcp_fail_because(error, MAPCP_OPERATION_WRITE, MAPCP_SIDE_TARGET, MAPCP_CODE_IO,
                              "the file system does not give it its size, which may be too large there");
}

static bool copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                        struct mapcp_error *error) {
    struct mapcp_window window = {.length = 0};
    if (!(copy->stream ? take_stream : map_source)(copy, options, &window, error)) {
        return false;
    }
    // The file can have more bytes than its status says.
    if (!mapcp_limits_allow_size(options, copy->before, copy->copied + window.length, error)) {
        struct mapcp_error ignored;
        (void)(copy->stream || mapcp_unmap(&window, MAPCP_SIDE_SOURCE, &ignored));
        return false;
    }
    static const size_t blocks[] = {
        [MAPCP_SPARSE_AUTO] = MAPCP_PAGE,
        [MAPCP_SPARSE_ALWAYS] = FINE_BLOCK,
    };
    int number = options->sparse == MAPCP_SPARSE_NEVER
                     ? write_range(copy->temporary.descriptor, window.bytes, window.length, window.offset)
                     : write_window(copy, &window, blocks[options->sparse]);
    copy->copied += window.length;
    copy->written = options->sparse == MAPCP_SPARSE_NEVER ? copy->copied : copy->written;
    copy->size = copy->ended || copy->copied > copy->size ? copy->copied : copy->size;
    bool unmapped = copy->stream || mapcp_unmap(&window, MAPCP_SIDE_SOURCE, error);
    if (number != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_WRITE, MAPCP_SIDE_TARGET, number);
    }
    return (!copy->ended || copy->written == copy->size || set_size(copy, error)) && unmapped;
}

/// Compares the first `length` bytes of a window of the source with the copy.
static bool compare(const struct mapcp_file_copy *copy, const struct mapcp_window *expected, size_t length,
                    const struct mapcp_options *options, struct mapcp_error *error) {
    struct mapcp_window found;
    if (!mapcp_map(copy->temporary.descriptor, expected->offset, length + 1, MAPCP_SIDE_TARGET, &found,
                   error)) {
        return false;
    }
    // If they differ and the source has visibly changed, the change is the error.
    bool good =
        (found.length >= length && memcmp(expected->bytes, found.bytes, length) == 0) ||
        (check_unchanged(copy, options, error) &&
         mapcp_fail(error, MAPCP_OPERATION_VERIFY, MAPCP_SIDE_TARGET, MAPCP_CODE_VERIFICATION_FAILED));
    struct mapcp_error ignored;
    return mapcp_unmap(&found, MAPCP_SIDE_TARGET, good ? error : &ignored) && good;
}

/// Reads a window of the source again and compares it with the copy. If no window differs, the source had all
/// of this content at one moment: after the first reading and before the second.
static bool verify_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                          struct mapcp_error *error) {
    struct mapcp_window expected;
    size_t length = window_at(copy, copy->verified, options);
    if (!mapcp_map(copy->source.descriptor, copy->verified, length + 1, MAPCP_SIDE_SOURCE, &expected,
                   error)) {
        return false;
    }
    bool is_last = copy->verified + length == copy->size;
    bool is_longer = is_last && expected.length > length && !options->allow_changes;
    bool good = (expected.length >= length && !is_longer) || fail_as_changed(options, error);
    good = good && compare(copy, &expected, length, options, error);
    struct mapcp_error ignored;
    good = mapcp_unmap(&expected, MAPCP_SIDE_SOURCE, good ? error : &ignored) && good;
    copy->verified += length;
    return good;
}

/// Reads a window of the copy of a stream, and compares the checksums after the last one.
static bool verify_stream(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                          struct mapcp_error *error) {
    struct mapcp_window found;
    const size_t length = window_at(copy, copy->verified, options);
    if (!mapcp_map(copy->temporary.descriptor, copy->verified, length + 1, MAPCP_SIDE_TARGET, &found,
                   error)) {
        return false;
    }
    copy->verified += length;
    const bool is_last = copy->verified == copy->size;
    bool good = is_last ? found.length == length : found.length >= length;
    if (good) {
        copy->verified_sum = mapcp_checksum_add(copy->verified_sum, found.bytes, length);
        good = !is_last || copy->verified_sum == copy->copied_sum;
    }
    good =
        good || mapcp_fail(error, MAPCP_OPERATION_VERIFY, MAPCP_SIDE_TARGET, MAPCP_CODE_VERIFICATION_FAILED);
    struct mapcp_error ignored;
    return mapcp_unmap(&found, MAPCP_SIDE_TARGET, good ? error : &ignored) && good;
}

bool mapcp_file_copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error) {
    bool good = !copy->ended   ? copy_window(copy, options, error)
                : copy->stream ? verify_stream(copy, options, error)
                               : verify_window(copy, options, error);
    // After the last window, the check comes right before the commit.
    return good && (mapcp_file_copy_is_complete(copy, options) || check_unchanged(copy, options, error));
}

/// Checks that a closed file has all its bytes. Network mounts can lose some when a file is closed.
static bool confirm_size(const struct mapcp_file_copy *copy, struct mapcp_error *error) {
    const struct mapcp_temporary *temporary = &copy->temporary;
    struct stat status;
    if (fstatat(temporary->directory, temporary->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    return (uint64_t)status.st_size == copy->size ||
           mapcp_fail_because(error, MAPCP_OPERATION_CLOSE, MAPCP_SIDE_TARGET, MAPCP_CODE_IO,
                              "the file system has lost some of its bytes, and may be full");
}

bool mapcp_file_copy_finish(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error) {
    if (options->preserve_timestamps &&
        !mapcp_temporary_set_times(&copy->temporary, &copy->source.status, error)) {
        return false;
    }
    if (options->sync && fsync(copy->temporary.descriptor) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_SYNC, MAPCP_SIDE_TARGET, errno);
    }
    if (!check_unchanged(copy, options, error) || !mapcp_source_close(&copy->source, error)) {
        return false;
    }
    int number = mapcp_temporary_close(&copy->temporary);
    return number == 0 ? !options->confirm_size || confirm_size(copy, error)
                       : mapcp_fail_number(error, MAPCP_OPERATION_CLOSE, MAPCP_SIDE_TARGET, number);
}

bool mapcp_file_copy_abandon(struct mapcp_file_copy *copy) {
    // The copy is discarded, so an error from close does not matter.
    struct mapcp_error ignored;
    (void)mapcp_source_close(&copy->source, &ignored);
    return mapcp_temporary_discard(&copy->temporary);
}

// --- Links -------------------------------------------------------------------------------------------------

// A name that no file has.
#define NOWHERE ".mapcp-nowhere"

#define OTHER_WAYS "copy what they lead to, with `symlinks=follow`, or leave them out, with `symlinks=skip`"

static const char NO_LINKS[] = "the target's file system has no symbolic links; " OTHER_WAYS;

static const char NO_ABSOLUTE_LINKS[] =
    "the host or the target's file system does not permit this absolute link; "
    "leave it out, with `symlinks=skip`";

static const char MAY_LACK_LINKS[] =
    "input/output error; perhaps the target's file system has no symbolic links; if so, " OTHER_WAYS;

/// Fails with the errno value of making a link. Always returns false. FAT and exFAT have no links, and report
/// this as not permitted, as unsupported or, in wasmtime, as an input/output error. It is the likely reason
/// if a file can be made.
static bool fail_to_link(struct mapcp_place target, const char *text, struct mapcp_namer *namer, int number,
                         struct mapcp_error *error) {
    mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
    bool may_lack_links = error->code == MAPCP_CODE_NOT_PERMITTED || error->code == MAPCP_CODE_UNSUPPORTED ||
                          error->code == MAPCP_CODE_IO;
    if (error->code == MAPCP_CODE_NOT_PERMITTED && text[0] == '/') {
        error->because = NO_ABSOLUTE_LINKS;
    } else if (may_lack_links && text[0] != '/' && mapcp_temporary_can_be_made(target, namer)) {
        error->because = error->code == MAPCP_CODE_IO ? MAY_LACK_LINKS : NO_LINKS;
    }
    return false;
}

/// Finds out whether the target's file system can set the times of links. Some, such as sshfs, set the times
/// of the link's destination instead, which may be anywhere. So this tries a link that leads nowhere.
static bool find_link_times(const struct mapcp_terms *terms, struct mapcp_temporary *temporary,
                            struct mapcp_namer *namer, struct mapcp_error *error) {
    struct mapcp_timekeeping *keeping = terms->policy.keeping;
    if (keeping->knows_links) {
        return true;
    }
    int number = mapcp_temporary_link(temporary, terms->target, NOWHERE, namer);
    if (number != 0) {
        return fail_to_link(terms->target, NOWHERE, namer, number, error);
    }
    bool is_set = mapcp_temporary_set_times(temporary, terms->source_status, error);
    if (!is_set && error->number != ENOENT) {
        return false;
    }
    keeping->knows_links = true;
    keeping->links_refused = is_set ? temporary->times_refused : ENOTSUP;
    return mapcp_temporary_discard(temporary) ||
           mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, errno);
}

bool mapcp_link_accept(const struct mapcp_terms *terms, const struct mapcp_options *options,
                       struct mapcp_link *link, struct mapcp_error *error) {
    return mapcp_read_link(terms->source, link, error) &&
           (options->symlinks != MAPCP_SYMLINKS_CONTAINED ||
            mapcp_link_is_contained(link->text, terms->depth) ||
            mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, MAPCP_CODE_LINK_LEADS_OUT));
}

bool mapcp_link_copy(const struct mapcp_terms *terms, const struct mapcp_options *options,
                     struct mapcp_temporary *temporary, struct mapcp_namer *namer, bool *skipped,
                     struct mapcp_error *error) {
    struct mapcp_link link;
    const char *text = link.text;
    *skipped = false;
    if (!mapcp_link_accept(terms, options, &link, error)) {
        return false;
    }
    // A link that needs no times is complete when it is made, and fails if the name is taken.
    if (terms->decision == MAPCP_DECISION_NEW && !options->preserve_timestamps) {
        if (symlinkat(text, terms->target.directory, terms->target.name) == 0) {
            if (terms->siblings) {
                mapcp_siblings_add(terms->siblings, terms->target.name);
            }
            return true;
        }
        // These errors can be about the link or about its name. A temporary name shows which.
        if (errno != EEXIST && errno != ENOENT && errno != EINVAL) {
            return fail_to_link(terms->target, text, namer, errno, error);
        }
    }
    if (options->preserve_timestamps && !find_link_times(terms, temporary, namer, error)) {
        return false;
    }
    int number = terms->in_place ? mapcp_temporary_link_in_place(temporary, terms->target, text)
                                 : mapcp_temporary_link(temporary, terms->target, text, namer);
    if (number != 0 && terms->in_place && (number == EEXIST || number == ENOENT || number == EINVAL)) {
        return fail_in_place(terms->target, namer, number, error);
    }
    if (number != 0) {
        return fail_to_link(terms->target, text, namer, number, error);
    }
    if (options->preserve_timestamps) {
        temporary->times_refused = terms->policy.keeping->links_refused;
        if (temporary->times_refused == 0 &&
            !mapcp_temporary_set_times(temporary, terms->source_status, error)) {
            return false;
        }
    }
    return mapcp_commit(temporary, terms, skipped, error);
}
