#ifndef MAPCP_APPROACH_H
#define MAPCP_APPROACH_H

// What a job does before it copies anything: it goes along the way to the target, refuses a target in the
// source and names that are not portable, and makes the directories that are missing. See way.h and
// job_state.h.

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "job_state.h"

/// Begins. The source has the status `job->given_status`.
bool mapcp_approach_begin(struct mapcp_job *job, struct mapcp_error *error);

/// Takes a step, and adds its cost to `spent`. Sets `*done` after the last one.
bool mapcp_approach_step(struct mapcp_job *job, uint64_t *spent, bool *done, struct mapcp_error *error);

/// Refuses the target again if its name, or that of a missing directory on the way to it, is not portable but
/// must be. Others can create a name beside it during a copy. This is one step, because the name must be made
/// right after it.
bool mapcp_approach_confirm(struct mapcp_job *job, struct mapcp_error *error);

#endif
