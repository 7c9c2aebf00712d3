#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "page_table.h"

/// The maximum size of a read or a write. It limits the buffer that a host may allocate for the call.
#define CHUNK (16 * PAGE)

/// O_APPEND as Linux has it. node:wasi reports the system's flags instead of WASI's.
#define LINUX_APPEND 0x400

/// Bytes are compared and merged in words of eight.
typedef uint64_t word;

// Holds the file's current content during a merge. The first mapping that needs it allocates it, so a
// write-back never runs out of memory.
static unsigned char *newest;

static word load(const unsigned char *place) {
    word value = 0;
    memcpy(&value, place, sizeof(value));
    return value;
}

static void store(unsigned char *place, word value) {
    memcpy(place, &value, sizeof(value));
}

/// Reads `length` bytes at `offset`, or fewer if the file ends before that. Sets `*count` to the number of
/// bytes read, and fills the rest with zeros.
static int read_at(int fd, off_t offset, unsigned char *bytes, size_t length, size_t *count) {
    *count = 0;
    while (*count < length) {
        size_t piece = length - *count < CHUNK ? length - *count : CHUNK;
        ssize_t got = pread(fd, bytes + *count, piece, offset + (off_t)*count);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        *count += got < 0 ? 0 : (size_t)got;
    }
    memset(bytes + *count, 0, length - *count);
    return 0;
}

static int write_at(int fd, off_t offset, const unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = pwrite(fd, bytes, length, offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        bytes += written;
        length -= (size_t)written;
        offset += written;
    }
    return 0;
}

