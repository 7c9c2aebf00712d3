#ifndef MAPCP_COPY_JOB_H
#define MAPCP_COPY_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "progress.h"
#include "report.h"

/// A copy that is made in steps.
struct mapcp_job;

/// A job that will copy `source` to the path `target`. The first step begins.
///
/// Copies its arguments, including the strings in the options. Returns NULL if memory runs out. Otherwise the
/// job must be freed with mapcp_job_free.
struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options);

/// Works until about `budget` bytes are copied or the job is done, but at least on one window or one entry.
/// An entry counts as 262,144 bytes besides its own.
///
/// Returns false if the job has failed: see mapcp_job_error. Finished entries stay, and all other targets are
/// as they were. After the job has ended, a step does nothing and returns the same result.
bool mapcp_job_step(struct mapcp_job *job, uint64_t budget);

/// Stops the job, as freeing it does, but in steps: an atomic tree can have many entries to remove. If the
/// tree has its name already, the job goes on, because only an old tree is left to remove.
///
/// Returns whether steps are left. The last of them fails, unless the job goes on.
bool mapcp_job_stop(struct mapcp_job *job);

/// Passes input to a job whose options ask for it. The job keeps a copy until it needs it, so the caller must
/// pass input only when the progress says that the job waits.
///
/// Returns false if memory runs out.
bool mapcp_job_add_input(struct mapcp_job *job, const void *bytes, size_t length);

/// Ends the input. Further input is ignored.
void mapcp_job_end_input(struct mapcp_job *job);

/// Answers what the progress asks since the last step: the start and the end of each range of the source that
/// holds data, in order, from the asked offset on. Before and between the ranges, the source must have only
/// zeros. Nothing is known after the last one, which may be empty. The job keeps the first
/// MAPCP_MOST_RANGES, and asks again after them.
///
/// An answer that is not in order, that nothing asked for, or that says nothing is ignored. Without an
/// answer, the job reads the whole source.
void mapcp_job_add_ranges(struct mapcp_job *job, const uint64_t *bounds, size_t ranges);

/// The progress of the job. Borrowed from it.
const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job);

/// The source path of the current entry. Borrowed from the job until the next step.
const char *mapcp_job_current_path(const struct mapcp_job *job);

/// Why the job failed. Valid only after a step has returned false. Borrowed from the job.
const struct mapcp_copy_error *mapcp_job_error(const struct mapcp_job *job);

/// Returns the errors and warnings since the last call after which the job went on. The caller must free them
/// with mapcp_copy_errors_free.
struct mapcp_copy_errors mapcp_job_take_errors(struct mapcp_job *job);

/// If the options request it, returns the entries that were finished since the last call: files and links
/// that are in place or were skipped, and directories that were created. There are at most 256, because a
/// step ends then. The caller must free them with mapcp_entries_free.
struct mapcp_entries mapcp_job_take_entries(struct mapcp_job *job);

/// Frees a job, and removes what it has not finished. NULL is allowed.
void mapcp_job_free(struct mapcp_job *job);

#endif
