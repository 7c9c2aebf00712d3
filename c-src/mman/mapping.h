#ifndef SHARED_MMAN_MAPPING_H
#define SHARED_MMAN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// A part of a file in memory, or memory without a file.
struct mapping {
    /// The program's bytes, at a multiple of the page size.
    unsigned char *bytes;
    /// The bytes as they were in the file; NULL if they are never written back. The program has written each
    /// byte that differs.
    ///
    /// A copy needs as much memory again, but unlike a checksum per page it shows single bytes and is never
    /// wrong. So two mappings or programs can change different bytes of one page, and neither undoes the
    /// other's changes.
    unsigned char *pristine;
    /// In bytes; a multiple of the page size.
    size_t length;
    /// How many of its pages are still mapped.
    size_t pages;
    /// The position in the file.
    off_t offset;
    /// The file, held, or -1 if it is no longer needed.
    int fd;
};

/// The properties of a new mapping.
struct mapping_request {
    /// A multiple of the page size.
    size_t length;
    /// Whether other programs' changes to the file must be visible.
    bool shared;
    /// Whether the program may write to it.
    bool writable;
    /// The file, or -1 for zeros.
    int fd;
    off_t offset;
};

/// Creates a mapping. Returns 0, ENOMEM, or an error of reading the file.
int mapping_new(struct mapping **mapping, const struct mapping_request *request);

/// Writes the program's changes from `start` to `end`, which are page boundaries, to the file. Unchanged
/// pages are not touched. Unchanged bytes of a changed page get the file's newest content first. Nothing is
/// written behind the end of the file: those bytes become zero.
///
/// Returns 0, or an error of reading or writing. Unwritten changes are then still changes.
int mapping_write_back(struct mapping *mapping, size_t start, size_t end);

/// Makes the system store the file's data, if the mapping may have changed them. Returns 0 or the errno.
int mapping_store(const struct mapping *mapping);

/// Reads the file again from `start` to `end`, which are page boundaries, except for bytes that the program
/// has changed. Returns 0 or an error of reading.
int mapping_refresh(struct mapping *mapping, size_t start, size_t end);

/// Frees a mapping without writing it back. NULL is allowed.
void mapping_free(struct mapping *mapping);

#endif
