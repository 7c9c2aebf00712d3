#ifndef MAPCP_HARD_LINKS_H
#define MAPCP_HARD_LINKS_H

// Source files that have several names, so that their copy gets as many names.
//
// A file is remembered when its first name is copied, and forgotten when all its names were seen. So memory
// grows only with files that have more than one name. A file that has names outside the tree is never
// forgotten.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "target.h"
#include "temporary.h"

/// A file with several names whose first name was copied.
struct mapcp_hard_link {
    /// The statuses of the source and of its copy when the copy was complete.
    struct stat source;
    struct stat target;
    /// The path of the copy below the target's root. Owned.
    char *path;
    /// The number of names of the source that were not seen.
    uint64_t left;
};

/// The files of a job. All zeros are none.
struct mapcp_hard_links {
    /// A hash table of pointers, with linear probing. Owned.
    struct mapcp_hard_link **slots;
    size_t slot_count;
    size_t count;
    /// Whether the target's file system, or the host, has no hard links.
    bool are_unsupported;
    /// The errno value with which a hard link to the current entry was refused, or 0.
    int refused;
    /// Whether the job has warned of a refused link.
    bool has_warned;
};

/// Finds a file by its source. NULL if it is not there. Borrowed until the next call that changes the table.
struct mapcp_hard_link *mapcp_hard_links_find(const struct mapcp_hard_links *links,
                                              const struct stat *source);

/// Adds a file, or replaces it. Copies `path`. Returns false if memory runs out.
bool mapcp_hard_links_add(struct mapcp_hard_links *links, const struct stat *source,
                          const struct stat *target, const char *path);

/// Counts one more name of a file as seen, and forgets the file after the last.
void mapcp_hard_links_see(struct mapcp_hard_links *links, struct mapcp_hard_link *link);

/// The result of an attempt to make a hard link.
enum mapcp_hard_link_result {
    /// The link is made, and must be committed.
    MAPCP_HARD_LINK_MADE,
    /// The file must be copied again: its copy was replaced or removed, or the link was refused.
    MAPCP_HARD_LINK_IMPOSSIBLE,
    /// `error` is set.
    MAPCP_HARD_LINK_FAILED,
};

/// Makes the target of `terms` another name of the copy that `link` describes. `root` is the open root of the
/// target. Sets `refused` if the link was refused.
enum mapcp_hard_link_result mapcp_hard_links_make(struct mapcp_hard_links *links,
                                                  const struct mapcp_hard_link *link, int root,
                                                  const struct mapcp_terms *terms,
                                                  struct mapcp_temporary *temporary,
                                                  struct mapcp_namer *namer, struct mapcp_error *error);

/// Frees everything.
void mapcp_hard_links_free(struct mapcp_hard_links *links);

#endif
