#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_copy.h"
#include "filter.h"
#include "parents.h"
#include "spelling.h"
#include "target.h"
#include "times.h"
#include "tree.h"

// How many finished entries are kept, where they are asked for, before a step ends.
#define MOST_ENTRIES 256
// What an entry costs of a step's budget, besides its bytes: opening and naming a file takes the time of
// copying some.
#define ENTRY_COST 262144
// The times that every file system has, whatever the time zone: FAT begins with 1980, and others end in 2038.
#define FIRST_OF_ALL INT64_C(315619200)
#define FIRST_BEYOND_SOME INT64_C(0x7fffffff)
// The coarsest grain of times, in seconds.
#define COARSEST 2

/// What a job does next.
enum mapcp_job_state {
    MAPCP_JOB_WAITING,
    /// Walking the source for the totals.
    MAPCP_JOB_MEASURING,
    /// Walking the trees, between two entries.
    MAPCP_JOB_WALKING,
    /// Copying the windows of a file, which is the whole job or an entry of the trees.
    MAPCP_JOB_COPYING,
    MAPCP_JOB_DONE,
    MAPCP_JOB_FAILED,
};

/// A job, for the files that work on it.
struct mapcp_job {
    enum mapcp_job_state state;
    struct mapcp_options options;
    char **patterns;
    char *given_source;
    char *given_target;
    /// The paths of the current entry.
    struct mapcp_path source;
    struct mapcp_path target;
    bool in_tree;
    struct mapcp_tree tree;
    struct mapcp_file_copy file;
    /// The entry that is being copied, and what was decided about it.
    struct mapcp_tree_entry entry;
    enum mapcp_decision decision;
    struct mapcp_namer namer;
    /// For a source that is no directory: how the target's directory keeps times.
    struct mapcp_timekeeping keeping;
    /// The directories that were made on the way to the target.
    struct mapcp_names made_parents;
    struct mapcp_progress progress;
    struct mapcp_copy_error failure;
    struct mapcp_copy_errors problems;
    struct mapcp_entries entries;
};

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

