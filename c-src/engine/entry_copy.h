#ifndef MAPCP_ENTRY_COPY_H
#define MAPCP_ENTRY_COPY_H

// The copy of one entry of a job: a file, a link or a stream. Decides about its target (target.h), copies its
// content (file_copy.h), commits it, and reports it. See job_state.h.

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "job_state.h"
#include "report.h"

/// Makes `entry` the current one, and copies it if it is a link, or begins to copy it if it is a file.
bool mapcp_entry_copy_begin(struct mapcp_job *job, const struct mapcp_tree_entry *entry,
                            struct mapcp_error *error);

/// Begins to copy the current entry, a stream, whose content the host passes.
bool mapcp_entry_copy_begin_stream(struct mapcp_job *job, struct mapcp_error *error);

/// Copies one window of the current entry, and commits it after the last.
bool mapcp_entry_copy_window(struct mapcp_job *job, uint64_t *spent);

/// Adds an entry, which need not be the current one, to the totals of the progress.
void mapcp_entry_copy_measure(struct mapcp_job *job, const struct mapcp_tree_entry *entry);

/// Reports that the current entry is finished, if requested.
bool mapcp_entry_copy_report(struct mapcp_job *job, enum mapcp_entry_kind kind, bool skipped, uint64_t bytes,
                             struct mapcp_error *error);

/// Changes the decision about the current entry if it would replace a file that a job of the same run made.
/// If that is a copy of the same source, the entry is skipped. Otherwise this fails.
bool mapcp_entry_copy_spare_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error);

/// Remembers that the current entry is in place, so that other jobs of the run do not replace it.
bool mapcp_entry_copy_remember_made(struct mapcp_job *job, const struct stat *source,
                                    struct mapcp_error *error);

#endif
