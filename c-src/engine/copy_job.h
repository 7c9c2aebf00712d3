#ifndef MAPCP_COPY_JOB_H
#define MAPCP_COPY_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "report.h"

/// How far a job has come. What is done never shrinks.
struct mapcp_progress {
    /// Whether the job is over.
    bool done;
    /// Whether the totals are known.
    bool totals_known;
    /// Bytes copied, those of files that failed half-way among them, and to copy in all: never fewer than
    /// those. With `verify` each byte counts twice: when it is copied, and when it is compared.
    uint64_t bytes_done;
    uint64_t bytes_total;
    /// Bytes of the files that are in place.
    uint64_t bytes_in_place;
    /// Files and links that are in place, and that are to be in all.
    uint64_t files_done;
    uint64_t files_total;
    /// Directories entered.
    uint64_t directories;
    /// Entries left out: by a filter, by the policy for existing targets, or as links to be skipped.
    uint64_t skipped;
};

/// One copy, worked on in steps.
struct mapcp_job;

/// A job that will copy `source` to the path `target`; nothing is touched before the first step.
///
/// The strings are copied, those in the options too. NULL where there is no memory; otherwise to be freed
/// with mapcp_job_free.
struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options);

/// Works on until about `budget` bytes are copied or the job is done, and at least by one window or one
/// entry; an entry counts as some hundred thousand bytes.
///
/// Returns false when the job has failed: see mapcp_job_error. What was finished stays, what was not is
/// absent or as it was. After the end, good or bad, a step does nothing and returns the same again.
bool mapcp_job_step(struct mapcp_job *job, uint64_t budget);

/// How far the job has come. Borrowed from the job.
const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job);

/// The source path of the entry that the job is at. Borrowed from the job until the next step.
const char *mapcp_job_current_path(const struct mapcp_job *job);

/// Why the job failed; meaningful only after a step returned false. Borrowed from the job.
const struct mapcp_copy_error *mapcp_job_error(const struct mapcp_job *job);

/// Hands over the entries that could not be copied since the last call, and that the job went on after. To be
/// freed with mapcp_copy_errors_free.
struct mapcp_copy_errors mapcp_job_take_errors(struct mapcp_job *job);

/// Hands over the entries that were finished since the last call, where the options ask for it: files and
/// links that are in place or were left alone, and directories that were made. A step ends early rather than
/// keep more than some hundred. To be freed with mapcp_entries_free.
struct mapcp_entries mapcp_job_take_entries(struct mapcp_job *job);

/// Frees a job, and removes what it has not finished. NULL is allowed.
void mapcp_job_free(struct mapcp_job *job);

#endif
