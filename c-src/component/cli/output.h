#ifndef MAPCP_OUTPUT_H
#define MAPCP_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_job.h"
#include "grammar.h"

/// How much copies have to do, or have done.
struct mapcp_amount {
    uint64_t bytes;
    /// Files and links.
    uint64_t files;
};

/// A line on standard error that shows how far copies have come. All zeros but `started` at first.
struct mapcp_bar {
    /// Since when bytes have been copied, by mapcp_milliseconds.
    uint64_t started;
    /// When it was last shown; 0 if it is not.
    uint64_t shown;
};

/// Milliseconds since some moment.
uint64_t mapcp_milliseconds(void);

/// What the command line prints about copies: text for people, or JSON for programs.
struct mapcp_output {
    const struct mapcp_invocation *invocation;
    /// Whether there is progress to show.
    bool wants_progress;
    /// Whether it prints entries.
    bool wants_entries;
    /// When progress was last shown, by mapcp_milliseconds; 0 before the first time.
    uint64_t told;
    /// When the work began.
    uint64_t started;
    /// What the copies before the current one have done, and what is expected of those after it.
    struct mapcp_amount before;
    struct mapcp_amount after;
    struct mapcp_bar bar;
};

/// What prints as the invocation says, which must outlive it.
struct mapcp_output mapcp_output_new(const struct mapcp_invocation *invocation);

/// Shows that what will be copied is counted, at most some thirty times a second.
void mapcp_output_counting(struct mapcp_output *output, const char *path);

/// Begins with the next copy, of which so much was expected.
void mapcp_output_begin(struct mapcp_output *output, struct mapcp_amount expected);

/// Shows how far all copies have come, of which `job` is the current one: at most some thirty times a second,
/// and at the end of each.
void mapcp_output_progress(struct mapcp_output *output, const struct mapcp_job *job);

/// Notes that a copy is over, which has come so far.
void mapcp_output_end(struct mapcp_output *output, const struct mapcp_progress *progress);

/// Says what could not be copied.
void mapcp_output_problem(struct mapcp_output *output, const struct mapcp_copy_error *problem,
                          bool is_warning);

/// Says that an entry is done with, or would be.
void mapcp_output_entry(struct mapcp_output *output, const struct mapcp_entry *entry);

/// Says to programs what a copy has done, which took so many milliseconds.
void mapcp_output_report(struct mapcp_output *output, const char *source, const char *target,
                         const struct mapcp_progress *progress, uint64_t milliseconds);

/// Takes the bar away.
void mapcp_output_close(struct mapcp_output *output);

/// Prints what could not be cleaned: a sentence on standard error, or under --json an object on standard
/// output.
void mapcp_print_clean_problem(const struct mapcp_copy_error *problem, bool json);

#endif
