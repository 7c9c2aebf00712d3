// One file or link of a job.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"
#include "link_copy.h"
#include "target.h"

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
    return S_ISLNK(status->st_mode) ? MAPCP_LINK : MAPCP_FILE;
}

static void uncount(uint64_t *total, uint64_t amount) {
    *total -= *total < amount ? *total : amount;
}

static void leave_entry(struct mapcp_job *job) {
    job->state = job->in_tree ? MAPCP_JOB_WALKING : MAPCP_JOB_DONE;
}

static bool skip(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    job->progress.skipped++;
    uncount(&job->progress.bytes_total, (uint64_t)status->st_size);
    uncount(&job->progress.files_total, 1);
    leave_entry(job);
    return mapcp_job_note(job, kind_of(status), true, 0, error);
}

static bool complete_entry(struct mapcp_job *job, const struct stat *status, struct mapcp_error *error) {
    job->progress.files_done++;
    leave_entry(job);
    return mapcp_job_note(job, kind_of(status), false,
                          S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0, error);
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

static bool begin_file(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                       struct mapcp_error *error) {
    bool follow = job->options.symlinks == MAPCP_FOLLOW_LINKS;
    bool over = false;
    // Where entries may be skipped, most of them are, in a second run; so those are not opened first.
    bool looks_first = job->options.dry_run || job->options.overwrite != MAPCP_OVERWRITE_ALWAYS;
    if (looks_first) {
        struct stat status;
        if (!mapcp_source_look(entry->source, follow, &status, error) ||
            !mapcp_source_check(&status, error) || !decide(job, entry, &status, &over, error) || over) {
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
    job->state = MAPCP_JOB_COPYING;
    return true;
}

static bool copy_link(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                      struct mapcp_error *error) {
    struct stat status;
    bool over = false;
    if (!mapcp_source_look(entry->source, false, &status, error) ||
        !decide(job, entry, &status, &over, error)) {
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

bool mapcp_job_begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
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
bool mapcp_job_work_on_file(struct mapcp_job *job, uint64_t *spent) {
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
    return good || mapcp_job_settle_entry(job, &error);
}
