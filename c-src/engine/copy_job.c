#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_copy.h"
#include "link_copy.h"
#include "path.h"
#include "target.h"
#include "tree.h"

// What an entry costs of a step's budget, besides its bytes: opening and naming a file takes the time of
// copying some.
#define ENTRY_COST 262144

// How many finished entries are kept, where they are asked for, before a step ends.
#define MOST_ENTRIES 256

enum state {
    WAITING,
    /// Walking the source for the totals.
    MEASURING,
    /// Walking the trees, between two entries.
    WALKING,
    /// Copying the windows of a file, which is the whole job or an entry of the trees.
    COPYING,
    DONE,
    FAILED,
};

struct mapcp_job {
    enum state state;
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
    struct mapcp_place file_target;
    struct mapcp_namer namer;
    struct mapcp_progress progress;
    struct mapcp_problem failure;
    struct mapcp_problems problems;
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
    job->state = WAITING;
    job->options = *options;
    job->file = MAPCP_NO_FILE_COPY;
    job->given_source = strdup(source);
    job->given_target = strdup(target);
    if (!copy_patterns(job) || !job->given_source || !job->given_target ||
        !mapcp_path_set(&job->source, source) || !mapcp_path_set(&job->target, target)) {
        mapcp_job_free(job);
        return NULL;
    }
    return job;
}

// --- Failures ---

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

static bool end_badly(struct mapcp_job *job, const struct mapcp_error *error) {
    job->failure = make_problem(job, error);
    job->state = FAILED;
    return false;
}

/// After a failure on one entry: goes on behind it where that is asked for, and otherwise ends the job.
static bool settle(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    if (!job->in_tree || !goes_on) {
        return end_badly(job, error);
    }
    struct mapcp_problem problem = make_problem(job, error);
    if (!problem.source || !problem.target || !mapcp_problems_add(&job->problems, problem)) {
        mapcp_problem_free(&problem);
        struct mapcp_error no_memory;
        mapcp_fail_number(&no_memory, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
        return end_badly(job, &no_memory);
    }
    job->state = WALKING;
    return true;
}

static bool settle_entry(struct mapcp_job *job, const struct mapcp_error *error) {
    return settle(job, error, job->options.keep_going);
}

// --- One file or link ---

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
    return S_ISLNK(status->st_mode) ? MAPCP_LINK : MAPCP_FILE;
}

static void uncount(uint64_t *total, uint64_t amount) {
    *total -= *total < amount ? *total : amount;
}

static void leave_entry(struct mapcp_job *job) {
    job->state = job->in_tree ? WALKING : DONE;
}

static bool skip(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    job->progress.skipped++;
    uncount(&job->progress.bytes_total, (uint64_t)status->st_size);
    uncount(&job->progress.files_total, 1);
    leave_entry(job);
    return note(job, kind_of(status), true, 0, error);
}

static bool complete_entry(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    job->progress.files_done++;
    leave_entry(job);
    return note(job, kind_of(status), false, S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0, error);
}

/// Decides about an entry; where there is nothing more to do for it, says so by `*over`.
static bool decide(struct mapcp_job *job, const struct mapcp_tree_entry *entry, const struct stat *status,
                   bool *over, struct mapcp_error *error) {
    enum mapcp_decision decision = MAPCP_COPY;
    *over = false;
    if (!entry->target_is_new && !mapcp_target_decide(entry->target, entry->source, status,
                                                      job->options.overwrite, &decision, error)) {
        return false;
    }
    if (decision == MAPCP_SKIP) {
        *over = skip(job, status, error);
        return *over;
    }
    if (job->options.dry_run) {
        job->progress.bytes_done += S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
        *over = complete_entry(job, status, error);
        return *over;
    }
    return true;
}

static bool look_at(const struct mapcp_tree_entry *entry, bool follow, struct stat *status,
                    struct mapcp_error *error) {
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    return fstatat(entry->source.directory, entry->source.name, status, flags) == 0 ||
           mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
}

