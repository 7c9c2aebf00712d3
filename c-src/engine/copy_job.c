// A job copies one source to one target, in steps. The host decides when to make the next one.
//
// The first step looks at the source. A file or link is the only entry of its job. If the source is a
// directory, the job walks source and target side by side (tree.h) and copies each entry that it finds. If
// requested, it walks the source once before that, to measure it. For each entry the job decides what to do
// (target.h), copies the content window by window (file_copy.h), and commits.
//
// A tree that must appear as a whole is copied under a temporary name and renamed at the end (whole_tree.h).
// If the job fails, further steps remove it, and the last one returns the error.
//
// In this file, a function that takes an `error` returns false and sets it on failure. One that takes `spent`
// adds the cost of its work to it, and returns false if the job has failed.

#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_copy.h"
#include "filter.h"
#include "guided_walk.h"
#include "hard_links.h"
#include "limits.h"
#include "list.h"
#include "parents.h"
#include "spelling.h"
#include "target.h"
#include "times.h"
#include "tree.h"
#include "whole_tree.h"

// The maximum number of finished entries that a job keeps. A step ends when there are so many.
#define MOST_ENTRIES 256
// What an entry takes of a step's budget besides its bytes. Opening and naming a file takes as long as
// copying this many bytes.
#define ENTRY_COST 262144

/// What a job does next.
enum mapcp_job_state {
    MAPCP_JOB_WAITING,
    /// Walking the old tree, which the new one will replace as a whole.
    MAPCP_JOB_INSPECTING,
    /// Walking the source to measure it.
    MAPCP_JOB_MEASURING,
    /// Walking source and target, between two entries.
    MAPCP_JOB_WALKING,
    /// Copying the windows of a file.
    MAPCP_JOB_COPYING,
    /// Removing the old tree, which the new one has replaced as a whole.
    MAPCP_JOB_REMOVING,
    /// Removing what a tree that must appear as a whole has so far, before the job fails.
    MAPCP_JOB_UNDOING,
    MAPCP_JOB_DONE,
    MAPCP_JOB_FAILED,
};

struct mapcp_job {
    enum mapcp_job_state state;
    struct mapcp_options options;
    char *given_source;
    char *given_target;
    /// The paths of the current entry.
    struct mapcp_path source;
    struct mapcp_path target;
    /// Whether the source is a directory.
    bool in_tree;
    struct mapcp_tree tree;
    /// The paths to copy, if the options ask for input.
    struct mapcp_list list;
    /// The tree, if it must appear as a whole.
    struct mapcp_whole_tree whole;
    struct mapcp_file_copy file;
    /// The files that have several names, and whether the target has no hard links.
    struct mapcp_hard_links hard_links;
    bool lacks_hard_links;
    /// The errno value with which a hard link to the current entry was refused, or 0; and whether there was a
    /// warning.
    int hard_link_refused;
    bool has_warned_of_links;
    /// The entry that is being copied, and what was decided about it.
    struct mapcp_tree_entry entry;
    enum mapcp_decision decision;
    struct mapcp_namer namer;
    /// The directory that gets the copies of the run, for `options.made`.
    struct mapcp_made_directory directory_of_run;
    /// How the target's directory keeps times, if the source is not a directory.
    struct mapcp_timekeeping keeping;
    /// The directories that the job created on the way to the target.
    struct mapcp_names made_parents;
    struct mapcp_progress progress;
    /// What this job and earlier ones have copied, for the limits.
    struct mapcp_amounts copied;
    /// Why the job failed.
    struct mapcp_copy_error error;
    /// What was not taken yet: errors and warnings that the job went on after, and finished entries.
    struct mapcp_copy_errors errors;
    struct mapcp_entries entries;
};

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

/// Whether the current entry is in a tree that must appear as a whole.
static bool is_in_whole(const struct mapcp_job *job) {
    return job->in_tree && job->options.atomic == MAPCP_ATOMICITY_TREE;
}

/// Whether the current entry gets its name from the start. A list can name it again, so its name may be
/// taken.
static bool is_made_in_place(const struct mapcp_job *job) {
    return is_in_whole(job) && job->options.input == MAPCP_INPUT_NONE;
}

