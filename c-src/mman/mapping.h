#ifndef SHARED_MMAN_MAPPING_H
#define SHARED_MMAN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// A part of a file in memory; or memory alone.
struct mapping {
    /// The program's bytes, at a multiple of the page size.
    unsigned char *bytes;
    /// What `bytes` were when they were last the same as the file; NULL where nothing is ever written back.
    /// Where both differ, the program has written.
    ///
    /// A copy, and not a checksum for each page: it costs as much memory again, but no two contents have the
    /// same one, and it tells single bytes. So two mappings of one page, or two programs, can each change
    /// some of its bytes without undoing what the other did.
    unsigned char *pristine;
    /// How many bytes; whole pages.
    size_t length;
    /// How many of its pages the program has not unmapped.
    size_t pages;
    /// Where in the file it begins.
    off_t offset;
    /// The file, held; or -1 where it is not needed any longer.
    int fd;
};

/// What a mapping is to be.
struct mapping_wish {
    /// Whole pages.
    size_t length;
    /// Whether others' changes to the file can be seen in it.
    bool shared;
    /// Whether the program may write to it.
    bool writable;
    /// The file, or -1 for zeros.
    int fd;
    off_t offset;
};

/// Makes a mapping. Returns 0, ENOMEM, or what reading the file gives.
int mapping_new(struct mapping **mapping, const struct mapping_wish *wish);

/// Writes what the program changed from `start` to `end`, whole pages, to the file. Pages without a change
/// are not touched, nor are bytes without one: their newest content is read first. Nothing is written behind
/// the end of the file; what the program wrote there becomes zero.
///
/// Returns 0, or what reading or writing gives; then what has not been written still counts as changed.
int mapping_write_back(struct mapping *mapping, size_t start, size_t end);

/// Has the system bring the file's data to its storage, where the mapping may have changed them. Returns 0 or
/// the errno value.
int mapping_store(const struct mapping *mapping);

/// Reads the file again from `start` to `end`, whole pages, for all bytes that the program has not changed.
/// Returns 0 or what reading gives.
int mapping_refresh(struct mapping *mapping, size_t start, size_t end);

/// Frees a mapping, written back or not. NULL is allowed.
void mapping_free(struct mapping *mapping);

#endif
