#include "run.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies.h"
#include "copy_job.h"
#include "output.h"
#include "patterns.h"

/// Bytes of a step where progress is shown after each: some ten milliseconds of work.
#define STEP_BYTES (8 * 1024 * 1024)

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/// Prints the problems that a job went on after; false where one was more than a warning.
static bool put_problems(struct mapcp_job *job, struct mapcp_output *output) {
    struct mapcp_problems problems = mapcp_job_take_problems(job);
    bool good = true;
    for (size_t index = 0; index < problems.count; index++) {
        bool is_warning = mapcp_problem_is_warning(&problems.items[index]);
        good = good && is_warning;
        mapcp_output_problem(output, &problems.items[index], is_warning);
    }
    mapcp_problems_free(&problems);
    return good;
}

static void put_entries(struct mapcp_job *job, struct mapcp_output *output) {
    struct mapcp_entries entries = mapcp_job_take_entries(job);
    for (size_t index = 0; index < entries.count; index++) {
        mapcp_output_entry(output, &entries.items[index]);
    }
    mapcp_entries_free(&entries);
}

/// Works on a job to its end. False where something was not copied; whether it came to its end says `done`.
static bool run_job(struct mapcp_job *job, struct mapcp_output *output) {
    // Also without progress by steps, so that problems are printed as they are met and need not be kept.
    const uint64_t budget = output->wants_progress ? STEP_BYTES : UINT32_MAX;
    bool good = true;
    do {
        const bool stepped = mapcp_job_step(job, budget);
        put_entries(job, output);
        good = put_problems(job, output) && good;
        if (!stepped) {
            mapcp_output_problem(output, mapcp_job_failure(job), false);
            return false;
        }
        mapcp_output_progress(output, job);
    } while (!mapcp_job_progress(job)->done);
    return good;
}

/// Measures what a copy will do. What is wrong with it, the copy itself says.
static void measure(struct mapcp_copy *copy, const struct mapcp_flags *flags, struct mapcp_output *output) {
    struct mapcp_options options = flags->options;
    options.measure = true;
    options.dry_run = true;
    struct mapcp_job *job = mapcp_job_new(copy->source, copy->target, &options);
    bool known = false;
    while (job && !known && mapcp_job_step(job, 1)) {
        const struct mapcp_progress *progress = mapcp_job_progress(job);
        known = progress->totals_known;
        if (known) {
            copy->expected = (struct mapcp_amount){progress->bytes_total, progress->files_total};
        } else {
            mapcp_output_counting(output, mapcp_job_current_path(job));
        }
    }
    mapcp_job_free(job);
    output->after.bytes += copy->expected.bytes;
    output->after.files += copy->expected.files;
}

static bool run_copy(const struct mapcp_copy *copy, const struct mapcp_options *options,
                     struct mapcp_output *output) {
    const uint64_t started = mapcp_milliseconds();
    struct mapcp_job *job = mapcp_job_new(copy->source, copy->target, options);
    if (!job) {
        fputs("mapcp: out of memory\n", stderr);
        return false;
    }
    mapcp_output_begin(output, copy->expected);
    const bool copied = run_job(job, output);
    const struct mapcp_progress *progress = mapcp_job_progress(job);
    mapcp_output_end(output, progress);
    if (progress->done) {
        mapcp_output_report(output, copy->source, copy->target, progress, mapcp_milliseconds() - started);
    }
    mapcp_job_free(job);
    return copied;
}

static bool run_copies(struct mapcp_copies *copies, const struct mapcp_flags *flags) {
    struct mapcp_output output = mapcp_output_new(flags);
    struct mapcp_made made = {.files = NULL};
    struct mapcp_options options = flags->options;
    options.measure = output.wants_progress;
    options.report_entries = output.wants_entries;
    options.made = mapcp_copies_may_meet(copies) ? &made : NULL;
    // A single copy measures by itself.
    for (size_t index = 0; copies->count > 1 && output.wants_progress && index < copies->count; index++) {
        measure(&copies->items[index], flags, &output);
    }
    output.bar.started = mapcp_milliseconds();
    bool good = true;
    for (size_t index = 0; index < copies->count && (good || options.keep_going); index++) {
        good = run_copy(&copies->items[index], &options, &output) && good;
    }
    mapcp_bar_remove(&output.bar);
    mapcp_made_free(&made);
    return good;
}

/// Prints why there is nothing to copy into; returns false where that is so.
static bool check_names(const struct mapcp_flags *flags, int count, const char *target,
                        bool is_into_directory) {
    if (count == 0) {
        return mapcp_refuse("there is no TARGET after", target);
    }
    if (count > 1 && flags->target_is_path) {
        return mapcp_refuse("with -T there is one name too many:", target);
    }
    if (flags->target_directory && !is_into_directory) {
        return mapcp_refuse("-t needs a directory, and this is none:", target);
    }
    return count == 1 || is_into_directory ||
           mapcp_refuse("several sources need a directory as TARGET, and this is none:", target);
}

/// Whether the copies go into `target`, under their own names. A directory that was named as one may still
/// have to be made.
static bool goes_into(const char *target, const struct mapcp_flags *flags) {
    const bool will_be_made = flags->target_directory && flags->options.make_parents;
    return !flags->target_is_path && (is_directory(target) || (will_be_made && access(target, F_OK) != 0));
}

bool mapcp_copy_all(const struct mapcp_flags *flags) {
    const int count = flags->name_count - (flags->target_directory ? 0 : 1);
    const char *target = flags->target_directory ? flags->target_directory : flags->names[count];
    const bool is_into_directory = goes_into(target, flags);
    if (!check_names(flags, count, target, is_into_directory)) {
        return false;
    }
    mapcp_warn_of_patterns(flags, flags->names, (size_t)count);
    struct mapcp_copies copies;
    bool good = mapcp_copies_new(&copies, flags->names, (size_t)count, target, is_into_directory);
    if (!good) {
        fputs("mapcp: out of memory\n", stderr);
    }
    good = good && run_copies(&copies, flags);
    mapcp_copies_free(&copies);
    return good;
}
