// A job copies one source to one target, in steps. The host decides when to make the next one.
//
// The first step looks at the source. A file or link is the only entry of its job (entry_copy.h). If the
// source is a directory, the job copies a tree of entries (tree_copy.h).

#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "approach.h"
#include "entry_copy.h"
#include "filter.h"
#include "job_errors.h"
#include "job_state.h"
#include "source.h"
#include "temporary.h"
#include "tree_copy.h"

// The maximum number of finished entries that a job keeps. A step ends when there are so many.
#define MOST_ENTRIES 256
// The maximum number of entries that a step lists and leaves out, whatever its budget. So even a step through
// a listing that never ends returns, and the host can abort the job.
#define MOST_PASSED 4096

static const char REPEATS_SOURCE[] =
    "a pattern is matched against paths below the source, so leave out the path of the source";

struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options) {
    struct mapcp_job *job = calloc(1, sizeof(*job));
    if (!job) {
        return NULL;
    }
    job->state = MAPCP_JOB_WAITING;
    job->options = *options;
    job->options.include = (struct mapcp_patterns){.items = NULL};
    job->options.exclude = (struct mapcp_patterns){.items = NULL};
    job->copied = options->already_copied;
    job->file = MAPCP_NO_FILE_COPY;
    job->way = MAPCP_NO_WAY;
    job->list.has_lines = options->input == MAPCP_INPUT_LINES;
    job->whole = MAPCP_NO_WHOLE_TREE;
    job->keeping.namer = options->dry_run ? NULL : &job->namer;
    job->given_source = strdup(source);
    job->given_target = strdup(target);
    if (!mapcp_patterns_copy(&job->options.include, options->include) ||
        !mapcp_patterns_copy(&job->options.exclude, options->exclude) || !job->given_source ||
        !job->given_target || !mapcp_path_set(&job->source, source) ||
        !mapcp_path_set(&job->target, target)) {
        mapcp_job_free(job);
        return NULL;
    }
    return job;
}

void mapcp_job_free(struct mapcp_job *job) {
    if (!job) {
        return;
    }
    (void)mapcp_file_copy_abandon(&job->file);
    mapcp_temporary_forget(&job->file.temporary);
    mapcp_tree_end(&job->tree);
    mapcp_hard_links_free(&job->hard_links);
    mapcp_list_free(&job->list);
    mapcp_whole_tree_end(&job->whole);
    if (job->state != MAPCP_JOB_DONE) {
        mapcp_way_undo(&job->way);
    }
    mapcp_way_end(&job->way);
    if (job->listing) {
        mapcp_listing_close(job->listing);
    }
    mapcp_name_set_free(&job->beside);
    mapcp_path_free(&job->source);
    mapcp_path_free(&job->target);
    mapcp_copy_error_free(&job->error);
    mapcp_copy_errors_free(&job->errors);
    mapcp_entries_free(&job->entries);
    mapcp_patterns_free(&job->options.include);
    mapcp_patterns_free(&job->options.exclude);
    free(job->given_source);
    free(job->given_target);
    free(job);
}

/// Checks paths and options, and completes the options. Returns false and sets `error` if one is invalid.
static bool accept(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->given_source[0] == '\0' || job->given_target[0] == '\0') {
        return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT,
                                  job->given_source[0] == '\0' ? MAPCP_SIDE_SOURCE : MAPCP_SIDE_TARGET,
                                  MAPCP_CODE_INVALID_ARGUMENT, "the path is empty");
    }
    return mapcp_refuse_unfinished_names(job->given_target, MAPCP_SIDE_TARGET, error) &&
           mapcp_options_accept(&job->options, error);
}

/// Whether a source that is not a directory belongs to the job's shard, by its name.
static bool is_ours(const struct mapcp_job *job) {
    return mapcp_shard_has(job->options.shard, mapcp_path_name(job->given_source));
}

/// Ends a job whose source is left out.
static bool leave_out(struct mapcp_job *job) {
    job->state = MAPCP_JOB_DONE;
    job->progress.skipped += is_ours(job);
    return true;
}

/// Whether the patterns admit the source itself. True if the options do not apply them to it.
static bool is_admitted(struct mapcp_job *job, bool is_directory) {
    return !job->options.filter_source ||
           mapcp_filter_admits_source(&job->options, job->given_source, is_directory);
}

/// Whether the source, a directory, has no entry with the first name of this pattern.
static bool lacks_first_name(const struct mapcp_job *job, const char *pattern) {
    const char *const first = pattern + (*pattern == '/');
    struct mapcp_path path = {.text = NULL};
    struct stat status;
    bool lacks = false;
    if (mapcp_path_set(&path, job->given_source) && mapcp_path_push(&path, first)) {
        mapcp_path_cut(&path, path.length - strlen(first) + strcspn(first, "/"));
        lacks = lstat(path.text, &status) != 0 && errno == ENOENT;
    }
    mapcp_path_free(&path);
    return lacks;
}

