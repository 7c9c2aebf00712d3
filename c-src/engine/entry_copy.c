#include "entry_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "approach.h"
#include "job_errors.h"
#include "limits.h"
#include "made.h"
#include "parents.h"
#include "source.h"
#include "spelling.h"

// --- Files of other jobs -----------------------------------------------------------------------------------

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

bool mapcp_entry_copy_spare_made(struct mapcp_job *job, const struct stat *source,
                                 struct mapcp_error *error) {
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

bool mapcp_entry_copy_remember_made(struct mapcp_job *job, const struct stat *source,
                                    struct mapcp_error *error) {
    struct mapcp_made_file file = {.source = mapcp_identity(source)};
    // A file without a name cannot be replaced.
    if (!job->options.made || !identify_target(job, &file.target)) {
        return true;
    }
    file.key = key_of_target(job);
    return mapcp_made_add(job->options.made, file) || mapcp_out_of_memory(error);
}

// --- Finishing an entry -----------------------------------------------------------------------------------

bool mapcp_entry_copy_report(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
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
    return mapcp_entry_copy_report(job, kind_of(status), true, 0, error);
}

/// Warns, once, that the names of one file are now several files, if the current entry is such a name.
static bool warn_of_lost_link(struct mapcp_job *job, struct mapcp_error *error) {
    const int number = job->hard_links.refused;
    job->hard_links.refused = 0;
    if (number == 0 || job->hard_links.has_warned) {
        return true;
    }
    struct mapcp_error why;
    job->hard_links.has_warned = true;
    mapcp_fail_number(&why, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
    why.because = "it cannot be a hard link there, so each name of the file gets a copy of its own";
    return mapcp_job_warn(job, &why, NULL, error);
}

/// Warns that setting the current entry's times failed with this errno value.
static bool warn_of_refused_times(struct mapcp_job *job, int number, struct mapcp_error *error) {
    struct mapcp_error why;
    mapcp_fail_number(&why, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, number);
    return mapcp_job_warn(job, &why, NULL, error);
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
    return (mapcp_job_is_in_whole(job) || mapcp_entry_copy_remember_made(job, status, error)) &&
           mapcp_entry_copy_report(job, kind_of(status), false, bytes, error) &&
           warn_of_lost_link(job, error) &&
           (refused != 0 ? warn_of_refused_times(job, refused, error)
                         : mapcp_job_warn_of_times(job, status, true, error));
}

// --- Hard links --------------------------------------------------------------------------------------------

/// Whether the current entry is a file whose names must stay one file.
static bool has_other_names(const struct mapcp_job *job, const struct stat *status) {
    return job->options.preserve_hard_links && job->in_tree && !job->hard_links.are_unsupported &&
           S_ISREG(status->st_mode) && status->st_nlink > 1;
}

/// The copy of another name of the current entry. NULL if there is none that a hard link could lead to.
static struct mapcp_hard_link *find_linkable(const struct mapcp_job *job, const struct stat *status) {
    struct mapcp_hard_link *link =
        has_other_names(job, status) ? mapcp_hard_links_find(&job->hard_links, status) : NULL;
    return link && mapcp_is_unchanged(&link->source, status) ? link : NULL;
}

/// Remembers a copy that is in place, or would be in a dry run, so that other names of its source can be
/// links to it.
static bool remember_link(struct mapcp_job *job, const struct stat *source, const struct stat *target,
                          struct mapcp_error *error) {
    return mapcp_hard_links_add(&job->hard_links, source, target, mapcp_tree_target_below(&job->tree)) ||
           mapcp_out_of_memory(error);
}

// --- Deciding ----------------------------------------------------------------------------------------------

/// Whether the current entry gets its name from the start. A list can name it again, so its name may be
/// taken.
static bool is_made_in_place(const struct mapcp_job *job) {
    return mapcp_job_is_in_whole(job) && job->options.input == MAPCP_INPUT_NONE;
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

/// Whether the source of the current entry, a file, can be opened. On failure sets `error`.
static bool can_open(const struct mapcp_job *job, struct mapcp_error *error) {
    const bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    struct mapcp_source source = MAPCP_NO_SOURCE;
    const bool opened = mapcp_source_open(&source, job->entry.source, follow, error);
    struct mapcp_error ignored;
    // It was not read, so closing it loses nothing.
    (void)mapcp_source_close(&source, &ignored);
    return opened;
}

/// Whether the limits allow a file of this size. If not, sets `error`.
static bool allows_size(const struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    return mapcp_limits_allow_size(&job->options, &job->copied, size_of(status), error);
}

/// Whether a dry run finds nothing else that would prevent a copy of the current entry. On failure sets
/// `error`.
static bool would_copy(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    const struct mapcp_terms terms = terms_of(job, status);
    const char *const target = job->entry.target.name;
    struct mapcp_link link;
    if (job->decision == MAPCP_DECISION_NEW && target[strlen(target) - 1] == '/') {
        return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_NOT_FOUND);
    }
    if (!(job->in_tree ? mapcp_tree_check_may_create(&job->tree, error)
                       : mapcp_check_may_create(job->entry.target, error))) {
        return false;
    }
    if (S_ISLNK(status->st_mode)) {
        return job->options.symlinks != MAPCP_SYMLINKS_CONTAINED ||
               mapcp_link_accept(&terms, &job->options, &link, error);
    }
    return job->file.stream || can_open(job, error);
}

/// Completes the current entry of a dry run, as a copy would.
static bool complete_dry(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    const uint64_t bytes = size_of(status);
    struct mapcp_hard_link *link = find_linkable(job, status);
    if (link) {
        mapcp_hard_links_see(&job->hard_links, link);
        mapcp_uncount(&job->progress.bytes_total, work_for(job, bytes));
        return complete_entry(job, status, 0, error);
    }
    mapcp_count(&job->progress.bytes_done, work_for(job, bytes));
    return (!has_other_names(job, status) || remember_link(job, status, status, error)) &&
           complete_entry(job, status, bytes, error);
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
        if (!mapcp_job_leave_undecided(job, error)) {
            return VERDICT_FAILED;
        }
        job->decision = MAPCP_DECISION_SKIP;
    }
    if (job->in_tree && job->decision != MAPCP_DECISION_NEW && mapcp_tree_has_twin(&job->tree, true)) {
        mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
        return VERDICT_FAILED;
    }
    if (!mapcp_job_is_in_whole(job) && !mapcp_entry_copy_spare_made(job, status, error)) {
        return VERDICT_FAILED;
    }
    if (job->decision == MAPCP_DECISION_SKIP) {
        return skip(job, status, size_of(status), error) ? VERDICT_FINISHED : VERDICT_FAILED;
    }
    // A hard link takes no bytes. If it cannot be made, begin_file checks the size.
    if (!mapcp_limits_allow_entry(&job->options, &job->copied, error) ||
        (!find_linkable(job, status) && !allows_size(job, status, error))) {
        return VERDICT_FAILED;
    }
    if (!job->options.dry_run) {
        return VERDICT_COPY;
    }
    return would_copy(job, status, error) && complete_dry(job, status, error) ? VERDICT_FINISHED
                                                                              : VERDICT_FAILED;
}

/// Opens the source of the current entry, unless the decision is not to copy it.
static enum verdict open_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_place place = job->entry.source;
    const bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    struct mapcp_source *source = &job->file.source;
    struct stat status;
    // Under these options a second run skips most files. So the source is not opened before the decision.
    const bool may_skip = job->options.dry_run ||
                          (!mapcp_job_is_in_whole(job) &&
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

/// Discards a copy whose target another process has made during the copy. Its bytes were copied, so they
/// still count.
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

// --- Files -------------------------------------------------------------------------------------------------

/// Makes the current entry, whose source is open, a hard link to the copy of another of its names. Returns
/// VERDICT_COPY if that is impossible.
static enum verdict link_file(struct mapcp_job *job, struct mapcp_error *error) {
    const struct stat status = job->file.source.status;
    struct mapcp_hard_link *link = find_linkable(job, &status);
    if (!link) {
        return VERDICT_COPY;
    }
    struct mapcp_terms terms = terms_of(job, &status);
    switch (mapcp_hard_links_make(&job->hard_links, link, mapcp_tree_target_root(&job->tree), &terms,
                                  &job->file.temporary, &job->namer, error)) {
    case MAPCP_HARD_LINK_MADE:
        break;
    case MAPCP_HARD_LINK_IMPOSSIBLE:
        return VERDICT_COPY;
    default:
        return VERDICT_FAILED;
    }
    enum mapcp_change change = MAPCP_CHANGE_NONE;
    bool skipped = false;
    if (!mapcp_source_compare(&job->file.source, &change, error) ||
        (change != MAPCP_CHANGE_NONE && !mapcp_fail_because(error, MAPCP_OPERATION_MAP, MAPCP_SIDE_SOURCE,
                                                            MAPCP_CODE_SOURCE_CHANGED, MAPCP_CHANGED)) ||
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
    if (!allows_size(job, &job->file.source.status, error) ||
        !mapcp_file_copy_begin(&job->file, entry->target, is_made_in_place(job), &job->copied, &job->namer,
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

bool mapcp_entry_copy_begin_stream(struct mapcp_job *job, struct mapcp_error *error) {
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
        return false;
    }
    return skipped ? skip_copy(job, &status, error) : complete_entry(job, &status, 0, error);
}

bool mapcp_entry_copy_begin(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                            struct mapcp_error *error) {
    job->entry = *entry;
    // If the last entry failed after its link was refused, nothing has taken the reason.
    job->hard_links.refused = 0;
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
         !mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS)) ||
        (!job->in_tree && !mapcp_approach_confirm(job, error))) {
        return false;
    }
    const struct mapcp_temporary *temporary = &job->file.temporary;
    struct stat made;
    const bool remembers = has_other_names(job, status) &&
                           fstatat(temporary->directory, temporary->name, &made, AT_SYMLINK_NOFOLLOW) == 0;
    if (!mapcp_commit(&job->file.temporary, &terms, &skipped, error)) {
        return false;
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

bool mapcp_entry_copy_window(struct mapcp_job *job, uint64_t *spent) {
    job->progress.waits = mapcp_file_copy_waits(&job->file, &job->options);
    if (job->progress.waits) {
        return true;
    }
    if (mapcp_file_copy_asks(&job->file, &job->options)) {
        job->progress.asks = true;
        job->progress.asked_file = job->file.source.status.st_ino;
        job->progress.asked_offset = job->file.copied;
        return true;
    }
    struct mapcp_error error;
    uint64_t before = job->file.copied;
    uint64_t passed_before = job->file.passed;
    uint64_t verified_before = job->file.verified;
    bool good = true;
    if (!mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_window(&job->file, &job->options, &error);
        uint64_t worked = job->file.copied - before + job->file.verified - verified_before;
        mapcp_count(&job->progress.bytes_done, worked);
        *spent += worked - (job->file.passed - passed_before);
    }
    if (good && mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = finish_file(job, &error);
    }
    return good || mapcp_job_go_on_or_fail(job, &error, job->options.keep_going);
}

void mapcp_entry_copy_measure(struct mapcp_job *job, const struct mapcp_tree_entry *entry) {
    struct stat status;
    struct mapcp_error ignored;
    bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    // If this fails, the copy of the entry will fail as well, and report it.
    if (entry->kind != MAPCP_TREE_SPECIAL && mapcp_stat_source(entry->source, follow, &status, &ignored)) {
        job->progress.files_total++;
        mapcp_count(&job->progress.bytes_total, work_for(job, size_of(&status)));
    }
}