void mapcp_job_free(struct mapcp_job *job) {
    if (!job) {
        return;
    }
    if (!mapcp_file_copy_abandon(&job->file)) {
        mapcp_temporary_forget(&job->file.temporary);
    }
    mapcp_tree_end(&job->tree);
    mapcp_hard_links_free(&job->hard_links);
    mapcp_list_free(&job->list);
    mapcp_whole_tree_end(&job->whole);
    if (job->state != MAPCP_JOB_DONE) {
        mapcp_remove_parents(&job->made_parents);
    }
    mapcp_names_free(&job->made_parents);
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

// --- Errors and warnings -----------------------------------------------------------------------------------

/// An error about the current entry, whose copy is abandoned.
static struct mapcp_copy_error abandon_entry(struct mapcp_job *job, enum mapcp_outcome outcome,
                                             const struct mapcp_error *error) {
    struct mapcp_copy_error result = {
        .outcome = outcome,
        .error = *error,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
        .reason = mapcp_limits_reason(error),
    };
    if (!mapcp_file_copy_abandon(&job->file)) {
        // If the file is in a temporary tree, that will be removed.
        result.leftover =
            is_in_whole(job) ? NULL : mapcp_temporary_path(&job->file.temporary, job->target.text);
        mapcp_temporary_forget(&job->file.temporary);
    }
    return result;
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
    return job->options.make_parents ? NULL
                                     : "its directory does not exist; create it first, or use `make-parents`";
}

/// Ends the job with `job->error`. Always returns false, for the caller to return.
static bool end_badly(struct mapcp_job *job) {
    job->state = MAPCP_JOB_FAILED;
    mapcp_remove_parents(&job->made_parents);
    return false;
}

/// Ends the job with an error about the current entry, and returns false. If a tree must appear as a whole,
/// first removes what it has, and returns true. The caller must return the result.
static bool fail_job(struct mapcp_job *job, const struct mapcp_error *error) {
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
    return end_badly(job);
}

/// After an error about the current entry, goes on with the next one if `goes_on`, or if only the entry's
/// times could not be set. Otherwise, or if the error is about a limit on the whole copy, ends the job and
/// returns false.
static bool go_on_or_fail(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on) {
    bool is_copied = mapcp_times_are_refused(error);
    if (!job->in_tree || mapcp_limits_end_job(error) || !(goes_on || is_copied)) {
        return fail_job(job, error);
    }
    bool is_special = error->code == MAPCP_CODE_NOT_REGULAR_FILE && error->side == MAPCP_SIDE_SOURCE;
    enum mapcp_outcome outcome = is_copied    ? MAPCP_OUTCOME_COPIED
                                 : is_special ? MAPCP_OUTCOME_LEFT_OUT
                                              : MAPCP_OUTCOME_FAILED;
    struct mapcp_error no_memory;
    if (!mapcp_copy_errors_add(&job->errors, abandon_entry(job, outcome, error))) {
        (void)mapcp_out_of_memory(&no_memory);
        return fail_job(job, &no_memory);
    }
    job->state = MAPCP_JOB_WALKING;
    return true;
}

/// Warns that the current entry is in place without its source's times.
static bool warn(struct mapcp_job *job, const struct mapcp_error *why, struct mapcp_error *error) {
    const struct mapcp_copy_error warning = {
        .outcome = MAPCP_OUTCOME_COPIED,
        .error = *why,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
    };
    return mapcp_copy_errors_add(&job->errors, warning) || mapcp_out_of_memory(error);
}

/// If times must be kept, warns if WASI may not have the source's time of modification. If the entry is in
/// place, also warns if its file system does not have that time.
static bool warn_of_times(struct mapcp_job *job, const struct stat *source, bool is_in_place,
                          struct mapcp_error *error) {
    if (!job->options.preserve_timestamps) {
        return true;
    }
    const struct timespec *time = &source->st_mtim;
    bool is_at_limit = mapcp_time_may_be_earlier(time) || mapcp_time_may_be_later(time);
    bool looks = is_in_place && !is_at_limit && !job->options.dry_run;
    if (!is_at_limit && !(looks && mapcp_has_other_time(job->entry.target, time))) {
        return true;
    }
    struct mapcp_error why;
    mapcp_fail_because(&why, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, MAPCP_CODE_UNSUPPORTED,
                       is_at_limit ? NULL : "the target's file system does not have the source's time");
    return warn(job, &why, error);
}

/// Warns that setting the current entry's times failed with this errno value.
static bool warn_of_refused_times(struct mapcp_job *job, int number, struct mapcp_error *error) {
    struct mapcp_error why;
    mapcp_fail_number(&why, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, number);
    return warn(job, &why, error);
}

/// Leaves out the current entry of a tree, with a warning, if it is unknown which of source and target is
/// newer. On any other error returns false and keeps `error`.
static bool leave_undecided(struct mapcp_job *job, struct mapcp_error *error) {
    return job->in_tree && mapcp_target_is_undecided(error) &&
           (mapcp_copy_errors_add(&job->errors, abandon_entry(job, MAPCP_OUTCOME_LEFT_OUT, error)) ||
            mapcp_out_of_memory(error));
}

// --- What other jobs made ----------------------------------------------------------------------------------

/// Identifies the file at the entry's target: see mapcp_made_identify.
static bool identify_target(const struct mapcp_job *job, uint64_t *number) {
    const char *planned = job->options.dry_run ? job->target.text : NULL;
    return mapcp_made_identify(job->entry.target, planned, number);
}

/// The key of the current entry's target: see mapcp_made_key.
static uint64_t key_of_target(struct mapcp_job *job) {
    // The content of a source without a name of its own goes into the run's directory itself.
    const bool has_name = job->options.filter_source && !mapcp_path_enters(job->given_source);
    return mapcp_made_key(&job->directory_of_run, job->given_target, !has_name, job->target.text);
}

/// The file at the entry's target, if a job of the same run made it. Otherwise NULL.
static const struct mapcp_made_file *find_made(struct mapcp_job *job) {
    uint64_t number = 0;
    if (!identify_target(job, &number)) {
        return NULL;
    }
    const struct mapcp_made_file *found = mapcp_made_find(job->options.made, number);
    if (!found && !job->options.dry_run) {
        found = mapcp_made_find_key(job->options.made, key_of_target(job));
        found = found && mapcp_alias_is_made(job->entry.target) ? found : NULL;
    }
    return found;
}

/// If the current entry would replace a file that a job of the same run made: skips it if it is a copy of the
/// same source, and otherwise fails.
static bool spare_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    const bool may_replace = mapcp_decision_replaces(job->decision) ||
                             (job->decision == MAPCP_DECISION_NEW && job->options.dry_run);
    if (!job->options.made || !may_replace) {
        return true;
    }
    const struct mapcp_made_file *found = find_made(job);
    if (!found) {
        return true;
    }
    // The same source was named twice. Each stream is another source.
    if (!job->file.stream && found->source == mapcp_identity(source)) {
        job->decision = MAPCP_DECISION_SKIP;
        return true;
    }
    return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_JUST_CREATED);
}

