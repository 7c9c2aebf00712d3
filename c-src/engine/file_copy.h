#ifndef MAPCP_FILE_COPY_H
#define MAPCP_FILE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "source.h"
#include "target.h"
#include "temporary.h"

/// One file on its way: written window by window to a temporary file, which then takes the target's name.
struct mapcp_file_copy {
    struct mapcp_source source;
    struct mapcp_temporary temporary;
    /// How many bytes the source has: what its status says, until its end has been read.
    uint64_t size;
    /// Whether its end has been read: then `size` is a count.
    bool ended;
    /// Whether its status says something else than what can be read from it, as in procfs and sysfs. Then it
    /// is read until there is no more.
    bool is_pseudo;
    /// Bytes taken from the source, and bytes compared with it again.
    uint64_t copied;
    uint64_t verified;
    /// The end of what was really written; behind it there is only a hole.
    uint64_t written;
};

/// A copy that holds nothing; abandoning it is harmless.
#define MAPCP_NO_FILE_COPY                                                                                   \
    ((struct mapcp_file_copy){.source = MAPCP_NO_SOURCE, .temporary = MAPCP_NO_TEMPORARY})

/// Creates the temporary file for a source that is open already. On failure returns false and sets `error`.
bool mapcp_file_copy_begin(struct mapcp_file_copy *copy, struct mapcp_place target, struct mapcp_namer *namer,
                           struct mapcp_error *error);

/// Whether all windows are done.
bool mapcp_file_copy_is_complete(const struct mapcp_file_copy *copy, const struct mapcp_options *options);

/// Copies, or then verifies, one window. On failure returns false and sets `error`.
bool mapcp_file_copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error);

/// Finishes the complete file, so that all it lacks is the target's name. On failure returns false and sets
/// `error`.
bool mapcp_file_copy_finish(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error);

/// Gives up what is held, and removes the temporary file. False when that could not be removed; see
/// mapcp_temporary_discard.
bool mapcp_file_copy_abandon(struct mapcp_file_copy *copy);

/// Puts a symbolic link with the text of the source in the target's place, on these terms.
///
/// `*skipped` says that what is there stays. On failure returns false and sets `error`. In both cases the
/// caller discards what is in `temporary`.
bool mapcp_link_copy(const struct mapcp_terms *terms, const struct mapcp_options *options,
                     struct mapcp_temporary *temporary, struct mapcp_namer *namer, bool *skipped,
                     struct mapcp_error *error);

#endif
