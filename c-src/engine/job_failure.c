// What becomes of a job and its entry when something fails.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "times.h"

// The times that every file system has, whatever the time zone: FAT begins with 1980, and others end in 2038.
#define FIRST_OF_ALL INT64_C(315619200)
#define FIRST_BEYOND_SOME INT64_C(0x7fffffff)
// The coarsest grain of times, in seconds.
#define COARSEST 2

/// The path of a temporary file that is left: its name in the directory of the current target.
static char *leftover_path(const struct mapcp_job *job, const char *name) {
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    const char *slash = strrchr(job->target.text, '/');
    size_t directory = slash ? (size_t)(slash - job->target.text) + 1 : 0;
    char *path = malloc(directory + strlen(base) + 1);
    if (path) {
        memcpy(path, job->target.text, directory);
        memcpy(path + directory, base, strlen(base) + 1);
    }
    return path;
}

/// What went wrong with the current entry, whose file copy ends with it.
static struct mapcp_copy_error make_problem(struct mapcp_job *job, const struct mapcp_error *error) {
    struct mapcp_copy_error problem = {
        .error = *error,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
    };
    if (!mapcp_file_copy_abandon(&job->file)) {
        problem.leftover = leftover_path(job, job->file.temporary.name);
        mapcp_temporary_forget(&job->file.temporary);
    }
    return problem;
}

/// Whether the directory is missing that the copy itself goes into, and may be asked for. With a slash behind
/// it, the target itself is what is missing.
static bool lacks_parent(const struct mapcp_job *job, const struct mapcp_error *error) {
    const char *target = job->given_target;
    return error->operation == MAPCP_CREATE && error->code == MAPCP_NOT_FOUND && !job->options.make_parents &&
           strcmp(job->target.text, target) == 0 && target[strlen(target) - 1] != '/';
}

/// Keeps a problem for mapcp_job_take_errors. On failure frees it, returns false and sets `error`.
static bool keep(struct mapcp_job *job, struct mapcp_copy_error *problem, struct mapcp_error *error) {
    return mapcp_copy_errors_add(&job->problems, *problem) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

/// Warns that the current entry is copied, but does not have its source's times.
static bool warn_of_times(struct mapcp_job *job, const struct mapcp_error *why, struct mapcp_error *error) {
    struct mapcp_copy_error problem = {
        .outcome = MAPCP_OUTCOME_COPIED,
        .error = *why,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
    };
    return keep(job, &problem, error);
}

/// Whether the current entry, which is in place, has not the time that its source has. A look is made only if
/// the time may be none that the target's file system has.
static bool has_other_time(const struct mapcp_job *job, const struct stat *source) {
    const struct mapcp_place target = job->entry.target;
    struct stat status;
    if (source->st_mtim.tv_sec >= FIRST_OF_ALL && source->st_mtim.tv_sec < FIRST_BEYOND_SOME) {
        return false;
    }
    if (job->options.dry_run || fstatat(target.directory, target.name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    const int64_t later = status.st_mtim.tv_sec - source->st_mtim.tv_sec;
    return later > COARSEST || later < -COARSEST;
}

bool mapcp_job_warn_of_times(struct mapcp_job *job, const struct stat *status, bool is_in_place,
                             struct mapcp_error *error) {
    const struct timespec *time = &status->st_mtim;
    bool is_at_limit = mapcp_time_may_be_earlier(time) || mapcp_time_may_be_later(time);
    if (!job->options.preserve_timestamps || !(is_at_limit || (is_in_place && has_other_time(job, status)))) {
        return true;
    }
    struct mapcp_error limit;
    mapcp_fail_because(&limit, MAPCP_SET_TIMES, MAPCP_TARGET, MAPCP_UNSUPPORTED,
                       is_at_limit ? NULL : "the target's file system does not have the source's time");
    return warn_of_times(job, &limit, error);
}

bool mapcp_job_warn_of_refused_times(struct mapcp_job *job, int number, struct mapcp_error *error) {
    struct mapcp_error refused;
    mapcp_fail_number(&refused, MAPCP_SET_TIMES, MAPCP_TARGET, number);
    return warn_of_times(job, &refused, error);
}

bool mapcp_job_leave_undecided(struct mapcp_job *job, struct mapcp_error *error) {
    if (!job->in_tree || !mapcp_target_is_undecided(error)) {
        return false;
    }
    struct mapcp_copy_error problem = make_problem(job, error);
    problem.outcome = MAPCP_OUTCOME_LEFT_OUT;
    return keep(job, &problem, error);
}

bool mapcp_job_fail(struct mapcp_job *job, const struct mapcp_error *error) {
    job->failure = make_problem(job, error);
    if (lacks_parent(job, error)) {
        job->failure.error.because = "its directory does not exist; create it first, or use --make-parents";
    }
    job->state = MAPCP_JOB_FAILED;
    mapcp_target_remove_parents(&job->made_parents);
    return false;
}

/// After a failure on one entry: goes on behind it if that is asked for, or if the failure is only that a
/// directory could not be given its times; otherwise ends the job.
bool mapcp_job_settle(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    bool is_copied = mapcp_times_are_refused(error);
    if (!job->in_tree || !(goes_on || is_copied)) {
        return mapcp_job_fail(job, error);
    }
    struct mapcp_copy_error problem = make_problem(job, error);
    bool is_special = error->code == MAPCP_NOT_REGULAR_FILE && error->side == MAPCP_SOURCE;
    problem.outcome = is_copied    ? MAPCP_OUTCOME_COPIED
                      : is_special ? MAPCP_OUTCOME_LEFT_OUT
                                   : MAPCP_OUTCOME_FAILED;
    struct mapcp_error no_memory;
    if (!keep(job, &problem, &no_memory)) {
        return mapcp_job_fail(job, &no_memory);
    }
    job->state = MAPCP_JOB_WALKING;
    return true;
}

bool mapcp_job_settle_entry(struct mapcp_job *job, const struct mapcp_error *error) {
    return mapcp_job_settle(job, error, job->options.keep_going);
}