/// Remembers that the current entry is in place.
static bool remember_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_made_file file = {.source = mapcp_identity(source)};
    // A file without a name cannot be replaced.
    if (!job->options.made || !identify_target(job, &file.target)) {
        return true;
    }
    file.key = key_of_target(job);
    return mapcp_made_add(job->options.made, file) || mapcp_out_of_memory(error);
}

// --- An entry ----------------------------------------------------------------------------------------------

/// Reports that the current entry is finished, if requested.
static bool report_entry(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
                         struct mapcp_error *error) {
    const struct mapcp_entry entry = {
        .kind = kind,
        .skipped = skipped,
        .bytes = bytes,
        .source = job->source.text,
        .target = job->target.text,
    };
    return !job->options.report_entries || mapcp_entries_add(&job->entries, &entry) ||
           mapcp_out_of_memory(error);
}

static enum mapcp_entry_kind kind_of(const struct stat *status) {
    return S_ISLNK(status->st_mode) ? MAPCP_ENTRY_LINK : MAPCP_ENTRY_FILE;
}

/// How much the progress counts for this many bytes. With `verify`, each is copied and then compared.
static uint64_t work_for(const struct mapcp_job *job, uint64_t bytes) {
    uint64_t work = bytes;
    if (job->options.verify) {
        mapcp_count(&work, bytes);
    }
    return work;
}

/// The size of a regular file, in bytes. 0 for a link.
static uint64_t size_of(const struct stat *status) {
    return S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
}

static void leave_entry(struct mapcp_job *job) {
    job->state = job->in_tree ? MAPCP_JOB_WALKING : MAPCP_JOB_DONE;
}

/// Skips the current entry, and takes `bytes` off the total.
static bool skip(struct mapcp_job *job, const struct stat *status, uint64_t bytes,
                 struct mapcp_error *error) {
    job->progress.skipped++;
    mapcp_uncount(&job->progress.bytes_total, work_for(job, bytes));
    mapcp_uncount(&job->progress.files_total, 1);
    leave_entry(job);
    return report_entry(job, kind_of(status), true, 0, error);
}

/// Warns, once, that names of one file are now several files, if the current entry is such a name.
static bool warn_of_lost_link(struct mapcp_job *job, struct mapcp_error *error) {
    const int number = job->hard_link_refused;
    job->hard_link_refused = 0;
    if (number == 0 || job->has_warned_of_links) {
        return true;
    }
    struct mapcp_error why;
    job->has_warned_of_links = true;
    mapcp_fail_number(&why, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
    why.because = "it cannot be a hard link there, so each name of the file gets a copy of its own";
    return warn(job, &why, error);
}

/// Counts and reports that the current entry is in place.
static bool complete_entry(struct mapcp_job *job, const struct stat *status, uint64_t bytes,
                           struct mapcp_error *error) {
    const int refused = job->file.temporary.times_refused;
    job->progress.files_done++;
    mapcp_count(&job->progress.bytes_in_place, bytes);
    mapcp_count(&job->copied.bytes, bytes);
    job->copied.files++;
    leave_entry(job);
    return (is_in_whole(job) || remember_made(job, status, error)) &&
           report_entry(job, kind_of(status), false, bytes, error) && warn_of_lost_link(job, error) &&
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

static struct mapcp_terms terms_of(const struct mapcp_job *job, const struct stat *status) {
    return (struct mapcp_terms){
        .source = job->entry.source,
        .target = job->entry.target,
        .depth = job->in_tree ? job->tree.depth : 0,
        .source_status = status,
        .policy = policy_of(job),
        .decision = job->decision,
        .siblings = job->entry.siblings,
        .in_place = is_made_in_place(job),
    };
}

/// Whether a dry run would copy the current entry, which its target does not prevent. On failure sets
/// `error`.
static bool would_copy(const struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    const struct mapcp_terms terms = terms_of(job, status);
    struct mapcp_link link;
    return !S_ISLNK(status->st_mode) || job->options.symlinks != MAPCP_SYMLINKS_CONTAINED ||
           mapcp_link_accept(&terms, &job->options, &link, error);
}

/// What to do with an entry.
enum verdict { VERDICT_COPY, VERDICT_FINISHED, VERDICT_FAILED };

/// Decides about the current entry, whose source has this status. An entry that is skipped is finished, and
/// so is every entry of a dry run. On failure sets `error`.
static enum verdict decide(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    const struct mapcp_tree_entry *entry = &job->entry;
    job->decision = MAPCP_DECISION_NEW;
    if (!entry->target_is_new &&
        !mapcp_target_decide(entry->target, entry->source, status, policy_of(job), &job->decision, error)) {
        if (!leave_undecided(job, error)) {
            return VERDICT_FAILED;
        }
        job->decision = MAPCP_DECISION_SKIP;
    }
    if (job->in_tree && job->decision != MAPCP_DECISION_NEW && mapcp_tree_has_twin(&job->tree, true)) {
        mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
        return VERDICT_FAILED;
    }
    if (!is_in_whole(job) && !spare_made(job, status, error)) {
        return VERDICT_FAILED;
    }
    const uint64_t bytes = size_of(status);
    if (job->decision == MAPCP_DECISION_SKIP) {
        return skip(job, status, bytes, error) ? VERDICT_FINISHED : VERDICT_FAILED;
    }
    if (!mapcp_limits_allow_entry(&job->options, &job->copied, error) ||
        !mapcp_limits_allow_size(&job->options, &job->copied, bytes, error)) {
        return VERDICT_FAILED;
    }
    if (job->options.dry_run) {
        if (!would_copy(job, status, error)) {
            return VERDICT_FAILED;
        }
        mapcp_count(&job->progress.bytes_done, work_for(job, bytes));
        return complete_entry(job, status, bytes, error) ? VERDICT_FINISHED : VERDICT_FAILED;
    }
    return VERDICT_COPY;
}

/// Opens the source of the current entry, unless the decision is not to copy it.
static enum verdict open_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_place place = job->entry.source;
    const bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    struct mapcp_source *source = &job->file.source;
    struct stat status;
    // Under these options a second run skips most files. So the source is not opened before the decision.
    const bool may_skip = job->options.dry_run ||
                          (!is_in_whole(job) &&
                           (job->options.overwrite != MAPCP_OVERWRITE_ALWAYS || job->options.made != NULL));
    if (!may_skip) {
        return mapcp_source_open(source, place, follow, error) ? decide(job, &source->status, error)
                                                               : VERDICT_FAILED;
    }
    if (!mapcp_stat_source(place, follow, &status, error) || !mapcp_source_check(&status, error)) {
        return VERDICT_FAILED;
    }
    const enum verdict verdict = decide(job, &status, error);
    return verdict == VERDICT_COPY && !mapcp_source_open(source, place, follow, error) ? VERDICT_FAILED
                                                                                       : verdict;
}

/// Discards a copy whose target somebody else has made during the copy. Its bytes were copied, so they still
/// count.
static bool skip_copy(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    return (mapcp_temporary_discard(&job->file.temporary) ||
            mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, errno)) &&
           skip(job, status, 0, error);
}

