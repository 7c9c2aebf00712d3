#ifndef MAPCP_COPY_JOB_H
#define MAPCP_COPY_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/// Windows are whole pages of this many bytes: WebAssembly's page size, and a multiple of every native one.
#define MAPCP_PAGE UINT32_C(65536)
/// The window of a job that asks for none, in bytes. Smaller ones pay per call, larger ones fall out of the
/// caches.
#define MAPCP_DEFAULT_WINDOW (16 * MAPCP_PAGE)
/// The largest window that a job may ask for, in bytes: a quarter of a 32-bit address space.
#define MAPCP_LARGEST_WINDOW (16384 * MAPCP_PAGE)

/// How to copy. All zeros are the defaults.
struct mapcp_options {
    /// The most bytes that are mapped at a time; rounded up to whole pages. 0 means MAPCP_DEFAULT_WINDOW.
    uint32_t window_size;
};

/// How far a job has come. No number ever shrinks.
struct mapcp_progress {
    /// Whether the target is in place.
    bool done;
    /// Whether the totals are known.
    bool totals_known;
    uint64_t bytes_done;
    uint64_t bytes_total;
    uint64_t files_done;
    uint64_t files_total;
};

/// One copy, worked on in steps.
struct mapcp_job;

/// A job that will copy the regular file `source` to the path `target`; nothing is touched before the first
/// step.
///
/// The strings are copied. NULL where there is no memory; otherwise to be freed with mapcp_job_free.
struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options);

/// Works on until about `budget` bytes are copied or the job is done, and at least by one window.
///
/// Returns false when the job has failed: see mapcp_job_error. The target is then as it was before the job.
/// After the end, good or bad, a step does nothing and returns the same again.
bool mapcp_job_step(struct mapcp_job *job, uint64_t budget);

/// How far the job has come. Borrowed from the job.
const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job);

/// Why the job failed; meaningful only after a step returned false. Borrowed from the job.
const struct mapcp_error *mapcp_job_error(const struct mapcp_job *job);

/// Frees a job, and removes what it has not finished. NULL is allowed.
void mapcp_job_free(struct mapcp_job *job);

#endif