/// Warns of each pattern that matches nothing because it begins with a path of the source, a directory, and
/// of each that other programs read differently. Of several jobs that divide a copy, one warns.
static bool warn_of_patterns(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_patterns lists[] = {job->options.include, job->options.exclude};
    bool good = true;
    for (size_t list = 0; list < 2 && job->options.shard.index == 0; list++) {
        for (size_t index = 0; good && index < lists[list].count; index++) {
            const char *const pattern = lists[list].items[index];
            const char *warning = mapcp_pattern_warning(pattern);
            if (!warning && mapcp_pattern_repeats_source(pattern, job->given_source) &&
                lacks_first_name(job, pattern)) {
                warning = REPEATS_SOURCE;
            }
            if (warning) {
                struct mapcp_error why;
                mapcp_fail_because(&why, MAPCP_OPERATION_MATCH, MAPCP_SIDE_SOURCE,
                                   MAPCP_CODE_INVALID_ARGUMENT, warning);
                why.about = pattern;
                good = mapcp_job_warn(job, &why, NULL, error);
            }
        }
    }
    return good;
}

/// Whether the source is a link that the patterns leave out, even if nothing is known about its destination.
static bool is_excluded_link(struct mapcp_job *job, struct mapcp_place source) {
    struct stat status;
    struct mapcp_error ignored;
    return mapcp_stat_source(source, false, &status, &ignored) && S_ISLNK(status.st_mode) &&
           !is_admitted(job, false) && !is_admitted(job, true);
}

/// Whether something at the target must be looked at or made before the copy begins.
static bool must_approach(const struct mapcp_job *job) {
    const struct mapcp_options *options = &job->options;
    const bool is_tree = S_ISDIR(job->given_status.st_mode) && options->recursive;
    return is_tree || options->make_parents || options->dry_run ||
           options->names == MAPCP_NAME_POLICY_PORTABLE;
}

/// Begins to copy the source.
static bool begin_to_copy(struct mapcp_job *job, struct mapcp_error *error) {
    const struct stat *status = &job->given_status;
    struct mapcp_tree_entry entry = {
        .source = {.directory = AT_FDCWD, .name = job->given_source},
        .target = {.directory = AT_FDCWD, .name = job->given_target},
        .keeping = &job->keeping,
    };
    if (job->options.input == MAPCP_INPUT_CONTENT) {
        job->entry = entry;
        job->state = MAPCP_JOB_DONE;
        return mapcp_entry_copy_begin_stream(job, error);
    }
    if (S_ISDIR(status->st_mode)) {
        return warn_of_patterns(job, error) && mapcp_tree_copy_begin(job, status, error);
    }
    entry.kind = S_ISREG(status->st_mode)   ? MAPCP_TREE_FILE
                 : S_ISLNK(status->st_mode) ? MAPCP_TREE_LINK
                                            : MAPCP_TREE_SPECIAL;
    return mapcp_entry_copy_begin(job, &entry, error);
}

static bool approach_or_copy(struct mapcp_job *job, struct mapcp_error *error) {
    return must_approach(job) ? mapcp_approach_begin(job, error) : begin_to_copy(job, error);
}

/// Looks at the source, and begins to copy it.
static bool begin(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_place source = {.directory = AT_FDCWD, .name = job->given_source};
    struct stat *status = &job->given_status;
    if (!accept(job, error)) {
        return false;
    }
    if (job->options.input == MAPCP_INPUT_CONTENT) {
        job->state = MAPCP_JOB_DONE;
        return !is_ours(job) || approach_or_copy(job, error);
    }
    if (!mapcp_stat_source(source, job->options.symlinks == MAPCP_SYMLINKS_FOLLOW, status, error)) {
        return is_excluded_link(job, source) && leave_out(job);
    }
    if (!is_admitted(job, S_ISDIR(status->st_mode))) {
        return leave_out(job);
    }
    if (S_ISDIR(status->st_mode)) {
        // A listed path in the target is refused when the walk goes to it.
        return job->options.recursive || job->options.input != MAPCP_INPUT_NONE
                   ? approach_or_copy(job, error)
                   : mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_IS_DIRECTORY);
    }
    if (job->options.input != MAPCP_INPUT_NONE) {
        return mapcp_fail_because(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY,
                                  "it must be a directory, which contains the listed paths");
    }
    if (!is_ours(job)) {
        job->state = MAPCP_JOB_DONE;
        return true;
    }
    if (S_ISLNK(status->st_mode) && job->options.symlinks == MAPCP_SYMLINKS_SKIP) {
        return leave_out(job);
    }
    const bool is_special = !S_ISREG(status->st_mode) && !S_ISLNK(status->st_mode);
    return is_special ? begin_to_copy(job, error) : approach_or_copy(job, error);
}

