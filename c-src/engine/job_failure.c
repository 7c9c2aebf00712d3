// What becomes of a job and its entry when something fails.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

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
static struct mapcp_problem make_problem(struct mapcp_job *job, const struct mapcp_error *error) {
    struct mapcp_problem problem = {
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

bool mapcp_job_fail(struct mapcp_job *job, const struct mapcp_error *error) {
    job->failure = make_problem(job, error);
    if (lacks_parent(job, error)) {
        job->failure.error.because = "its directory does not exist; create it first, or use --make-parents";
    }
    job->state = MAPCP_JOB_FAILED;
    mapcp_target_remove_parents(&job->made_parents);
    return false;
}

/// After a failure on one entry: goes on behind it where that is asked for, and otherwise ends the job.
bool mapcp_job_settle(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    if (!job->in_tree || !goes_on) {
        return mapcp_job_fail(job, error);
    }
    struct mapcp_problem problem = make_problem(job, error);
    if (!problem.source || !problem.target || !mapcp_problems_add(&job->problems, problem)) {
        mapcp_problem_free(&problem);
        struct mapcp_error no_memory;
        mapcp_fail_number(&no_memory, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
        return mapcp_job_fail(job, &no_memory);
    }
    job->state = MAPCP_JOB_WALKING;
    return true;
}

bool mapcp_job_settle_entry(struct mapcp_job *job, const struct mapcp_error *error) {
    return mapcp_job_settle(job, error, job->options.keep_going);
}