/// Whether the current entry, a finished file, must leave its name to another entry of the copy, which
/// another job copies. Jobs with different shards can commit at the same moment.
static bool gives_way(struct mapcp_job *job) {
    return job->options.shard.count > 1 && job->decision == MAPCP_DECISION_NEW && job->entry.siblings &&
           mapcp_siblings_may_meet(job->entry.siblings, &job->file.temporary) &&
           mapcp_tree_has_twin(&job->tree, false);
}

// --- Hard links --------------------------------------------------------------------------------------------

/// Whether the current entry is a file whose names must stay one file.
static bool has_other_names(const struct mapcp_job *job, const struct stat *status) {
    return job->options.preserve_hard_links && job->in_tree && !job->lacks_hard_links &&
           S_ISREG(status->st_mode) && status->st_nlink > 1;
}

/// Whether a file is still the copy that this job has made.
static bool is_our_copy(const struct stat *ours, const struct stat *found) {
    return mapcp_is_same_file(ours, found) && ours->st_size == found->st_size &&
           mapcp_is_same_time(ours->st_mtim, found->st_mtim);
}

/// Whether a file can be copied although its hard link was refused with this errno value.
static bool is_link_refused(int number) {
    switch (number) {
    case EMLINK:
    case EXDEV:
    case EPERM:
#ifdef ENOTCAPABLE
    case ENOTCAPABLE:
#endif
    case ENOSYS:
    case ENOTSUP:
#if EOPNOTSUPP != ENOTSUP
    case EOPNOTSUPP:
#endif
        return true;
    default:
        return false;
    }
}

/// Makes the current entry another name of the copy that `link` describes, but does not commit it. Returns
/// VERDICT_COPY if the file must be copied again: the copy was replaced or removed, or links are refused.
static enum verdict make_hard_link(struct mapcp_job *job, const struct mapcp_hard_link *link,
                                   struct mapcp_error *error) {
    const struct mapcp_place from = {.directory = mapcp_tree_target_root(&job->tree), .name = link->path};
    struct mapcp_temporary *temporary = &job->file.temporary;
    struct stat made;
    const int number =
        mapcp_temporary_hard_link(temporary, job->entry.target, is_made_in_place(job), from, &job->namer);
    if (number == EEXIST) {
        mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
        return VERDICT_FAILED;
    }
    if (is_link_refused(number)) {
        // These two are about one file. All others are about the file system.
        job->lacks_hard_links = number != EMLINK && number != EXDEV;
        job->hard_link_refused = number;
        return VERDICT_COPY;
    }
    if (number == ENOENT) {
        return VERDICT_COPY;
    }
    if (number != 0) {
        mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
        return VERDICT_FAILED;
    }
    if (fstatat(temporary->directory, temporary->name, &made, AT_SYMLINK_NOFOLLOW) != 0) {
        mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
        return VERDICT_FAILED;
    }
    if (is_our_copy(&link->target, &made)) {
        return VERDICT_FINISHED;
    }
    if (!mapcp_temporary_discard(temporary)) {
        mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, errno);
        return VERDICT_FAILED;
    }
    return VERDICT_COPY;
}