void mapcp_job_free(struct mapcp_job *job) {
    if (!job) {
        return;
    }
    if (!mapcp_file_copy_abandon(&job->file)) {
        mapcp_temporary_forget(&job->file.temporary);
    }
    mapcp_tree_end(&job->tree);
    if (job->state != MAPCP_JOB_DONE) {
        mapcp_remove_parents(&job->made_parents);
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

// --- Errors

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
static bool warn(struct mapcp_job *job, const struct mapcp_error *why, struct mapcp_error *error) {
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

static bool warn_of_times(struct mapcp_job *job, const struct stat *status, bool is_in_place,
                          struct mapcp_error *error) {
    const struct timespec *time = &status->st_mtim;
    bool is_at_limit = mapcp_time_may_be_earlier(time) || mapcp_time_may_be_later(time);
    if (!job->options.preserve_timestamps || !(is_at_limit || (is_in_place && has_other_time(job, status)))) {
        return true;
    }
    struct mapcp_error limit;
    mapcp_fail_because(&limit, MAPCP_SET_TIMES, MAPCP_TARGET, MAPCP_UNSUPPORTED,
                       is_at_limit ? NULL : "the target's file system does not have the source's time");
    return warn(job, &limit, error);
}

static bool warn_of_refused_times(struct mapcp_job *job, int number, struct mapcp_error *error) {
    struct mapcp_error refused;
    mapcp_fail_number(&refused, MAPCP_SET_TIMES, MAPCP_TARGET, number);
    return warn(job, &refused, error);
}

static bool leave_undecided(struct mapcp_job *job, struct mapcp_error *error) {
    if (!job->in_tree || !mapcp_target_is_undecided(error)) {
        return false;
    }
    struct mapcp_copy_error problem = make_problem(job, error);
    problem.outcome = MAPCP_OUTCOME_LEFT_OUT;
    return keep(job, &problem, error);
}

static bool fail(struct mapcp_job *job, const struct mapcp_error *error) {
    job->failure = make_problem(job, error);
    if (lacks_parent(job, error)) {
        job->failure.error.because = "its directory does not exist; create it first, or use --make-parents";
    }
    job->state = MAPCP_JOB_FAILED;
    mapcp_remove_parents(&job->made_parents);
    return false;
}

/// After a failure on one entry: goes on behind it if that is asked for, or if the failure is only that a
/// directory could not be given its times; otherwise ends the job.
static bool settle(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    bool is_copied = mapcp_times_are_refused(error);
    if (!job->in_tree || !(goes_on || is_copied)) {
        return fail(job, error);
    }
    struct mapcp_copy_error problem = make_problem(job, error);
    bool is_special = error->code == MAPCP_NOT_REGULAR_FILE && error->side == MAPCP_SOURCE;
    problem.outcome = is_copied    ? MAPCP_OUTCOME_COPIED
                      : is_special ? MAPCP_OUTCOME_LEFT_OUT
                                   : MAPCP_OUTCOME_FAILED;
    struct mapcp_error no_memory;
    if (!keep(job, &problem, &no_memory)) {
        return fail(job, &no_memory);
    }
    job->state = MAPCP_JOB_WALKING;
    return true;
}

static bool settle_entry(struct mapcp_job *job, const struct mapcp_error *error) {
    return settle(job, error, job->options.keep_going);
}

// --- What other jobs made

/// Which file a status is of, as a number.
static uint64_t identity(const struct stat *status) {
    // Hosts of WASI have mixed the device into the number already. Elsewhere an odd factor, which loses
    // nothing, brings it into the high bits.
    return (uint64_t)status->st_ino ^ ((uint64_t)status->st_dev * UINT64_C(0x9e3779b97f4a7c15));
}

/// Which file has the name of the entry's target; a dry run makes none, and goes by the path. False if there
/// is none, or if it cannot be looked at.
static bool identify_target(const struct mapcp_job *job, uint64_t *number) {
    struct stat status;
    if (job->options.dry_run) {
        *number = mapcp_hash_path(job->target.text);
        return true;
    }
    const struct mapcp_place target = job->entry.target;
    if (fstatat(target.directory, target.name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    *number = identity(&status);
    return true;
}

static bool spare_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    uint64_t number = 0;
    const bool may_replace = mapcp_decision_replaces(job->decision) ||
                             (job->decision == MAPCP_DECISION_NEW && job->options.dry_run);
    if (!job->options.made || !may_replace || !identify_target(job, &number)) {
        return true;
    }
    const struct mapcp_made_file *found = mapcp_made_find(job->options.made, number);
    if (!found) {
        return true;
    }
    // A source that is named twice is there already.
    if (found->source == identity(source)) {
        job->decision = MAPCP_DECISION_SKIP;
        return true;
    }
    return mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_JUST_CREATED);
}

static bool remember_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_made_file file = {.source = identity(source)};
    // What has no name any more can be replaced by nothing.
    return !job->options.made || !identify_target(job, &file.target) ||
           mapcp_made_add(job->options.made, file) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

// --- An entry

/// Keeps account of the current entry, where that is asked for.
static bool note(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
                 struct mapcp_error *error) {
    const struct mapcp_entry entry = {
        .kind = kind,
        .skipped = skipped,
        .bytes = bytes,
        .source = job->source.text,
        .target = job->target.text,
    };
    return !job->options.report_entries || mapcp_entries_add(&job->entries, &entry) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static enum mapcp_entry_kind kind_of(const struct stat *status) {
    return S_ISLNK(status->st_mode) ? MAPCP_ENTRY_LINK : MAPCP_ENTRY_FILE;
}

static uint64_t sum(uint64_t sum, uint64_t amount) {
    return amount > UINT64_MAX - sum ? UINT64_MAX : sum + amount;
}

static uint64_t work_for(const struct mapcp_job *job, uint64_t bytes) {
    return job->options.verify ? sum(bytes, bytes) : bytes;
}

static void uncount(uint64_t *total, uint64_t amount) {
    *total -= *total < amount ? *total : amount;
}

static void leave_entry(struct mapcp_job *job) {
    job->state = job->in_tree ? MAPCP_JOB_WALKING : MAPCP_JOB_DONE;
}

/// Leaves out the current entry, and with it so many bytes of the total.
static bool skip(struct mapcp_job *job, const struct stat *status, uint64_t bytes,
                 struct mapcp_error *error) {
    job->progress.skipped++;
    uncount(&job->progress.bytes_total, work_for(job, bytes));
    uncount(&job->progress.files_total, 1);
    leave_entry(job);
    return note(job, kind_of(status), true, 0, error);
}

static bool complete_entry(struct mapcp_job *job, const struct stat *status, uint64_t bytes,
                           struct mapcp_error *error) {
    const int refused = job->file.temporary.times_refused;
    job->progress.files_done++;
    job->progress.bytes_in_place = sum(job->progress.bytes_in_place, bytes);
    leave_entry(job);
    return remember_made(job, status, error) && note(job, kind_of(status), false, bytes, error) &&
           (refused != 0 ? warn_of_refused_times(job, refused, error)
                         : warn_of_times(job, status, true, error));
}

static struct mapcp_policy policy_of(const struct mapcp_job *job) {
    return (struct mapcp_policy){
        .overwrite = job->options.overwrite,
        .is_named = !job->in_tree,
        .keeping = job->entry.keeping,
    };
}

/// Decides about the job's entry. If nothing more is to be done for it, says so by `*over`.
static bool decide(struct mapcp_job *job, const struct stat *status, bool *over, struct mapcp_error *error) {
    const struct mapcp_tree_entry *entry = &job->entry;
    job->decision = MAPCP_DECISION_NEW;
    *over = false;
    if (!entry->target_is_new &&
        !mapcp_target_decide(entry->target, entry->source, status, policy_of(job), &job->decision, error)) {
        if (!leave_undecided(job, error)) {
            return false;
        }
        job->decision = MAPCP_DECISION_SKIP;
    }
    if (!spare_made(job, status, error)) {
        return false;
    }
    if (job->decision == MAPCP_DECISION_SKIP) {
        *over = skip(job, status, S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0, error);
        return *over;
    }
    if (job->options.dry_run) {
        uint64_t bytes = S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
        job->progress.bytes_done = sum(job->progress.bytes_done, work_for(job, bytes));
        *over = complete_entry(job, status, bytes, error);
        return *over;
    }
    return true;
}

/// What was decided about the job's entry, whose source has this status.
static struct mapcp_terms terms_of(const struct mapcp_job *job, const struct stat *status) {
    return (struct mapcp_terms){
        .source = job->entry.source,
        .target = job->entry.target,
        .source_status = status,
        .policy = policy_of(job),
        .decision = job->decision,
        .siblings = job->entry.siblings,
    };
}

static bool begin_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_tree_entry *entry = &job->entry;
    bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    bool over = false;
    // Where entries may be skipped, most of them are, in a second run; so those are not opened first.
    bool looks_first =
        job->options.dry_run || job->options.overwrite != MAPCP_OVERWRITE_ALWAYS || job->options.made != NULL;
    if (looks_first) {
        struct stat status;
        if (!mapcp_stat_source(entry->source, follow, &status, error) ||
            !mapcp_source_check(&status, error) || !decide(job, &status, &over, error) || over) {
            return over;
        }
    }
    struct mapcp_source *source = &job->file.source;
    if (!mapcp_source_open(source, entry->source, follow, error)) {
        return false;
    }
    if (!looks_first && !decide(job, &source->status, &over, error)) {
        return false;
    }
    if (!mapcp_file_copy_begin(&job->file, entry->target, &job->namer, error)) {
        return false;
    }
    if (job->decision == MAPCP_DECISION_REPLACE_OTHER &&
        mapcp_alias_is_file(entry->source, entry->target, &job->file.temporary)) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_SAME_FILE);
    }
    if (!job->in_tree) {
        job->progress.bytes_total = work_for(job, job->file.size);
        job->progress.files_total = 1;
        job->progress.totals_known = true;
    }
    job->state = MAPCP_JOB_COPYING;
    return true;
}

/// Gives up a copy whose target was made meanwhile, and stays. Its bytes have been copied, and stay in the
/// counts.
static bool skip_copy(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    return (mapcp_temporary_discard(&job->file.temporary) ||
            mapcp_fail_number(error, MAPCP_REMOVE, MAPCP_TARGET, errno)) &&
           skip(job, status, 0, error);
}

static bool copy_link(struct mapcp_job *job, struct mapcp_error *error) {
    struct stat status;
    bool over = false;
    if (!mapcp_stat_source(job->entry.source, false, &status, error) || !decide(job, &status, &over, error)) {
        return false;
    }
    if (over) {
        return true;
    }
    struct mapcp_terms terms = terms_of(job, &status);
    bool skipped = false;
    return mapcp_link_copy(&terms, &job->options, &job->file.temporary, &job->namer, &skipped, error) &&
           (skipped ? skip_copy(job, &status, error) : complete_entry(job, &status, 0, error));
}

static bool begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    job->entry = *entry;
    switch (entry->kind) {
    case MAPCP_TREE_FILE:
        return begin_file(job, error);
    case MAPCP_TREE_LINK:
        return copy_link(job, error);
    default:
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_NOT_REGULAR_FILE);
    }
}

