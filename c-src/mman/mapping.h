#ifndef SHARED_MMAN_MAPPING_H
#define SHARED_MMAN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// A part of a file in memory, or anonymous memory.
struct mapping {
    /// The program's bytes, at a multiple of the page size.
    unsigned char *bytes;
    /// The file's bytes when they were last read or written; NULL if they are never written back. The program
    /// has changed each byte of `bytes` that differs.
    ///
    /// This doubles the memory. But unlike a checksum per page, a copy shows exactly which bytes changed. So
    /// two mappings or programs can change different bytes of one page without undoing each other's changes.
    unsigned char *pristine;
    /// In bytes; a multiple of the page size.
    size_t length;
    /// The number of pages that are still mapped.
    size_t pages;
    /// The offset of its first byte in the file.
    off_t offset;
    /// The descriptor, held open (descriptor_hold), or -1 if the file is never read or written again.
    int fd;
};

/// The properties of a new mapping.
struct mapping_request {
    /// A multiple of the page size.
    size_t length;
    /// Whether it is MAP_SHARED. A private mapping never reads or writes the file again.
    bool shared;
    /// Whether the program may write to it.
    bool writable;
    /// The file's descriptor, or -1 for anonymous memory.
    int fd;
    off_t offset;
};

/// Creates a mapping, which the caller must free with mapping_free(). Returns 0, ENOMEM, or the errno of a
/// read.
int mapping_new(struct mapping **mapping, const struct mapping_request *request);

/// Writes the program's changes between `start` and `end` to the file. Both are page boundaries in the
/// mapping. Unchanged pages are not written. In a changed page, the unchanged bytes first get the file's
/// newest content. Changes past the end of the file are discarded: their bytes become zero.
///
/// Returns 0, or the errno of a read or a write. After an error, a later call retries the unwritten changes.
int mapping_write_back(struct mapping *mapping, size_t start, size_t end);

/// Flushes the file's data to storage if the mapping can have changed it. Returns 0 or the errno.
int mapping_store(const struct mapping *mapping);

/// Reads the file again between `start` and `end`, and updates all bytes that the program has not changed.
/// Both are page boundaries in the mapping. Returns 0 or the errno of a read.
int mapping_refresh(struct mapping *mapping, size_t start, size_t end);

/// Frees a mapping without writing it back. NULL is allowed.
void mapping_free(struct mapping *mapping);

#endif