/// Gives the current entry, whose source is open, the copy of another of its names, if there is one.
/// Otherwise returns VERDICT_COPY.
static enum verdict link_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct stat status = job->file.source.status;
    struct mapcp_hard_link *link = mapcp_hard_links_find(&job->hard_links, &status);
    if (!has_other_names(job, &status) || !link || !mapcp_is_unchanged(&link->source, &status)) {
        return VERDICT_COPY;
    }
    const enum verdict verdict = make_hard_link(job, link, error);
    if (verdict != VERDICT_FINISHED) {
        return verdict;
    }
    enum mapcp_change change = MAPCP_CHANGE_NONE;
    struct mapcp_terms terms = terms_of(job, &status);
    bool skipped = false;
    if (!mapcp_source_compare(&job->file.source, &change, error) ||
        (change != MAPCP_CHANGE_NONE &&
         !mapcp_fail(error, MAPCP_OPERATION_MAP, MAPCP_SIDE_SOURCE, MAPCP_CODE_SOURCE_CHANGED)) ||
        !mapcp_source_close(&job->file.source, error) ||
        (gives_way(job) &&
         !mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS)) ||
        !mapcp_commit(&job->file.temporary, &terms, &skipped, error)) {
        return VERDICT_FAILED;
    }
    mapcp_hard_links_see(&job->hard_links, link);
    const uint64_t bytes = size_of(&status);
    mapcp_uncount(&job->progress.bytes_total, work_for(job, bytes));
    return (skipped ? skip_copy(job, &status, error) : complete_entry(job, &status, 0, error))
               ? VERDICT_FINISHED
               : VERDICT_FAILED;
}

/// Remembers a copy that is in place, so that other names of its source can be links to it.
static bool remember_link(struct mapcp_job *job, const struct stat *source, const struct stat *target,
                          struct mapcp_error *error) {
    return mapcp_hard_links_add(&job->hard_links, source, target, mapcp_tree_target_below(&job->tree)) ||
           mapcp_out_of_memory(error);
}

/// Begins to copy the current entry, a file.
static bool begin_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_tree_entry *entry = &job->entry;
    const enum verdict verdict = open_file(job, error);
    if (verdict != VERDICT_COPY) {
        return verdict == VERDICT_FINISHED;
    }
    const enum verdict linked = link_file(job, error);
    if (linked != VERDICT_COPY) {
        return linked == VERDICT_FINISHED;
    }
    if (!mapcp_file_copy_begin(&job->file, entry->target, is_made_in_place(job), &job->copied, &job->namer,
                               error)) {
        return false;
    }
    if (job->decision == MAPCP_DECISION_REPLACE_OTHER &&
        mapcp_alias_is_file(entry->source, entry->target, &job->file.temporary)) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_SAME_FILE);
    }
    if (!job->in_tree) {
        job->progress.bytes_total = work_for(job, job->file.size);
        job->progress.files_total = 1;
        job->progress.totals_known = true;
    }
    job->state = MAPCP_JOB_COPYING;
    return true;
}

/// Begins to copy a stream, whose content the host passes.
static bool begin_stream(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_options *options = &job->options;
    // No file has this identity.
    const struct stat status = {
        .st_mode = S_IFREG,
        .st_size = (off_t)options->size,
        .st_dev = UINT32_MAX,
        .st_ino = UINT64_MAX,
    };
    if (options->overwrite == MAPCP_OVERWRITE_NEWER) {
        return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE,
                                  MAPCP_CODE_INVALID_ARGUMENT,
                                  "a stream has no time of modification, so it is unknown which is newer");
    }
    options->preserve_timestamps = false;
    job->file.stream = &job->list.input;
    job->file.source.status = status;
    const enum verdict verdict = decide(job, &job->file.source.status, error);
    if (verdict != VERDICT_COPY) {
        return verdict == VERDICT_FINISHED;
    }
    job->progress.bytes_total = work_for(job, options->size);
    job->progress.files_total = 1;
    job->progress.totals_known = options->has_size;
    job->state = MAPCP_JOB_COPYING;
    return mapcp_file_copy_begin(&job->file, job->entry.target, false, &job->copied, &job->namer, error);
}

/// Whether a commit failed only because the list has the current entry twice, and this walk has made its
/// directory and the first copy.
static bool is_repeated(struct mapcp_job *job, const struct mapcp_error *error) {
    return job->options.input != MAPCP_INPUT_NONE && error->code == MAPCP_CODE_ALREADY_EXISTS &&
           job->entry.target_is_new && !mapcp_tree_has_twin(&job->tree, true);
}

/// Copies the current entry, a link.
static bool copy_link(struct mapcp_job *job, struct mapcp_error *error) {
    struct stat status;
    if (!mapcp_stat_source(job->entry.source, false, &status, error)) {
        return false;
    }
    const enum verdict verdict = decide(job, &status, error);
    if (verdict != VERDICT_COPY) {
        return verdict == VERDICT_FINISHED;
    }
    struct mapcp_terms terms = terms_of(job, &status);
    bool skipped = false;
    if (!mapcp_link_copy(&terms, &job->options, &job->file.temporary, &job->namer, &skipped, error)) {
        skipped = is_repeated(job, error);
        if (!skipped) {
            return false;
        }
    }
    return skipped ? skip_copy(job, &status, error) : complete_entry(job, &status, 0, error);
}

/// Copies an entry if it is a link, or begins to copy it if it is a file.
static bool begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    job->entry = *entry;
    switch (entry->kind) {
    case MAPCP_TREE_FILE:
        return begin_file(job, error);
    case MAPCP_TREE_LINK:
        return copy_link(job, error);
    default:
        return mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_REGULAR_FILE);
    }
}

