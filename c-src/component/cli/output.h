#ifndef MAPCP_OUTPUT_H
#define MAPCP_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "bar.h"
#include "copy_job.h"
#include "flags.h"

/// All that the command line prints of copies: text for people, or JSON for programs.
struct mapcp_output {
    const struct mapcp_flags *flags;
    /// Whether mapcp_output_progress does anything.
    bool wants_progress;
    /// Whether it is to be told of entries.
    bool wants_entries;
    /// When the last progress was told, by mapcp_milliseconds; 0 before the first.
    uint64_t told;
    struct mapcp_bar bar;
};

/// What prints as the flags say, which must outlive it.
struct mapcp_output mapcp_output_new(const struct mapcp_flags *flags);

/// Shows how far a job has come, at most some thirty times a second and at its end.
void mapcp_output_progress(struct mapcp_output *output, const struct mapcp_job *job);

/// Says what could not be copied.
void mapcp_output_problem(struct mapcp_output *output, const struct mapcp_problem *problem, bool is_warning);

/// Says that an entry is done with, or would be.
void mapcp_output_entry(struct mapcp_output *output, const struct mapcp_entry *entry);

/// Says to programs what a copy has done, which took so many milliseconds.
void mapcp_output_report(struct mapcp_output *output, const char *source, const char *target,
                         const struct mapcp_progress *progress, uint64_t milliseconds);

#endif