/// Finishes the file whose last window is copied, and gives it its name.
static bool finish_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct stat *status = &job->file.source.status;
    struct mapcp_terms terms = terms_of(job, status);
    bool skipped = false;
    if (!mapcp_file_copy_finish(&job->file, &job->options, error) ||
        !mapcp_commit(&job->file.temporary, &terms, &skipped, error)) {
        return false;
    }
    if (skipped) {
        return skip_copy(job, status, error);
    }
    return (!job->options.sync || job->in_tree || mapcp_sync_parent(job->given_target, error)) &&
           complete_entry(job, status, job->file.size, error);
}

/// Copies one window, and finishes the file with the last. Adds what it cost to `*spent`.
static bool work_on_file(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    uint64_t before = job->file.copied;
    uint64_t verified_before = job->file.verified;
    bool good = true;
    if (!mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_window(&job->file, &job->options, &error);
        uint64_t worked = job->file.copied - before + job->file.verified - verified_before;
        job->progress.bytes_done = sum(job->progress.bytes_done, worked);
        *spent += worked;
    }
    if (good && mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = finish_file(job, &error);
    }
    return good || settle_entry(job, &error);
}

// --- A tree

static bool begin_walk(struct mapcp_job *job, enum mapcp_tree_purpose purpose, struct mapcp_error *error) {
    job->tree = (struct mapcp_tree){
        .purpose = purpose,
        .options = &job->options,
        .namer = &job->namer,
        .source = &job->source,
        .target = &job->target,
    };
    return mapcp_path_set(&job->source, job->given_source) && mapcp_path_set(&job->target, job->given_target)
               ? mapcp_tree_begin(&job->tree, error)
               : mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static bool begin_tree(struct mapcp_job *job, struct mapcp_error *error) {
    job->in_tree = true;
    job->state = MAPCP_JOB_WALKING;
    return begin_walk(job, job->options.dry_run ? MAPCP_TREE_DRY_RUN : MAPCP_TREE_COPY, error);
}

static void measure_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry) {
    struct stat status;
    struct mapcp_error ignored;
    bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    // What cannot be looked at now is reported when its turn to be copied comes.
    if (entry->kind != MAPCP_TREE_SPECIAL && mapcp_stat_source(entry->source, follow, &status, &ignored)) {
        job->progress.files_total++;
        uint64_t bytes = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
        job->progress.bytes_total = sum(job->progress.bytes_total, work_for(job, bytes));
    }
}