/// Like write_at(), but also for a descriptor with O_APPEND, for which pwrite() ignores the offset.
static int write_in_place(int fd, off_t offset, const unsigned char *bytes, size_t length) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return errno;
    }
    if ((flags & (O_APPEND | LINUX_APPEND)) == 0) {
        return write_at(fd, offset, bytes, length);
    }
    if (fcntl(fd, F_SETFL, flags & ~O_APPEND) != 0) {
        return errno;
    }
    int error = write_at(fd, offset, bytes, length);
    if (fcntl(fd, F_SETFL, flags | O_APPEND) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

/// Allocates a mapping's memory. Holds its descriptor if the file will be read or written again.
static int allocate(struct mapping *mapping, const struct mapping_request *request) {
    if (request->fd >= 0 && request->shared) {
        if (descriptor_hold(request->fd) != 0) {
            return ENOMEM;
        }
        mapping->fd = request->fd;
        if (request->writable && !newest) {
            newest = malloc(CHUNK);
        }
        mapping->pristine = request->writable && newest ? malloc(request->length) : NULL;
        if (request->writable && !mapping->pristine) {
            return ENOMEM;
        }
    }
    mapping->bytes = aligned_alloc(PAGE, request->length);
    return mapping->bytes ? 0 : ENOMEM;
}

/// Reads a mapping's initial content.
static int fill(const struct mapping *mapping, const struct mapping_request *request) {
    if (request->fd < 0) {
        memset(mapping->bytes, 0, mapping->length);
        return 0;
    }
    size_t count = 0;
    int error = read_at(request->fd, request->offset, mapping->bytes, mapping->length, &count);
    if (error == 0 && mapping->pristine) {
        memcpy(mapping->pristine, mapping->bytes, mapping->length);
    }
    return error;
}

int mapping_new(struct mapping **mapping, const struct mapping_request *request) {
    struct mapping *made = malloc(sizeof(*made));
    if (!made) {
        return ENOMEM;
    }
    *made = (struct mapping){
        .length = request->length, .pages = request->length / PAGE, .offset = request->offset, .fd = -1};
    int error = allocate(made, request);
    if (error == 0) {
        error = fill(made, request);
    }
    if (error != 0) {
        mapping_free(made);
        return error;
    }
    *mapping = made;
    return 0;
}

/// Returns 0xff in each byte in which `one` and `other` differ, and 0 in the others.
static word differences(word one, word other) {
    const word low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    word both = one ^ other;
    word marks = (((both & low) + low) | both) & ~low;
    return (marks >> 7) * 0xff;
}

/// Whether two pages differ.
static bool differ(const unsigned char *one, const unsigned char *other) {
    for (size_t place = 0; place < PAGE; place += sizeof(word)) {
        if (load(one + place) != load(other + place)) {
            return true;
        }
    }
    return false;
}

/// The end of the run of changed pages that begins at `start`, at most `end`.
static size_t end_of_changes(const struct mapping *mapping, size_t start, size_t end) {
    while (start < end && differ(mapping->bytes + start, mapping->pristine + start)) {
        start += PAGE;
    }
    return start;
}

/// Copies a page's newest content into a mapping, except the bytes that the program has changed.
static void merge(unsigned char *bytes, unsigned char *pristine, const unsigned char *content) {
    for (size_t place = 0; place < PAGE; place += sizeof(word)) {
        word now = load(bytes + place);
        word before = load(pristine + place);
        word changed = differences(now, before);
        word others = load(content + place) & ~changed;
        store(bytes + place, (now & changed) | others);
        store(pristine + place, (before & changed) | others);
    }
}

/// Reads a chunk of the file again. Sets `*inside` to the number of its bytes that the file has. The rest
/// becomes zero, because writes past the end of the file are discarded.
static int refresh_chunk(struct mapping *mapping, size_t start, size_t length, size_t *inside) {
    off_t offset = mapping->offset + (off_t)start;
    if (!mapping->pristine) {
        return read_at(mapping->fd, offset, mapping->bytes + start, length, inside);
    }
    int error = read_at(mapping->fd, offset, newest, length, inside);
    if (error != 0) {
        return error;
    }
    memset(mapping->bytes + start + *inside, 0, length - *inside);
    memset(mapping->pristine + start + *inside, 0, length - *inside);
    for (size_t place = 0; place < length; place += PAGE) {
        // Usually no other program has changed the file, and the merge can be skipped.
        if (differ(newest + place, mapping->pristine + start + place)) {
            merge(mapping->bytes + start + place, mapping->pristine + start + place, newest + place);
        }
    }
    return 0;
}

static size_t end_of_chunk(size_t start, size_t end) {
    return end - start < CHUNK ? end : start + CHUNK;
}

int mapping_refresh(struct mapping *mapping, size_t start, size_t end) {
    int error = 0;
    while (mapping->fd >= 0 && start < end && error == 0) {
        size_t chunk_end = end_of_chunk(start, end);
        size_t inside = 0;
        error = refresh_chunk(mapping, start, chunk_end - start, &inside);
        start = chunk_end;
    }
    return error;
}

/// Writes consecutive changed pages.
static int write_changes(struct mapping *mapping, size_t start, size_t length) {
    // Write only bytes that the file still has, so a truncated file is not extended.
    size_t inside = 0;
    int error = refresh_chunk(mapping, start, length, &inside);
    if (error == 0) {
        error = write_in_place(mapping->fd, mapping->offset + (off_t)start, mapping->bytes + start, inside);
    }
    if (error == 0) {
        memcpy(mapping->pristine + start, mapping->bytes + start, length);
    }
    return error;
}

int mapping_write_back(struct mapping *mapping, size_t start, size_t end) {
    while (mapping->pristine && start < end) {
        size_t changes_end = end_of_changes(mapping, start, end_of_chunk(start, end));
        if (changes_end == start) {
            start += PAGE;
            continue;
        }
        int error = write_changes(mapping, start, changes_end - start);
        if (error != 0) {
            return error;
        }
        start = changes_end;
    }
    return 0;
}

int mapping_store(const struct mapping *mapping) {
    return mapping->pristine && fdatasync(mapping->fd) != 0 ? errno : 0;
}

void mapping_free(struct mapping *mapping) {
    if (!mapping) {
        return;
    }
    if (mapping->fd >= 0) {
        descriptor_release(mapping->fd);
    }
    free(mapping->pristine);
    free(mapping->bytes);
    free(mapping);
}
