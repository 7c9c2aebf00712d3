#ifndef MAPCP_TREE_COPY_H
#define MAPCP_TREE_COPY_H

// The copy of a tree: walks source and target side by side (tree.h) and copies each entry that it finds
// (entry_copy.h). If requested, it walks the source once before that, to measure it.
//
// A tree that must appear as a whole is copied under a temporary name and renamed at the end (whole_tree.h).
// If the job fails, further steps remove it, and the last one returns the error. See job_state.h.

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "job_state.h"

/// Begins to copy the source, a directory that has this status. Sets the job's state. If the target must stay
/// as it is, ends the job.
bool mapcp_tree_copy_begin(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error);

/// Inspects one entry of the old tree. For MAPCP_JOB_INSPECTING.
bool mapcp_tree_copy_inspect(struct mapcp_job *job, uint64_t *spent);

/// Measures one entry of the source. For MAPCP_JOB_MEASURING.
bool mapcp_tree_copy_measure(struct mapcp_job *job, uint64_t *spent);

/// Goes on to the next entry, and begins to copy it. Commits a tree that must appear as a whole after the
/// last one. For MAPCP_JOB_WALKING.
bool mapcp_tree_copy_walk(struct mapcp_job *job, uint64_t *spent);

/// Gives a complete tree that must appear as a whole its name. For MAPCP_JOB_COMMITTING.
bool mapcp_tree_copy_commit(struct mapcp_job *job);

/// Removes one entry of the old tree after the commit. For MAPCP_JOB_REMOVING.
bool mapcp_tree_copy_remove_old(struct mapcp_job *job, uint64_t *spent);

/// Removes one entry of an unfinished tree, and fails after the last. For MAPCP_JOB_UNDOING.
bool mapcp_tree_copy_undo(struct mapcp_job *job, uint64_t *spent);

#endif