static bool measure(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    // So that a step of the least budget measures one file, wherever that is.
    *spent += event == MAPCP_TREE_ENTERED ? 0 : ENTRY_COST;
    switch (event) {
    case MAPCP_TREE_FOUND:
        measure_entry(job, &entry);
        return true;
    case MAPCP_TREE_ENTERED:
    case MAPCP_TREE_FAILED:
        return true;
    default:
        mapcp_tree_end(&job->tree);
        job->progress.totals_known = true;
        return begin_tree(job, &error) || fail(job, &error);
    }
}

static bool walk(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    uint64_t left_out = job->tree.left_out;
    *spent += ENTRY_COST;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    job->progress.directories = job->tree.directories;
    job->progress.skipped += job->tree.left_out - left_out;
    switch (event) {
    case MAPCP_TREE_ENTERED:
        return ((!entry.target_is_new || note(job, MAPCP_ENTRY_DIRECTORY, false, 0, &error)) &&
                (!entry.status || warn_of_times(job, entry.status, false, &error))) ||
               fail(job, &error);
    case MAPCP_TREE_FOUND:
        return begin_entry(job, &entry, &error) ||
               settle(job, &error, job->options.keep_going || entry.kind == MAPCP_TREE_SPECIAL);
    case MAPCP_TREE_FAILED:
        return settle_entry(job, &error);
    default:
        job->state = MAPCP_JOB_DONE;
        return true;
    }
}

static bool begin_directory(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.measure) {
        job->state = MAPCP_JOB_MEASURING;
        return begin_walk(job, MAPCP_TREE_MEASURE, error);
    }
    return begin_tree(job, error);
}

// --- The job

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
    return mapcp_check_outside(job->given_target, status, error) ||
           mapcp_is_left_out(job->given_target, status, &job->options);
}

/// Makes the directories on the way to the target, where that is asked for; a dry run finds what is missing.
static bool prepare_parents(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.dry_run) {
        return job->options.make_parents || mapcp_check_parents(job->given_target, error);
    }
    return !job->options.make_parents || mapcp_make_parents(job->given_target, &job->made_parents, error);
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
               begin_directory(job, error);
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
           begin_entry(job, &entry, error);
}

static bool work(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    switch (job->state) {
    case MAPCP_JOB_WAITING:
        return begin(job, &error) || fail(job, &error);
    case MAPCP_JOB_MEASURING:
        return measure(job, spent);
    case MAPCP_JOB_WALKING:
        return walk(job, spent);
    default:
        return work_on_file(job, spent);
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
