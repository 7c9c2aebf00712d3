#ifndef MAPCP_MADE_H
#define MAPCP_MADE_H

// The files that the jobs of one run have made, so that no job replaces a file that another one made.
//
// A file is known by its identity, because different names can lead to it. But through FUSE, each spelling of
// a name can have an identity of its own, and an identity can change while the file stays. So the file is
// also known by a key of its path, which is equal for all spellings: see mapcp_spelling_key.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "path.h"

/// The identities of a file or link that a job has made and of its source, and the key of its path.
struct mapcp_made_file {
    uint64_t target;
    uint64_t source;
    uint64_t key;
};

/// The files of a run. Takes about 40 bytes for each. All zeros are no files.
struct mapcp_made {
    /// In the order in which they were made.
    struct mapcp_made_file *files;
    size_t count;
    size_t capacity;
    /// A hash table that has each file twice: by its identity and by its key. Each slot has the index of a
    /// file plus one, or 0.
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

/// Finds a file by the key of its path. It may be another file with a similar name: see mapcp_alias_is_made.
/// NULL if there is none. Borrowed, as from mapcp_made_find.
const struct mapcp_made_file *mapcp_made_find_key(const struct mapcp_made *made, uint64_t key);

/// The directory that gets the copies of a run. All zeros mean that it was not inspected yet.
struct mapcp_made_directory {
    bool is_known;
    uint64_t identity;
    /// The length of its path in the paths of the job's targets.
    size_t length;
};

/// The key of `target`, a path in the directory that gets the copies: the job's own target, or a path below
/// it. `is_itself` means that the job's target is that directory. Inspects the directory once.
uint64_t mapcp_made_key(struct mapcp_made_directory *directory, const char *job_target, bool is_itself,
                        const char *target);

/// Frees the list.
void mapcp_made_free(struct mapcp_made *made);

#endif
