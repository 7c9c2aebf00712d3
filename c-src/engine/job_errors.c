#include "job_errors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "limits.h"
#include "times.h"

/// An error or a warning about the current entry. Takes `leftover`.
static struct mapcp_copy_error error_about_entry(const struct mapcp_job *job, enum mapcp_outcome outcome,
                                                 const struct mapcp_error *error, char *leftover) {
    return (struct mapcp_copy_error){
        .outcome = outcome,
        .error = *error,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
        .about = error->about ? strdup(error->about) : NULL,
        .sibling = error->sibling ? strdup(error->sibling) : NULL,
        .listed = error->listed ? strdup(error->listed) : NULL,
        .leftover = leftover,
        .reason = mapcp_limits_reason(error),
    };
}

/// Abandons the copy of the current entry after an error, which it returns.
static struct mapcp_copy_error abandon_entry(struct mapcp_job *job, enum mapcp_outcome outcome,
                                             const struct mapcp_error *error) {
    char *leftover = NULL;
    if (!mapcp_file_copy_abandon(&job->file)) {
        // If the file is in a temporary tree, that will be removed.
        leftover = mapcp_job_is_in_whole(job)
                       ? NULL
                       : mapcp_path_beside(job->target.text, mapcp_path_name(job->file.temporary.name));
        mapcp_temporary_forget(&job->file.temporary);
    }
    return error_about_entry(job, outcome, error, leftover);
}

/// Whether the directory that holds a path exists.
static bool has_directory(const char *path) {
    struct stat status;
    char *directory = mapcp_path_beside(path, ".");
    const bool has = directory && stat(directory, &status) == 0;
    free(directory);
    return has;
}

/// If an error is about the target that was given, and says less than is known about that path, returns a
/// reason that says what to do. Otherwise returns NULL.
static const char *reason_for_target(const struct mapcp_job *job, const struct mapcp_error *error) {
    const char *target = job->given_target;
    if (error->side != MAPCP_SIDE_TARGET || strcmp(job->target.text, target) != 0) {
        return NULL;
    }
    if (error->operation == MAPCP_OPERATION_OPEN && error->code == MAPCP_CODE_NOT_DIRECTORY) {
        return "not a directory; if it is a link to one, end the path with a slash";
    }
    if (error->operation != MAPCP_OPERATION_CREATE || error->code != MAPCP_CODE_NOT_FOUND) {
        return NULL;
    }
    if (target[strlen(target) - 1] == '/') {
        return "it ends in a slash, but there is no such directory; leave the slash out";
    }
    if (has_directory(target)) {
        return "its directory exists, but no file can be created there";
    }
    return job->options.make_parents ? NULL
                                     : "its directory does not exist; create it first, or use `make-parents`";
}

bool mapcp_job_end_failed(struct mapcp_job *job) {
    job->state = MAPCP_JOB_FAILED;
    mapcp_way_undo(&job->way);
    return false;
}

bool mapcp_job_fail(struct mapcp_job *job, const struct mapcp_error *error) {
    job->error = abandon_entry(job, MAPCP_OUTCOME_FAILED, error);
    const char *because = reason_for_target(job, error);
    if (because) {
        job->error.error.because = because;
    }
    if (job->options.atomic == MAPCP_ATOMICITY_TREE) {
        mapcp_tree_end(&job->tree);
        job->state = MAPCP_JOB_UNDOING;
        return true;
    }
    return mapcp_job_end_failed(job);
}

bool mapcp_job_go_on_or_fail(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    bool is_copied = mapcp_times_are_refused(error);
    if (!job->in_tree || mapcp_limits_end_job(error) || !(goes_on || is_copied)) {
        return mapcp_job_fail(job, error);
    }
    bool is_special = error->code == MAPCP_CODE_NOT_REGULAR_FILE && error->side == MAPCP_SIDE_SOURCE;
    enum mapcp_outcome outcome = is_copied    ? MAPCP_OUTCOME_COPIED
                                 : is_special ? MAPCP_OUTCOME_LEFT_OUT
                                              : MAPCP_OUTCOME_FAILED;
    struct mapcp_error no_memory;
    if (!mapcp_copy_errors_add(&job->errors, abandon_entry(job, outcome, error))) {
        (void)mapcp_out_of_memory(&no_memory);
        return mapcp_job_fail(job, &no_memory);
    }
    job->state = MAPCP_JOB_WALKING;
    return true;
}

bool mapcp_job_warn(struct mapcp_job *job, const struct mapcp_error *why, char *leftover,
                    struct mapcp_error *error) {
    return mapcp_copy_errors_add(&job->errors, error_about_entry(job, MAPCP_OUTCOME_COPIED, why, leftover)) ||
           mapcp_out_of_memory(error);
}

/// Whether the current entry, a file or link that is in place, has a time other than its source's.
static bool has_other_time(const struct mapcp_job *job, const struct timespec *source) {
    const struct mapcp_place place = job->entry.target;
    struct stat status;
    return job->file.temporary.has_other_time ||
           (mapcp_may_be_lost(source) &&
            fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            mapcp_is_other_time(status.st_mtim, source));
}

bool mapcp_job_warn_of_times(struct mapcp_job *job, const struct stat *source, bool is_in_place,
                             struct mapcp_error *error) {
    if (!job->options.preserve_timestamps) {
        return true;
    }
    const struct timespec *time = &source->st_mtim;
    bool is_at_limit = mapcp_time_may_be_earlier(time) || mapcp_time_may_be_later(time);
    bool looks = is_in_place && !is_at_limit && !job->options.dry_run;
    if (!is_at_limit && !(looks && has_other_time(job, time))) {
        return true;
    }
    struct mapcp_error why;
    mapcp_fail_because(&why, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, MAPCP_CODE_UNSUPPORTED,
                       is_at_limit ? NULL : "the host or the target's file system gave it another time");
    return mapcp_job_warn(job, &why, NULL, error);
}

bool mapcp_job_leave_out(struct mapcp_job *job, const struct mapcp_error *why, struct mapcp_error *error) {
    return mapcp_copy_errors_add(&job->errors, abandon_entry(job, MAPCP_OUTCOME_LEFT_OUT, why)) ||
           mapcp_out_of_memory(error);
}

bool mapcp_job_leave_undecided(struct mapcp_job *job, struct mapcp_error *error) {
    return job->in_tree && mapcp_target_is_undecided(error) && mapcp_job_leave_out(job, error, error);
}
