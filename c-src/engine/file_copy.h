#ifndef MAPCP_FILE_COPY_H
#define MAPCP_FILE_COPY_H

// The copy of one file or link. A file is written window by window to a temporary file beside the target,
// which the commit then gives the target's name. A link is made in one call.

#include <stdbool.h>
#include <stdint.h>

#include "data_ranges.h"
#include "error.h"
#include "input.h"
#include "options.h"
#include "path.h"
#include "source.h"
#include "target.h"
#include "temporary.h"

/// A file that is being copied.
struct mapcp_file_copy {
    struct mapcp_source source;
    /// The content, if it is a stream. Otherwise NULL. Borrowed.
    struct mapcp_input *stream;
    struct mapcp_temporary temporary;
    /// The amounts that the job has copied before this file. Borrowed.
    const struct mapcp_amounts *before;
    /// The number of bytes of the source: by its status, until its end was read.
    uint64_t size;
    /// Whether the source's end was read. Then `size` is the number of bytes read.
    bool ended;
    /// Whether the source's status has the wrong size, as in procfs and sysfs. Then the source is read until
    /// a read returns nothing.
    bool is_pseudo;
    /// What the host has said about the source, and whether it was asked and has not answered.
    struct mapcp_data_ranges ranges;
    bool is_asked;
    /// Bytes copied, those of them that were known to be zeros and were not read, and bytes verified.
    uint64_t copied;
    uint64_t passed;
    uint64_t verified;
    /// The checksums of the bytes that were taken from the stream, and of those that were read back.
    uint64_t copied_sum;
    uint64_t verified_sum;
    /// The end of the last byte written. Behind it, the copy has only a hole.
    uint64_t written;
};

/// A copy that has not begun. Abandoning it does nothing.
#define MAPCP_NO_FILE_COPY                                                                                   \
    ((struct mapcp_file_copy){.source = MAPCP_NO_SOURCE, .temporary = MAPCP_NO_TEMPORARY})

/// Creates the temporary file for a source that is already open, or for a stream. If `in_place`, it has the
/// target's name from the start; then only this job may see its directory. `before` are the amounts that the
/// job has already copied, for the limits. They must outlive the copy. On failure returns false and sets
/// `error`.
bool mapcp_file_copy_begin(struct mapcp_file_copy *copy, struct mapcp_place target, bool in_place,
                           const struct mapcp_amounts *before, struct mapcp_namer *namer,
                           struct mapcp_error *error);

/// Whether the next window of a stream is incomplete, and its end was not reached.
bool mapcp_file_copy_waits(const struct mapcp_file_copy *copy, const struct mapcp_options *options);

/// Whether the host must be asked, from `copied` on, which ranges of the source hold data. If the host does
/// not answer, it is not asked again.
bool mapcp_file_copy_asks(struct mapcp_file_copy *copy, const struct mapcp_options *options);

/// Takes the host's answer: see mapcp_job_add_ranges.
void mapcp_file_copy_answer(struct mapcp_file_copy *copy, const uint64_t *bounds, size_t ranges);

/// Whether all windows are copied and, if requested, verified.
bool mapcp_file_copy_is_complete(const struct mapcp_file_copy *copy, const struct mapcp_options *options);

/// Copies one window, or verifies one if all are copied. On failure returns false and sets `error`.
bool mapcp_file_copy_window(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error);

/// Finishes a complete file, which must then be committed. On failure returns false and sets `error`.
bool mapcp_file_copy_finish(struct mapcp_file_copy *copy, const struct mapcp_options *options,
                            struct mapcp_error *error);

/// Closes everything, and removes the temporary file. Returns false if the file could not be removed: see
/// mapcp_temporary_discard.
bool mapcp_file_copy_abandon(struct mapcp_file_copy *copy);

/// Reads a symbolic link. On failure, or if the options do not allow to copy it, returns false and sets
/// `error`.
bool mapcp_link_accept(const struct mapcp_terms *terms, const struct mapcp_options *options,
                       struct mapcp_link *link, struct mapcp_error *error);

/// Copies a symbolic link with its text, and commits it. Sets `*skipped` if the target stays. On failure
/// returns false and sets `error`. If it failed or skipped, the caller must discard `temporary`.
bool mapcp_link_copy(const struct mapcp_terms *terms, const struct mapcp_options *options,
                     struct mapcp_temporary *temporary, struct mapcp_namer *namer, bool *skipped,
                     struct mapcp_error *error);

#endif