/// Finishes the file, whose windows are all copied, and commits it.
static bool finish_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct stat *status = &job->file.source.status;
    struct mapcp_terms terms = terms_of(job, status);
    bool skipped = false;
    if (!mapcp_file_copy_finish(&job->file, &job->options, error) ||
        (gives_way(job) &&
         !mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS))) {
        return false;
    }
    const struct mapcp_temporary *temporary = &job->file.temporary;
    struct stat made;
    const bool remembers = has_other_names(job, status) &&
                           fstatat(temporary->directory, temporary->name, &made, AT_SYMLINK_NOFOLLOW) == 0;
    if (!mapcp_commit(&job->file.temporary, &terms, &skipped, error)) {
        skipped = is_repeated(job, error);
        if (!skipped) {
            return false;
        }
    }
    if (skipped) {
        return skip_copy(job, status, error);
    }
    if (remembers && !remember_link(job, status, &made, error)) {
        return false;
    }
    return (!job->options.sync || job->in_tree || mapcp_sync_parent(job->given_target, error)) &&
           complete_entry(job, status, job->file.size, error);
}

/// Copies one window, and finishes the file after the last.
static bool copy_window(struct mapcp_job *job, uint64_t *spent) {
    job->progress.waits = mapcp_file_copy_waits(&job->file, &job->options);
    if (job->progress.waits) {
        return true;
    }
    struct mapcp_error error;
    uint64_t before = job->file.copied;
    uint64_t verified_before = job->file.verified;
    bool good = true;
    if (!mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_window(&job->file, &job->options, &error);
        uint64_t worked = job->file.copied - before + job->file.verified - verified_before;
        mapcp_count(&job->progress.bytes_done, worked);
        *spent += worked;
    }
    if (good && mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = finish_file(job, &error);
    }
    return good || go_on_or_fail(job, &error, job->options.keep_going);
}

// --- A tree ------------------------------------------------------------------------------------------------

/// Enters the source, and beside it the target. A tree that must appear as a whole is made under its
/// temporary name; a dry run finds nothing there.
static bool enter_roots(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_tree *tree = &job->tree;
    if (!is_in_whole(job)) {
        return mapcp_tree_begin(tree, error);
    }
    const struct mapcp_place source = {.directory = AT_FDCWD, .name = job->given_source};
    if (tree->purpose != MAPCP_TREE_COPY) {
        const struct mapcp_place nowhere = {.directory = MAPCP_NOWHERE, .name = job->given_target};
        return mapcp_tree_begin_at(tree, source, nowhere, error);
    }
    return mapcp_whole_tree_enter(&job->whole, tree, source, &job->namer, error);
}

static bool begin_walk(struct mapcp_job *job, enum mapcp_tree_purpose purpose, struct mapcp_error *error) {
    job->tree = (struct mapcp_tree){
        .purpose = purpose,
        .is_guided = job->options.input != MAPCP_INPUT_NONE,
        .options = &job->options,
        .namer = &job->namer,
        .source = &job->source,
        .target = &job->target,
        .copied = purpose == MAPCP_TREE_MEASURE ? NULL : &job->copied,
    };
    return mapcp_path_set(&job->source, job->given_source) && mapcp_path_set(&job->target, job->given_target)
               ? enter_roots(job, error)
               : mapcp_out_of_memory(error);
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
    // If this fails, the copy of the entry will fail too, and report it.
    if (entry->kind != MAPCP_TREE_SPECIAL && mapcp_stat_source(entry->source, follow, &status, &ignored)) {
        job->progress.files_total++;
        mapcp_count(&job->progress.bytes_total, work_for(job, size_of(&status)));
    }
}

/// Ends measuring, and begins to copy.
static bool end_measuring(struct mapcp_job *job, bool totals_known) {
    struct mapcp_error error;
    mapcp_tree_end(&job->tree);
    job->progress.totals_known = totals_known;
    return begin_tree(job, &error) || fail_job(job, &error);
}

/// Whether measuring has found more entries than a limit allows. Some of them may be skipped.
static bool has_measured_enough(const struct mapcp_job *job) {
    const struct mapcp_limit limit = job->options.max_files;
    return limit.is_set && job->progress.files_total + job->tree.directories > limit.most;
}

/// Measures one entry.
static bool measure(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    // Directories are free, so a step with the smallest budget measures one file, at any depth.
    *spent += event == MAPCP_TREE_ENTERED ? 0 : ENTRY_COST;
    switch (event) {
    case MAPCP_TREE_FOUND:
        measure_entry(job, &entry);
        return !has_measured_enough(job) || end_measuring(job, false);
    case MAPCP_TREE_ENTERED:
        return !has_measured_enough(job) || end_measuring(job, false);
    case MAPCP_TREE_FAILED:
        return !mapcp_limits_end_job(&error) || end_measuring(job, false);
    default:
        return end_measuring(job, true);
    }
}

static bool begin_directory(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.measure && job->options.input == MAPCP_INPUT_NONE) {
        job->state = MAPCP_JOB_MEASURING;
        return begin_walk(job, MAPCP_TREE_MEASURE, error);
    }
    return begin_tree(job, error);
}

// --- A tree that must appear as a whole --------------------------------------------------------------------

/// The place of the target itself becomes that of the current entry.
static void go_to_whole(struct mapcp_job *job) {
    job->entry.target = (struct mapcp_place){.directory = job->whole.parent, .name = job->whole.name};
}

