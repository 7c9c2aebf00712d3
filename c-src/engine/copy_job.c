#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "inside.h"
#include "job.h"
#include "target.h"

// How many finished entries are kept, where they are asked for, before a step ends.
#define MOST_ENTRIES 256

/// Copies the patterns into one block of strings that the job owns.
static bool copy_patterns(struct mapcp_job *job) {
    size_t count = job->options.include.count + job->options.exclude.count;
    job->patterns = (char **)calloc(count + 1, sizeof(*job->patterns));
    for (size_t index = 0; job->patterns && index < count; index++) {
        bool included = index < job->options.include.count;
        const char *given = included ? job->options.include.items[index]
                                     : job->options.exclude.items[index - job->options.include.count];
        job->patterns[index] = strdup(given);
        if (!job->patterns[index]) {
            return false;
        }
    }
    job->options.include.items = (const char *const *)job->patterns;
    job->options.exclude.items =
        job->patterns ? (const char *const *)job->patterns + job->options.include.count : NULL;
    return job->patterns != NULL;
}

struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options) {
    struct mapcp_job *job = calloc(1, sizeof(*job));
    if (!job) {
        return NULL;
    }
    job->state = MAPCP_JOB_WAITING;
    job->options = *options;
    job->file = MAPCP_NO_FILE_COPY;
    job->keeping.namer = options->dry_run ? NULL : &job->namer;
    job->given_source = strdup(source);
    job->given_target = strdup(target);
    if (!copy_patterns(job) || !job->given_source || !job->given_target ||
        !mapcp_path_set(&job->source, source) || !mapcp_path_set(&job->target, target)) {
        mapcp_job_free(job);
        return NULL;
    }
    return job;
}

static bool accept(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->given_source[0] == '\0') {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_SOURCE, MAPCP_INVALID_ARGUMENT);
    }
    if (job->given_target[0] == '\0') {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_INVALID_ARGUMENT);
    }
    if (job->options.window_size > MAPCP_LARGEST_WINDOW) {
        return mapcp_fail_number(error, MAPCP_MAP, MAPCP_SOURCE, EINVAL);
    }
    if (mapcp_filter_fault(&job->options)) {
        return mapcp_fail_because(error, MAPCP_ACCEPT, MAPCP_SOURCE, MAPCP_INVALID_ARGUMENT,
                                  "a pattern among the options can never match");
    }
    uint32_t wanted = job->options.window_size == 0 ? MAPCP_DEFAULT_WINDOW : job->options.window_size;
    job->options.window_size = (wanted + MAPCP_PAGE - 1) / MAPCP_PAGE * MAPCP_PAGE;
    return mapcp_shard_is_valid(job->options.shard) ||
           mapcp_fail(error, MAPCP_LIST, MAPCP_SOURCE, MAPCP_INVALID_ARGUMENT);
}

/// Refuses a directory that must not be copied, before anything is touched.
static bool check_root_directory(const struct mapcp_job *job, const struct stat *status,
                                 struct mapcp_error *error) {
    if (!job->options.recursive) {
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_IS_DIRECTORY);
    }
    // What the walk leaves out, it can put the copy into.
    return mapcp_target_check_outside(job->given_target, status, error) ||
           mapcp_inside_left_out(job->given_target, status, &job->options);
}

/// Makes the directories on the way to the target, where that is asked for; a dry run finds what is missing.
static bool prepare_parents(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.dry_run) {
        return job->options.make_parents || mapcp_target_check_parents(job->given_target, error);
    }
    return !job->options.make_parents ||
           mapcp_target_make_parents(job->given_target, &job->made_parents, error);
}

/// Whether a source that is no directory belongs to the job's share, by its name.
static bool is_ours(const struct mapcp_job *job) {
    const char *slash = strrchr(job->given_source, '/');
    return mapcp_shard_has(job->options.shard, slash ? slash + 1 : job->given_source);
}

/// Ends a job whose source is left out.
static bool leave_out(struct mapcp_job *job) {
    job->state = MAPCP_JOB_DONE;
    job->progress.skipped += is_ours(job);
    return true;
}

/// Whether the patterns admit the source itself, if they are meant for it.
static bool is_admitted(struct mapcp_job *job, bool is_directory) {
    return !job->options.filter_source ||
           mapcp_filter_admits_source(&job->options, job->given_source, is_directory);
}

/// Whether the source is a link that the patterns leave out whatever it leads to, if anything.
static bool is_excluded_link(struct mapcp_job *job, struct mapcp_place source) {
    struct stat status;
    struct mapcp_error ignored;
    return mapcp_stat_source(source, false, &status, &ignored) && S_ISLNK(status.st_mode) &&
           !is_admitted(job, false) && !is_admitted(job, true);
}

