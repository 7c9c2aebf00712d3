#ifndef MAPCP_JOB_ERRORS_H
#define MAPCP_JOB_ERRORS_H

// How a job handles errors: it fails, or it reports the error and goes on. See job_state.h.

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "job_state.h"

/// Ends the job with `job->error`. Always returns false, for the caller to return.
bool mapcp_job_end_failed(struct mapcp_job *job);

/// Abandons the current entry, and ends the job with an error about it. The caller must return the result:
/// false or, if the job must first remove an unfinished tree, true.
bool mapcp_job_fail(struct mapcp_job *job, const struct mapcp_error *error);

/// Abandons the current entry after an error about it. Goes on with the next entry if `goes_on` is set, or if
/// only the entry's times could not be set. Otherwise, or if the error is about a limit on the whole copy,
/// does the same as mapcp_job_fail. The caller must return the result.
bool mapcp_job_go_on_or_fail(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on);

/// Warns that the current entry was copied, but not as requested. `leftover` is the path of something that
/// could not be removed, or NULL; the warning takes it.
bool mapcp_job_warn(struct mapcp_job *job, const struct mapcp_error *why, char *leftover,
                    struct mapcp_error *error);

/// Warns if the current entry must keep its source's times and may have others: because WASI may not have the
/// time of modification or, if the entry is in place, because it got another one.
bool mapcp_job_warn_of_times(struct mapcp_job *job, const struct stat *source, bool is_in_place,
                             struct mapcp_error *error);

/// Leaves out the current entry of a tree, with a warning that says why. Returns false and sets `error` if
/// memory runs out.
bool mapcp_job_leave_out(struct mapcp_job *job, const struct mapcp_error *why, struct mapcp_error *error);

/// Leaves out the current entry of a tree, with a warning, if `error` says that it is unknown which of source
/// and target is newer. Otherwise returns false and keeps `error`.
bool mapcp_job_leave_undecided(struct mapcp_job *job, struct mapcp_error *error);

#endif