/// Warns that the old tree, or a part of it, is still there under this name.
static bool warn_of_old(struct mapcp_job *job, const char *name, const struct mapcp_error *why,
                        struct mapcp_error *error) {
    const struct mapcp_copy_error warning = {
        .outcome = MAPCP_OUTCOME_COPIED,
        .error = *why,
        .source = strdup(job->source.text),
        .target = strdup(job->target.text),
        .leftover = mapcp_whole_tree_path(&job->whole, name),
    };
    return mapcp_copy_errors_add(&job->errors, warning) || mapcp_out_of_memory(error);
}

/// Gives the complete tree its name. A dry run does not.
static bool commit_whole(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_error why;
    const bool is_dry = job->options.dry_run;
    if (!is_dry && !mapcp_whole_tree_commit(&job->whole, &job->options, &job->namer, error)) {
        return false;
    }
    go_to_whole(job);
    job->state = MAPCP_JOB_REMOVING;
    return remember_made(job, &job->whole.source, error) &&
           (is_dry || mapcp_whole_tree_discard_old(&job->whole, &job->namer, &why) ||
            warn_of_old(job, job->whole.aside, &why, error));
}

/// Removes one entry of the old tree.
static bool remove_old(struct mapcp_job *job, uint64_t *spent) {
    const struct mapcp_removal *removal = &job->whole.removal;
    struct mapcp_error error;
    *spent += ENTRY_COST;
    if (mapcp_whole_tree_remove_next(&job->whole)) {
        return true;
    }
    job->state = MAPCP_JOB_DONE;
    return !removal->has_failed || warn_of_old(job, job->whole.temporary, &removal->error, &error) ||
           fail_job(job, &error);
}

/// Removes one entry of a tree that has failed, and ends the job after the last.
static bool undo(struct mapcp_job *job, uint64_t *spent) {
    *spent += ENTRY_COST;
    if (mapcp_whole_tree_remove_next(&job->whole)) {
        return true;
    }
    mapcp_whole_tree_explain(&job->whole, &job->error);
    job->progress.bytes_in_place = 0;
    job->progress.files_done = 0;
    job->progress.directories = 0;
    return end_badly(job);
}

/// Begins a walk through the old tree.
static bool begin_inspection(struct mapcp_job *job, struct mapcp_error *error) {
    static const struct mapcp_options everything = {.symlinks = MAPCP_SYMLINKS_PRESERVE};
    job->state = MAPCP_JOB_INSPECTING;
    job->tree = (struct mapcp_tree){
        .purpose = MAPCP_TREE_MEASURE,
        .options = &everything,
        .source = &job->target,
        .target = &job->source,
    };
    return mapcp_whole_tree_inspect(&job->whole, &job->tree, error);
}

/// Looks at one entry of the old tree.
static bool inspect(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    bool is_done = false;
    *spent += ENTRY_COST;
    if (!mapcp_whole_tree_inspect_next(&job->whole, &job->tree, &is_done, &error)) {
        mapcp_path_cut(&job->source, strlen(job->given_source));
        mapcp_path_cut(&job->target, strlen(job->given_target));
        return fail_job(job, &error);
    }
    if (!is_done) {
        return true;
    }
    mapcp_tree_end(&job->tree);
    return begin_directory(job, &error) || fail_job(job, &error);
}

// --- Walking -----------------------------------------------------------------------------------------------

/// Reports a listed path that is refused. The paths of the current entry stay those of the walk.
static bool refuse_listed(struct mapcp_job *job, const struct mapcp_error *error) {
    const struct mapcp_path of_walk[] = {job->source, job->target};
    const char *path = job->list.path.text ? job->list.path.text : "";
    struct mapcp_path source = {.text = NULL};
    struct mapcp_path target = {.text = NULL};
    struct mapcp_error no_memory;
    bool good = mapcp_path_set(&source, job->given_source) && mapcp_path_push(&source, path) &&
                mapcp_path_set(&target, job->given_target) && mapcp_path_push(&target, path);
    if (good) {
        job->source = source;
        job->target = target;
        good = go_on_or_fail(job, error, job->options.keep_going);
        job->source = of_walk[0];
        job->target = of_walk[1];
    } else {
        (void)mapcp_out_of_memory(&no_memory);
        good = fail_job(job, &no_memory);
    }
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}

/// Sends the walk to the next path of the list.
static bool follow_list(struct mapcp_job *job) {
    struct mapcp_error error;
    switch (mapcp_list_next(&job->list, &error)) {
    case MAPCP_LIST_PATH:
        return mapcp_guided_walk_go_to(&job->tree, job->list.path.text, job->list.is_directory) ||
               (mapcp_out_of_memory(&error), fail_job(job, &error));
    case MAPCP_LIST_REFUSED:
        return refuse_listed(job, &error);
    case MAPCP_LIST_WAITS:
        job->progress.waits = true;
        return true;
    default:
        mapcp_guided_walk_end(&job->tree);
        return true;
    }
}

