#ifndef MAPCP_JOB_STATE_H
#define MAPCP_JOB_STATE_H

// The state of a copy job, which the parts of a job share: copy_job.c starts and steps it, tree_copy.c walks,
// entry_copy.c copies an entry, and job_errors.c handles errors.
//
// In these files, a function that takes an `error` returns false and sets it on failure. One that takes
// `spent` adds the cost of its work to it, and returns false if the job has failed.

#include <stdbool.h>
#include <stdint.h>

#include "copy_job.h"
#include "file_copy.h"
#include "hard_links.h"
#include "list.h"
#include "made.h"
#include "names.h"
#include "path.h"
#include "target.h"
#include "temporary.h"
#include "times.h"
#include "tree.h"
#include "way.h"
#include "whole_tree.h"

// The cost of an entry in a step's budget, besides its bytes. Opening and naming a file takes as long as
// copying this many bytes.
#define MAPCP_ENTRY_COST 262144

/// What a job does next.
enum mapcp_job_state {
    MAPCP_JOB_WAITING,
    /// Going along the way to the target.
    MAPCP_JOB_APPROACHING,
    /// Listing the directory on that way that the first new name is compared with.
    MAPCP_JOB_COMPARING,
    /// Making the directories that are missing on the way.
    MAPCP_JOB_MAKING_PARENTS,
    /// Walking the old tree, which the new one will replace as a whole.
    MAPCP_JOB_INSPECTING,
    /// Walking the source to measure it.
    MAPCP_JOB_MEASURING,
    /// Walking source and target, between two entries.
    MAPCP_JOB_WALKING,
    /// Copying the windows of a file.
    MAPCP_JOB_COPYING,
    /// Giving the complete tree, which must appear as a whole, its name.
    MAPCP_JOB_COMMITTING,
    /// Removing the old tree, which the new one has replaced as a whole.
    MAPCP_JOB_REMOVING,
    /// Removing an unfinished tree that must appear as a whole, before the job fails.
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
    struct mapcp_hard_links hard_links;
    /// The current entry, and what was decided about it.
    struct mapcp_tree_entry entry;
    enum mapcp_decision decision;
    struct mapcp_namer namer;
    /// The names beside the target, if names must be portable, and the listing that they are read from.
    struct mapcp_name_set beside;
    struct mapcp_listing *listing;
    /// The directory that gets the copies of the run, for `options.made`.
    struct mapcp_made_directory directory_of_run;
    /// How the target's directory keeps times, if the source is not a directory.
    struct mapcp_timekeeping keeping;
    /// The way to the target, with the directories that the job made. If a directory was missing, or could
    /// not be reached, `way_end` says so.
    struct mapcp_way way;
    enum mapcp_way_event way_end;
    /// Whether the target is in the source, a directory, and the offset of the way's first name below it. The
    /// offset is 0 if it is unknown.
    bool is_inside_source;
    size_t inside_from;
    /// The status of the source when the job began.
    struct stat given_status;
    struct mapcp_progress progress;
    /// The work of the current step that copies nothing, in entries that are listed and left out.
    uint32_t passed;
    /// The amounts that this job and earlier ones have copied, for the limits.
    struct mapcp_amounts copied;
    /// Why the job failed.
    struct mapcp_copy_error error;
    /// Reports that the host has not taken yet: errors and warnings after which the job went on, and finished
    /// entries.
    struct mapcp_copy_errors errors;
    struct mapcp_entries entries;
};

/// Whether the current entry is in a tree that must appear as a whole.
static inline bool mapcp_job_is_in_whole(const struct mapcp_job *job) {
    return job->in_tree && job->options.atomic == MAPCP_ATOMICITY_TREE;
}

#endif