static bool begin(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_tree_entry entry = {
        .source = {.directory = AT_FDCWD, .name = job->given_source},
        .target = {.directory = AT_FDCWD, .name = job->given_target},
        .keeping = &job->keeping,
    };
    struct stat status;
    if (!accept(job, error)) {
        return false;
    }
    if (!mapcp_stat_source(entry.source, job->options.symlinks == MAPCP_SYMLINKS_FOLLOW, &status, error)) {
        return is_excluded_link(job, entry.source) && leave_out(job);
    }
    if (!is_admitted(job, S_ISDIR(status.st_mode))) {
        return leave_out(job);
    }
    if (S_ISDIR(status.st_mode)) {
        return check_root_directory(job, &status, error) && prepare_parents(job, error) &&
               mapcp_job_begin_walk(job, error);
    }
    if (!is_ours(job)) {
        job->state = MAPCP_JOB_DONE;
        return true;
    }
    entry.kind = S_ISREG(status.st_mode)   ? MAPCP_TREE_FILE
                 : S_ISLNK(status.st_mode) ? MAPCP_TREE_LINK
                                           : MAPCP_TREE_SPECIAL;
    if (entry.kind == MAPCP_TREE_LINK && job->options.symlinks == MAPCP_SYMLINKS_SKIP) {
        return leave_out(job);
    }
    return (entry.kind == MAPCP_TREE_SPECIAL || prepare_parents(job, error)) &&
           mapcp_job_begin_entry(job, &entry, error);
}

static bool work(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    switch (job->state) {
    case MAPCP_JOB_WAITING:
        return begin(job, &error) || mapcp_job_fail(job, &error);
    case MAPCP_JOB_MEASURING:
        return mapcp_job_measure(job, spent);
    case MAPCP_JOB_WALKING:
        return mapcp_job_walk(job, spent);
    default:
        return mapcp_job_work_on_file(job, spent);
    }
}

static void end_well(struct mapcp_job *job) {
    job->progress.done = true;
    job->progress.totals_known = true;
    job->progress.bytes_total = job->progress.bytes_done;
    job->progress.files_total = job->progress.files_done;
}

/// Raises the totals to what is done already, where a tree has grown since it was measured.
static void raise_totals(struct mapcp_progress *progress) {
    if (progress->bytes_total < progress->bytes_done) {
        progress->bytes_total = progress->bytes_done;
    }
    if (progress->files_total < progress->files_done) {
        progress->files_total = progress->files_done;
    }
}

bool mapcp_job_step(struct mapcp_job *job, uint64_t budget) {
    uint64_t spent = 0;
    do {
        bool good = job->state == MAPCP_JOB_DONE || (job->state != MAPCP_JOB_FAILED && work(job, &spent));
        raise_totals(&job->progress);
        if (!good) {
            return false;
        }
    } while (job->state != MAPCP_JOB_DONE && spent < budget && job->entries.count < MOST_ENTRIES);
    if (job->state == MAPCP_JOB_DONE && !job->progress.done) {
        end_well(job);
    }
    return true;
}

const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job) {
    return &job->progress;
}

const char *mapcp_job_current_path(const struct mapcp_job *job) {
    return job->source.text;
}

const struct mapcp_copy_error *mapcp_job_error(const struct mapcp_job *job) {
    return &job->failure;
}

struct mapcp_copy_errors mapcp_job_take_errors(struct mapcp_job *job) {
    struct mapcp_copy_errors problems = job->problems;
    job->problems = (struct mapcp_copy_errors){.items = NULL};
    return problems;
}

struct mapcp_entries mapcp_job_take_entries(struct mapcp_job *job) {
    struct mapcp_entries entries = job->entries;
    job->entries = (struct mapcp_entries){.items = NULL};
    return entries;
}

void mapcp_job_free(struct mapcp_job *job) {
    if (!job) {
        return;
    }
    if (!mapcp_file_copy_abandon(&job->file)) {
        mapcp_temporary_forget(&job->file.temporary);
    }
    mapcp_tree_end(&job->tree);
    if (job->state != MAPCP_JOB_DONE) {
        mapcp_target_remove_parents(&job->made_parents);
    }
    mapcp_names_free(&job->made_parents);
    mapcp_path_free(&job->source);
    mapcp_path_free(&job->target);
    mapcp_copy_error_free(&job->failure);
    mapcp_copy_errors_free(&job->problems);
    mapcp_entries_free(&job->entries);
    for (char **pattern = job->patterns; pattern && *pattern; pattern++) {
        free(*pattern);
    }
    free((void *)job->patterns);
    free(job->given_source);
    free(job->given_target);
    free(job);
}