/// Goes on to the next entry and begins to copy it.
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
        return ((!entry.target_is_new || report_entry(job, MAPCP_ENTRY_DIRECTORY, false, 0, &error)) &&
                (!entry.status || warn_of_times(job, entry.status, false, &error))) ||
               fail_job(job, &error);
    case MAPCP_TREE_FOUND:
        return begin_entry(job, &entry, &error) ||
               go_on_or_fail(job, &error, job->options.keep_going || entry.kind == MAPCP_TREE_SPECIAL);
    case MAPCP_TREE_FAILED:
        return go_on_or_fail(job, &error, job->options.keep_going);
    case MAPCP_TREE_WAITS:
        return follow_list(job);
    default:
        job->state = MAPCP_JOB_DONE;
        return !is_in_whole(job) || commit_whole(job, &error) || fail_job(job, &error);
    }
}

// --- The job -----------------------------------------------------------------------------------------------

/// Checks paths and options, and completes the options. Returns false and sets `error` if one is invalid.
static bool accept(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->given_source[0] == '\0' || job->given_target[0] == '\0') {
        return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT,
                                  job->given_source[0] == '\0' ? MAPCP_SIDE_SOURCE : MAPCP_SIDE_TARGET,
                                  MAPCP_CODE_INVALID_ARGUMENT, "the path is empty");
    }
    return mapcp_options_accept(&job->options, error);
}

/// Refuses a source directory that must not be copied.
static bool check_root_directory(const struct mapcp_job *job, const struct stat *status,
                                 struct mapcp_error *error) {
    if (!job->options.recursive) {
        // A listed path in the target is refused when the walk goes to it.
        return job->options.input != MAPCP_INPUT_NONE ||
               mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_IS_DIRECTORY);
    }
    // The copy may lie in a part of the source that the walk leaves out.
    return mapcp_check_outside(job->given_target, status, error) ||
           mapcp_is_left_out(job->given_target, status, &job->options);
}

/// Creates the directories on the way to the target, if requested. A dry run checks that they exist.
static bool prepare_parents(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.dry_run) {
        return job->options.make_parents || mapcp_check_parents(job->given_target, error);
    }
    return !job->options.make_parents || mapcp_make_parents(job->given_target, &job->made_parents, error);
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

/// Decides about a tree that must appear as a whole, and begins to copy it.
static bool begin_whole(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    if (!mapcp_whole_tree_decide(&job->whole, job->given_target, job->given_source, source, &job->options,
                                 &job->namer, &job->decision, error)) {
        return false;
    }
    go_to_whole(job);
    if (!spare_made(job, source, error)) {
        return false;
    }
    switch (job->decision) {
    case MAPCP_DECISION_SKIP:
        return leave_out(job);
    case MAPCP_DECISION_NEW:
        return begin_directory(job, error);
    default:
        return begin_inspection(job, error);
    }
}

/// Whether the patterns admit the source itself. True if the options do not apply them to it.
static bool is_admitted(struct mapcp_job *job, bool is_directory) {
    return !job->options.filter_source ||
           mapcp_filter_admits_source(&job->options, job->given_source, is_directory);
}

/// Whether the source is a link that the patterns leave out, even if nothing is known about its destination.
static bool is_excluded_link(struct mapcp_job *job, struct mapcp_place source) {
    struct stat status;
    struct mapcp_error ignored;
    return mapcp_stat_source(source, false, &status, &ignored) && S_ISLNK(status.st_mode) &&
           !is_admitted(job, false) && !is_admitted(job, true);
}

/// Looks at the source, and begins to copy it.
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
    if (job->options.input == MAPCP_INPUT_CONTENT) {
        job->entry = entry;
        job->state = MAPCP_JOB_DONE;
        return !is_ours(job) || (prepare_parents(job, error) && begin_stream(job, error));
    }
    if (!mapcp_stat_source(entry.source, job->options.symlinks == MAPCP_SYMLINKS_FOLLOW, &status, error)) {
        return is_excluded_link(job, entry.source) && leave_out(job);
    }
    if (!is_admitted(job, S_ISDIR(status.st_mode))) {
        return leave_out(job);
    }
    if (S_ISDIR(status.st_mode)) {
        return check_root_directory(job, &status, error) && prepare_parents(job, error) &&
               (job->options.atomic == MAPCP_ATOMICITY_TREE ? begin_whole(job, &status, error)
                                                            : begin_directory(job, error));
    }
    if (job->options.input != MAPCP_INPUT_NONE) {
        return mapcp_fail_because(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY,
                                  "it must be a directory, which contains the listed paths");
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

/// Does the smallest piece of work.
static bool work(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    switch (job->state) {
    case MAPCP_JOB_WAITING:
        return begin(job, &error) || fail_job(job, &error);
    case MAPCP_JOB_INSPECTING:
        return inspect(job, spent);
    case MAPCP_JOB_MEASURING:
        return measure(job, spent);
    case MAPCP_JOB_WALKING:
        return walk(job, spent);
    case MAPCP_JOB_REMOVING:
        return remove_old(job, spent);
    case MAPCP_JOB_UNDOING:
        return undo(job, spent);
    default:
        return copy_window(job, spent);
    }
}

bool mapcp_job_step(struct mapcp_job *job, uint64_t budget) {
    uint64_t spent = 0;
    do {
        bool good = job->state == MAPCP_JOB_DONE || (job->state != MAPCP_JOB_FAILED && work(job, &spent));
        mapcp_progress_raise_totals(&job->progress);
        if (!good) {
            return false;
        }
    } while (job->state != MAPCP_JOB_DONE && spent < budget && !job->progress.waits &&
             job->entries.count < MOST_ENTRIES);
    if (job->state == MAPCP_JOB_DONE && !job->progress.done) {
        mapcp_progress_end(&job->progress);
    }
    return true;
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