/// Takes a step of the approach. After the last one, begins to copy.
static bool approach(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    bool is_done = false;
    return (mapcp_approach_step(job, spent, &is_done, &error) && (!is_done || begin_to_copy(job, &error))) ||
           mapcp_job_fail(job, &error);
}

/// Does the smallest piece of work.
static bool work(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    switch (job->state) {
    case MAPCP_JOB_WAITING:
        return begin(job, &error) || mapcp_job_fail(job, &error);
    case MAPCP_JOB_APPROACHING:
    case MAPCP_JOB_COMPARING:
    case MAPCP_JOB_MAKING_PARENTS:
        return approach(job, spent);
    case MAPCP_JOB_INSPECTING:
        return mapcp_tree_copy_inspect(job, spent);
    case MAPCP_JOB_MEASURING:
        return mapcp_tree_copy_measure(job, spent);
    case MAPCP_JOB_WALKING:
        return mapcp_tree_copy_walk(job, spent);
    case MAPCP_JOB_COMMITTING:
        return mapcp_tree_copy_commit(job);
    case MAPCP_JOB_REMOVING:
        return mapcp_tree_copy_remove_old(job, spent);
    case MAPCP_JOB_UNDOING:
        return mapcp_tree_copy_undo(job, spent);
    default:
        return mapcp_entry_copy_window(job, spent);
    }
}

/// Whether the host should take the job's reports before the next piece of work: if there are many, or if
/// that is the commit of a tree. The host may stop the job because of them, and then nothing of the tree must
/// be there.
static bool has_reports_due(const struct mapcp_job *job) {
    return job->entries.count >= MOST_ENTRIES ||
           (job->state == MAPCP_JOB_COMMITTING && (job->entries.count > 0 || job->errors.count > 0));
}

bool mapcp_job_step(struct mapcp_job *job, uint64_t budget) {
    uint64_t spent = 0;
    job->passed = 0;
    job->progress.asks = false;
    do {
        bool good = job->state == MAPCP_JOB_DONE || (job->state != MAPCP_JOB_FAILED && work(job, &spent));
        mapcp_progress_raise_totals(&job->progress);
        if (!good) {
            return false;
        }
    } while (job->state != MAPCP_JOB_DONE && spent < budget && !job->progress.waits && !job->progress.asks &&
             !has_reports_due(job) && job->passed < MOST_PASSED);
    if (job->state == MAPCP_JOB_DONE && !job->progress.done) {
        mapcp_progress_end(&job->progress);
    }
    return true;
}

bool mapcp_job_stop(struct mapcp_job *job) {
    const bool is_last = job->state == MAPCP_JOB_REMOVING || job->state == MAPCP_JOB_UNDOING;
    if (is_last || job->state == MAPCP_JOB_DONE || job->state == MAPCP_JOB_FAILED) {
        return is_last;
    }
    struct mapcp_error error;
    mapcp_fail_because(&error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_OTHER,
                       "the copy was stopped");
    return mapcp_job_fail(job, &error);
}

bool mapcp_job_add_input(struct mapcp_job *job, const void *bytes, size_t length) {
    if (job->options.input == MAPCP_INPUT_NONE || job->list.input.ended) {
        return true;
    }
    job->progress.waits = false;
    return mapcp_input_add(&job->list.input, bytes, length);
}

void mapcp_job_end_input(struct mapcp_job *job) {
    job->progress.waits = false;
    job->list.input.ended = true;
}

void mapcp_job_add_ranges(struct mapcp_job *job, const uint64_t *bounds, size_t ranges) {
    if (job->progress.asks) {
        job->progress.asks = false;
        mapcp_file_copy_answer(&job->file, bounds, ranges);
    }
}

const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job) {
    return &job->progress;
}

const char *mapcp_job_current_path(const struct mapcp_job *job) {
    return job->source.text;
}

const struct mapcp_copy_error *mapcp_job_error(const struct mapcp_job *job) {
    return &job->error;
}

struct mapcp_copy_errors mapcp_job_take_errors(struct mapcp_job *job) {
    struct mapcp_copy_errors errors = job->errors;
    job->errors = (struct mapcp_copy_errors){.items = NULL};
    return errors;
}

struct mapcp_entries mapcp_job_take_entries(struct mapcp_job *job) {
    struct mapcp_entries entries = job->entries;
    job->entries = (struct mapcp_entries){.items = NULL};
    return entries;
}
