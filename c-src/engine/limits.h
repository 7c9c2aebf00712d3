#ifndef MAPCP_LIMITS_H
#define MAPCP_LIMITS_H

// Limits on the amounts that a job copies. Each is checked before the entry that would exceed it is created,
// and again for the bytes that are really read.

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "options.h"

/// Whether the options allow one more entry besides what is copied. If not, sets `error`.
bool mapcp_limits_allow_entry(const struct mapcp_options *options, const struct mapcp_amounts *copied,
                              struct mapcp_error *error);

/// Whether the options allow a file of `size` bytes besides what is copied. If not, sets `error`.
bool mapcp_limits_allow_size(const struct mapcp_options *options, const struct mapcp_amounts *copied,
                             uint64_t size, struct mapcp_error *error);

/// Whether the options allow an entry whose path below the source has `depth` names. If not, sets `error`.
bool mapcp_limits_allow_depth(const struct mapcp_options *options, uint64_t depth, struct mapcp_error *error);

/// Whether the options allow the job to make this many directories on the way to the target. If not, sets
/// `error`.
bool mapcp_limits_allow_parents(const struct mapcp_options *options, uint64_t count,
                                struct mapcp_error *error);

/// Whether the options allow the job to list this many entries, including those that it does not copy. If
/// not, sets `error`.
bool mapcp_limits_allow_listed(const struct mapcp_options *options, uint64_t listed,
                               struct mapcp_error *error);

/// Whether an error is about a limit on the whole copy, so that no other entry can be copied either.
bool mapcp_limits_end_job(const struct mapcp_error *error);

/// The reason of an error about a limit, with the limit's value; otherwise NULL. The caller must free it.
/// NULL also if memory runs out.
char *mapcp_limits_reason(const struct mapcp_error *error);

#endif
