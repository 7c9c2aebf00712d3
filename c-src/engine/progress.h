#ifndef MAPCP_PROGRESS_H
#define MAPCP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/// The progress of a job. No count of finished work shrinks while the job runs.
struct mapcp_progress {
    /// Whether the job is done.
    bool done;
    /// Whether the job needs more input. Until the host passes some, a step does nothing.
    bool waits;
    /// Whether the job asks which ranges of a source hold data, the inode number of that file, and the first
    /// offset that it asks about: see mapcp_job_add_ranges.
    bool asks;
    uint64_t asked_file;
    uint64_t asked_offset;
    /// Whether the totals are known.
    bool totals_known;
    /// Bytes copied, including those of files that failed half-way, and bytes to copy in all. The total is
    /// never smaller. With `verify` each byte counts twice: when it is copied, and when it is compared.
    uint64_t bytes_done;
    uint64_t bytes_total;
    /// Bytes of the files that are in place.
    uint64_t bytes_in_place;
    /// Files and links that are in place, and their number in all.
    uint64_t files_done;
    uint64_t files_total;
    /// Directories entered.
    uint64_t directories;
    /// Entries left out because of a pattern, an existing target, or the policy for links.
    uint64_t skipped;
};

/// Raises a count, at most to UINT64_MAX: sparse files can claim any number of bytes.
void mapcp_count(uint64_t *count, uint64_t amount);

/// Lowers a count, at most to 0.
void mapcp_uncount(uint64_t *count, uint64_t amount);

/// Raises the totals to the amounts that are done, if a tree has grown since it was measured.
void mapcp_progress_raise_totals(struct mapcp_progress *progress);

/// Completes the progress of a job that has succeeded.
void mapcp_progress_end(struct mapcp_progress *progress);

#endif
