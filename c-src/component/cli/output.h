#ifndef MAPCP_OUTPUT_H
#define MAPCP_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_job.h"
#include "grammar.h"

/// An amount of work, still to do or done.
struct mapcp_amount {
    uint64_t bytes;
    /// Files and links.
    uint64_t files;
};

/// The progress bar, a line on standard error. Initially all members except `started` are zero.
struct mapcp_bar {
    /// When copying began, by mapcp_milliseconds.
    uint64_t started;
    /// When the bar was last drawn; 0 if it is not on the screen.
    uint64_t shown;
};

/// Returns a monotonic time in milliseconds, or 0 if there is no clock.
uint64_t mapcp_milliseconds(void);

/// What the command line prints about copies: text for people, or JSON for programs.
struct mapcp_output {
    const struct mapcp_invocation *invocation;
    /// Whether to show progress.
    bool wants_progress;
    /// Whether to print entries.
    bool wants_entries;
    /// When progress was last shown, by mapcp_milliseconds; 0 if it never was.
    uint64_t last_shown;
    /// When the command began, by mapcp_milliseconds.
    uint64_t started;
    /// The work done by the copies before the current one.
    struct mapcp_amount before;
    /// The expected work of the copies after the current one.
    struct mapcp_amount after;
    struct mapcp_bar bar;
};

/// Returns an output with the invocation's settings. The invocation must outlive it.
struct mapcp_output mapcp_output_new(const struct mapcp_invocation *invocation);

/// Shows that sources are being counted, at most thirty times a second. `path` is the current one.
void mapcp_output_counting(struct mapcp_output *output, const char *path);

/// Begins the next copy, and takes its `expected` work out of `after`.
void mapcp_output_begin(struct mapcp_output *output, struct mapcp_amount expected);

/// Shows the progress of all copies together; `job` is the current one. Shows it at most thirty times a
/// second, and always at the end of a copy.
void mapcp_output_progress(struct mapcp_output *output, const struct mapcp_job *job);

/// Ends the current copy, and adds its work to `before`.
void mapcp_output_end(struct mapcp_output *output, const struct mapcp_progress *progress);

/// Prints an error, or a warning unless --quiet was given.
void mapcp_output_error(struct mapcp_output *output, const struct mapcp_copy_error *error, bool is_warning);

/// Prints an entry that was copied or skipped, or would be in a dry run.
void mapcp_output_entry(struct mapcp_output *output, const struct mapcp_entry *entry);

/// Under --json, prints the report of a copy, unless --quiet was given.
void mapcp_output_report(struct mapcp_output *output, const char *source, const char *target,
                         const struct mapcp_progress *progress, uint64_t milliseconds);

/// Prints an error that is not about one copy, such as one of reading a list, and that ends all copies.
void mapcp_output_cause(struct mapcp_output *output, const struct mapcp_copy_error *error);

/// Removes the progress bar.
void mapcp_output_close(struct mapcp_output *output);

/// Prints an error that is not about a copy, as those of --clean are: a sentence on standard error, or with
/// `json` an object on standard output.
void mapcp_print_cause(const struct mapcp_copy_error *error, bool json);

#endif
