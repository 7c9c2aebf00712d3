#ifndef MAPCP_MADE_H
#define MAPCP_MADE_H

// The files that the jobs of one run have made, so that no job replaces a file that another one made.
//
// A file is known by its identity and not by its path, because some file systems treat different names as
// one. If somebody else replaces such a file, the new file has another identity.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "path.h"

/// The identities of a file or link that a job has made, and of its source.
struct mapcp_made_file {
    uint64_t target;
    uint64_t source;
};

/// The files of a run. Takes about 24 bytes for each. All zeros are no files.
struct mapcp_made {
    /// In the order in which they were made.
    struct mapcp_made_file *files;
    size_t count;
    size_t capacity;
    /// A hash table. Each slot has the index of a file plus one, or 0.
    uint32_t *slots;
    size_t slot_count;
};

/// The identity of a file as one number, from its device and inode number.
uint64_t mapcp_identity(const struct stat *status);

/// Identifies the file or link at `target`. A dry run makes no file, so the path `planned` stands for it;
/// otherwise that is NULL. Returns false if there is no file, or its status cannot be read.
bool mapcp_made_identify(struct mapcp_place target, const char *planned, uint64_t *number);

/// Adds a file. Returns false if memory runs out.
bool mapcp_made_add(struct mapcp_made *made, struct mapcp_made_file file);

/// Finds a file by the identity `target`. NULL if no job has made it. Borrowed until the next call that adds
/// one.
const struct mapcp_made_file *mapcp_made_find(const struct mapcp_made *made, uint64_t target);

/// Frees the list.
void mapcp_made_free(struct mapcp_made *made);

#endif
