// One file or link of a job.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias.h"
#include "commit.h"
#include "job.h"
#include "link_copy.h"

/// Keeps account of the current entry, where that is asked for.
bool mapcp_job_note(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
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

uint64_t mapcp_job_sum(uint64_t sum, uint64_t amount) {
    return amount > UINT64_MAX - sum ? UINT64_MAX : sum + amount;
}

uint64_t mapcp_job_work_for(const struct mapcp_job *job, uint64_t bytes) {
    return job->options.verify ? mapcp_job_sum(bytes, bytes) : bytes;
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
    uncount(&job->progress.bytes_total, mapcp_job_work_for(job, bytes));
    uncount(&job->progress.files_total, 1);
    leave_entry(job);
    return mapcp_job_note(job, kind_of(status), true, 0, error);
}

static bool complete_entry(struct mapcp_job *job, const struct stat *status, uint64_t bytes,
                           struct mapcp_error *error) {
    const int refused = job->file.temporary.times_refused;
    job->progress.files_done++;
    job->progress.bytes_in_place = mapcp_job_sum(job->progress.bytes_in_place, bytes);
    leave_entry(job);
    return mapcp_job_remember_made(job, status, error) &&
           mapcp_job_note(job, kind_of(status), false, bytes, error) &&
           (refused != 0 ? mapcp_job_warn_of_refused_times(job, refused, error)
                         : mapcp_job_warn_of_times(job, status, true, error));
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
        if (!mapcp_job_leave_undecided(job, error)) {
            return false;
        }
        job->decision = MAPCP_DECISION_SKIP;
    }
    if (!mapcp_job_spare_made(job, status, error)) {
        return false;
    }
    if (job->decision == MAPCP_DECISION_SKIP) {
        *over = skip(job, status, S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0, error);
        return *over;
    }
    if (job->options.dry_run) {
        uint64_t bytes = S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
        job->progress.bytes_done = mapcp_job_sum(job->progress.bytes_done, mapcp_job_work_for(job, bytes));
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
        job->progress.bytes_total = mapcp_job_work_for(job, job->file.size);
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

bool mapcp_job_begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
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
    return (!job->options.sync || job->in_tree || sync_parent(job, error)) &&
           complete_entry(job, status, job->file.size, error);
}

/// Copies one window, and finishes the file with the last. Adds what it cost to `*spent`.
bool mapcp_job_work_on_file(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    uint64_t before = job->file.copied;
    uint64_t verified_before = job->file.verified;
    bool good = true;
    if (!mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = mapcp_file_copy_window(&job->file, &job->options, &error);
        uint64_t worked = job->file.copied - before + job->file.verified - verified_before;
        job->progress.bytes_done = mapcp_job_sum(job->progress.bytes_done, worked);
        *spent += worked;
    }
    if (good && mapcp_file_copy_is_complete(&job->file, &job->options)) {
        good = finish_file(job, &error);
    }
    return good || mapcp_job_settle_entry(job, &error);
}