static bool begin_file(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                       struct mapcp_error *error) {
    bool follow = job->options.symlinks == MAPCP_FOLLOW_LINKS;
    bool over = false;
    // Where entries may be skipped, most of them are, in a second run; so those are not opened first.
    bool looks_first = job->options.dry_run || job->options.overwrite != MAPCP_OVERWRITE_ALWAYS;
    if (looks_first) {
        struct stat status;
        if (!look_at(entry, follow, &status, error) || !mapcp_source_check(&status, error) ||
            !decide(job, entry, &status, &over, error) || over) {
            return over;
        }
    }
    struct mapcp_source *source = &job->file.source;
    if (!mapcp_source_open(source, entry->source, follow, error)) {
        return false;
    }
    if (!looks_first && !decide(job, entry, &source->status, &over, error)) {
        return false;
    }
    if (!mapcp_file_copy_begin(&job->file, entry->target, &job->namer, error)) {
        return false;
    }
    job->file_target = entry->target;
    if (!job->in_tree) {
        job->progress.bytes_total = job->file.size;
        job->progress.files_total = 1;
        job->progress.totals_known = true;
    }
    job->state = COPYING;
    return true;
}

static bool copy_link(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                      struct mapcp_error *error) {
    struct stat status;
    bool over = false;
    if (!look_at(entry, false, &status, error) || !decide(job, entry, &status, &over, error)) {
        return false;
    }
    if (over) {
        return true;
    }
    if (!mapcp_link_copy(entry->source, entry->target, &status, &job->options, &job->file.temporary,
                         &job->namer, error)) {
        return false;
    }
    return complete_entry(job, &status, error);
}

static bool begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    switch (entry->kind) {
    case MAPCP_TREE_FILE:
        return begin_file(job, entry, error);
    case MAPCP_TREE_LINK:
        return copy_link(job, entry, error);
    default:
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_NOT_REGULAR_FILE);
    }
}

/// For a single file: has the directory that names it on the disk. In a tree, the walk does that for each
/// directory.
static bool sync_parent(const struct mapcp_job *job, struct mapcp_error *error) {
    const char *slash = strrchr(job->given_target, '/');
    char *parent = slash ? strndup(job->given_target, (size_t)(slash - job->given_target) + 1) : strdup(".");
    int descriptor = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = descriptor >= 0 && mapcp_sync_directory(descriptor);
    good = good || mapcp_fail_number(error, MAPCP_SYNC, MAPCP_TARGET, errno);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    free(parent);
    return good;
}

/// Copies one window, and finishes the file with the last. Adds what it cost to `*spent`.
static bool work_on_file(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    uint64_t before = job->file.copied;
    uint64_t verified_before = job->file.verified;
    bool good = true;
    if (!mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_window(&job->file, &job->options, &error);
        job->progress.bytes_done += job->file.copied - before;
        *spent += job->file.copied - before + job->file.verified - verified_before;
    }
    if (good && mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_finish(&job->file, job->file_target, &job->options, &error) &&
               (!job->options.sync || job->in_tree || sync_parent(job, &error)) &&
               complete_entry(job, &job->file.source.status, &error);
    }
    return good || settle_entry(job, &error);
}

// --- Trees ---

static bool begin_walk(struct mapcp_job *job, enum mapcp_tree_purpose purpose, struct mapcp_error *error) {
    job->tree = (struct mapcp_tree){
        .purpose = purpose,
        .options = &job->options,
        .source = &job->source,
        .target = &job->target,
    };
    return mapcp_path_set(&job->source, job->given_source) && mapcp_path_set(&job->target, job->given_target)
               ? mapcp_tree_begin(&job->tree, error)
               : mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static bool begin_tree(struct mapcp_job *job, struct mapcp_error *error) {
    job->in_tree = true;
    job->state = WALKING;
    return begin_walk(job, job->options.dry_run ? MAPCP_TREE_DRY_RUN : MAPCP_TREE_COPY, error);
}

static void measure_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry) {
    struct stat status;
    struct mapcp_error ignored;
    bool follow = job->options.symlinks == MAPCP_FOLLOW_LINKS;
    // What cannot be looked at now is reported when its turn to be copied comes.
    if (entry->kind != MAPCP_TREE_SPECIAL && look_at(entry, follow, &status, &ignored)) {
        job->progress.files_total++;
        job->progress.bytes_total += S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    }
}

static bool work_on_measure(struct mapcp_job *job, uint64_t *spent) {
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
        return begin_tree(job, &error) || end_badly(job, &error);
    }
}

static bool work_on_walk(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    uint64_t left_out = job->tree.left_out;
    *spent += ENTRY_COST;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    job->progress.directories = job->tree.directories;
    job->progress.skipped += job->tree.left_out - left_out;
    switch (event) {
    case MAPCP_TREE_ENTERED:
        return !entry.target_is_new || note(job, MAPCP_DIRECTORY, false, 0, &error) || end_badly(job, &error);
    case MAPCP_TREE_FOUND:
        return begin_entry(job, &entry, &error) ||
               settle(job, &error, job->options.keep_going || entry.kind == MAPCP_TREE_SPECIAL);
    case MAPCP_TREE_FAILED:
        return settle_entry(job, &error);
    default:
        job->state = DONE;
        return true;
    }
}

