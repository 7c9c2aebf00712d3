#ifndef MAPCP_JOB_H
#define MAPCP_JOB_H

// What a job is made of, for the files that work on it; copy_job.h is for those that have one.

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "copy_job.h"
#include "file_copy.h"
#include "path.h"
#include "report.h"
#include "target.h"
#include "tree.h"

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

// --- job_failure.c ---

/// If times are to be kept, warns of the current entry if its source's time of modification may be none that
/// WASI has, or, if it is in place, none that its file system has. On failure returns false and sets `error`.
bool mapcp_job_warn_of_times(struct mapcp_job *job, const struct stat *status, bool is_in_place,
                             struct mapcp_error *error);

/// Warns of the current entry, whose times the file system refused to set with this errno value. On failure
/// returns false and sets `error`.
bool mapcp_job_warn_of_refused_times(struct mapcp_job *job, int number, struct mapcp_error *error);

/// Leaves out the current entry of a tree, with a warning, if it could not be decided which of source and
/// target is newer. Returns false on any other failure, which stays in `error`.
bool mapcp_job_leave_undecided(struct mapcp_job *job, struct mapcp_error *error);

/// Ends the job, whose current entry failed. Always returns false, for the caller to return.
bool mapcp_job_fail(struct mapcp_job *job, const struct mapcp_error *error);

/// After a failure on the current entry: in a tree goes on behind it where `goes_on` says so, and otherwise
/// ends the job and returns false.
bool mapcp_job_settle(struct mapcp_job *job, const struct mapcp_error *error, bool goes_on);

/// The same, where it is for the options to say.
bool mapcp_job_settle_entry(struct mapcp_job *job, const struct mapcp_error *error);

// --- job_entry.c ---

/// The sum of two counts; the largest there can be where it would be larger: sparse files can have as many
/// bytes as they like.
uint64_t mapcp_job_sum(uint64_t sum, uint64_t amount);

/// What the progress counts for so many bytes: with `verify` each is copied, and then compared.
uint64_t mapcp_job_work_for(const struct mapcp_job *job, uint64_t bytes);

/// Keeps account of the current entry, where that is asked for. On failure returns false and sets `error`.
bool mapcp_job_note(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
                    struct mapcp_error *error);

/// Decides about an entry, and begins to copy it: a link is in place then, a file is worked on. On failure
/// returns false and sets `error`.
bool mapcp_job_begin_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                           struct mapcp_error *error);

/// Copies one window, and finishes the file with the last. Adds what it cost to `*spent`. Returns false when
/// the job has failed.
bool mapcp_job_work_on_file(struct mapcp_job *job, uint64_t *spent);

// --- job_made.c ---

/// Looks whether what the current entry would replace was made by a job of the same run: then it fails, or is
/// skipped if it is a copy of the same source. On failure returns false and sets `error`.
bool mapcp_job_spare_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error);

/// Remembers that the current entry is in place. On failure returns false and sets `error`.
bool mapcp_job_remember_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error);

// --- job_walk.c ---

/// Begins with the root directory of a tree: measures it, or copies it. On failure returns false and sets
/// `error`.
bool mapcp_job_begin_walk(struct mapcp_job *job, struct mapcp_error *error);

/// Measures one entry. Adds what it cost to `*spent`. Returns false when the job has failed.
bool mapcp_job_measure(struct mapcp_job *job, uint64_t *spent);

/// Goes on to the next entry and begins to copy it. Adds what it cost to `*spent`. Returns false when the job
/// has failed.
bool mapcp_job_walk(struct mapcp_job *job, uint64_t *spent);

#endif