// --- The job ---

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
    uint32_t wanted = job->options.window_size == 0 ? MAPCP_DEFAULT_WINDOW : job->options.window_size;
    job->options.window_size = (wanted + MAPCP_PAGE - 1) / MAPCP_PAGE * MAPCP_PAGE;
    return mapcp_shard_exists(job->options.shard) ||
           mapcp_fail(error, MAPCP_LIST, MAPCP_SOURCE, MAPCP_INVALID_ARGUMENT);
}

/// Refuses a directory that must not be copied, before anything is touched.
static bool check_root_directory(const struct mapcp_job *job, const struct stat *status,
                                 struct mapcp_error *error) {
    if (!job->options.recursive) {
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_IS_DIRECTORY);
    }
    return mapcp_target_check_outside(job->given_target, status, error);
}

static bool begin_root_directory(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.measure) {
        job->state = MEASURING;
        return begin_walk(job, MAPCP_TREE_MEASURE, error);
    }
    return begin_tree(job, error);
}

/// Makes the directories on the way to the target, where that is asked for; a dry run finds what is missing.
static bool prepare_parents(const struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.dry_run) {
        return job->options.make_parents || mapcp_target_check_parents(job->given_target, error);
    }
    return !job->options.make_parents || mapcp_target_make_parents(job->given_target, error);
}

/// Whether a source that is no directory belongs to the job's share, by its name.
static bool is_ours(const struct mapcp_job *job) {
    const char *slash = strrchr(job->given_source, '/');
    return mapcp_shard_has(job->options.shard, slash ? slash + 1 : job->given_source);
}

static bool begin(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_tree_entry entry = {
        .source = {.directory = AT_FDCWD, .name = job->given_source},
        .target = {.directory = AT_FDCWD, .name = job->given_target},
    };
    struct stat status;
    if (!accept(job, error) ||
        !look_at(&entry, job->options.symlinks == MAPCP_FOLLOW_LINKS, &status, error)) {
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        return check_root_directory(job, &status, error) && prepare_parents(job, error) &&
               begin_root_directory(job, error);
    }
    if (!is_ours(job)) {
        job->state = DONE;
        return true;
    }
    entry.kind = S_ISREG(status.st_mode)   ? MAPCP_TREE_FILE
                 : S_ISLNK(status.st_mode) ? MAPCP_TREE_LINK
                                           : MAPCP_TREE_SPECIAL;
    if (entry.kind == MAPCP_TREE_LINK && job->options.symlinks == MAPCP_SKIP_LINKS) {
        job->state = DONE;
        job->progress.skipped++;
        return true;
    }
    return (entry.kind == MAPCP_TREE_SPECIAL || prepare_parents(job, error)) &&
           begin_entry(job, &entry, error);
}

static bool work(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    switch (job->state) {
    case WAITING:
        return begin(job, &error) || end_badly(job, &error);
    case MEASURING:
        return work_on_measure(job, spent);
    case WALKING:
        return work_on_walk(job, spent);
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

bool mapcp_job_step(struct mapcp_job *job, uint64_t budget) {
    uint64_t spent = 0;
    do {
        if (job->state == FAILED || (job->state != DONE && !work(job, &spent))) {
            return false;
        }
    } while (job->state != DONE && spent < budget && job->entries.count < MOST_ENTRIES);
    if (job->state == DONE && !job->progress.done) {
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

const struct mapcp_problem *mapcp_job_failure(const struct mapcp_job *job) {
    return &job->failure;
}

struct mapcp_problems mapcp_job_take_problems(struct mapcp_job *job) {
    struct mapcp_problems problems = job->problems;
    job->problems = (struct mapcp_problems){.items = NULL};
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
    mapcp_path_free(&job->source);
    mapcp_path_free(&job->target);
    mapcp_problem_free(&job->failure);
    mapcp_problems_free(&job->problems);
    mapcp_entries_free(&job->entries);
    for (char **pattern = job->patterns; pattern && *pattern; pattern++) {
        free(*pattern);
    }
    free((void *)job->patterns);
    free(job->given_source);
    free(job->given_target);
    free(job);
}
