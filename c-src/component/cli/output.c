#include "output.h"

#include <stdio.h>

#include "json.h"
#include "problems.h"
#include "text.h"

/// Shorter work than this, in milliseconds, needs no bar.
#define BAR_DELAY 500

/// Milliseconds between two reports: no more than a person can follow.
#define REPORT_INTERVAL 34

/// A bar where there is somebody to see it, and always for programs, unless the flags say otherwise.
static bool wants_progress(const struct mapcp_flags *flags) {
    if (flags->progress == MAPCP_SHOWN_BY_DEFAULT) {
        return !flags->quiet && (flags->json || mapcp_can_draw());
    }
    return flags->progress == MAPCP_SHOWN;
}

struct mapcp_output mapcp_output_new(const struct mapcp_flags *flags) {
    const uint64_t now = mapcp_milliseconds();
    return (struct mapcp_output){
        .flags = flags,
        .wants_progress = wants_progress(flags),
        .wants_entries = flags->verbose && !flags->quiet,
        .started = now,
        .bar.started = now,
    };
}

static void put_progress_json(const struct mapcp_progress *progress, const char *path) {
    mapcp_json_begin("progress");
    mapcp_json_number("bytesDone", progress->bytes_done);
    if (progress->totals_known) {
        mapcp_json_number("bytesTotal", progress->bytes_total);
    }
    mapcp_json_number("filesDone", progress->files_done);
    if (progress->totals_known) {
        mapcp_json_number("filesTotal", progress->files_total);
    }
    mapcp_json_string("currentPath", path);
    mapcp_json_end();
}

/// Shows the progress of all copies. Unless one of them is done, it may be left out.
static void put_progress(struct mapcp_output *output, const struct mapcp_progress *progress,
                         const char *path) {
    const uint64_t now = mapcp_milliseconds();
    if (!output->wants_progress || (!progress->done && now - output->told < REPORT_INTERVAL)) {
        return;
    }
    output->told = now;
    if (!progress->totals_known) {
        // The rate is that of copying alone.
        output->bar.started = now;
    }
    if (output->flags->json) {
        put_progress_json(progress, path);
    } else if (output->flags->progress == MAPCP_SHOWN || now - output->started >= BAR_DELAY) {
        mapcp_bar_show(&output->bar, progress, path);
    }
}

void mapcp_output_counting(struct mapcp_output *output, const char *path) {
    const struct mapcp_progress nothing_yet = {.done = false};
    put_progress(output, &nothing_yet, path);
}

void mapcp_output_begin(struct mapcp_output *output, struct mapcp_amount expected) {
    output->after.bytes -= expected.bytes;
    output->after.files -= expected.files;
}

void mapcp_output_progress(struct mapcp_output *output, const struct mapcp_job *job) {
    struct mapcp_progress progress = *mapcp_job_progress(job);
    progress.bytes_done += output->before.bytes;
    progress.bytes_total += output->before.bytes + output->after.bytes;
    progress.files_done += output->before.files;
    progress.files_total += output->before.files + output->after.files;
    put_progress(output, &progress, mapcp_job_current_path(job));
}

void mapcp_output_end(struct mapcp_output *output, const struct mapcp_progress *progress) {
    output->before.bytes += progress->bytes_done;
    output->before.files += progress->files_done;
}

void mapcp_output_problem(struct mapcp_output *output, const struct mapcp_problem *problem, bool is_warning) {
    if (is_warning && output->flags->quiet) {
        return;
    }
    mapcp_bar_remove(&output->bar);
    mapcp_print_problem(problem, is_warning, output->flags->json);
}

static void put_report_json(const char *source, const char *target, const struct mapcp_progress *progress,
                            uint64_t milliseconds) {
    mapcp_json_begin("report");
    mapcp_json_string("source", source);
    mapcp_json_string("target", target);
    mapcp_json_number("bytes", progress->bytes_in_place);
    mapcp_json_number("files", progress->files_done);
    mapcp_json_number("directories", progress->directories);
    mapcp_json_number("skipped", progress->skipped);
    mapcp_json_number("milliseconds", milliseconds);
    mapcp_json_end();
}

static void put_entry_json(const struct mapcp_entry *entry) {
    static const char *const kinds[] = {
        [MAPCP_FILE] = "file", [MAPCP_LINK] = "link", [MAPCP_DIRECTORY] = "directory"};
    mapcp_json_begin("entry");
    mapcp_json_string("kind", kinds[entry->kind]);
    mapcp_json_string("source", entry->source);
    mapcp_json_string("target", entry->target);
    mapcp_json_boolean("skipped", entry->skipped);
    mapcp_json_number("bytes", entry->bytes);
    mapcp_json_end();
}

static void put_entry(const struct mapcp_entry *entry, bool is_dry_run) {
    if (is_dry_run) {
        fputs(entry->skipped ? "would skip " : "would copy ", stdout);
    }
    mapcp_put_quoted(stdout, entry->source);
    fputs(" -> ", stdout);
    mapcp_put_quoted(stdout, entry->target);
    if (entry->skipped) {
        fputs(is_dry_run ? "" : " (skipped)", stdout);
    } else if (entry->kind == MAPCP_FILE) {
        fputs(" (", stdout);
        mapcp_put_number(stdout, entry->bytes);
        fputs(" bytes)", stdout);
    }
    fputs("\n", stdout);
}

void mapcp_output_entry(struct mapcp_output *output, const struct mapcp_entry *entry) {
    mapcp_bar_remove(&output->bar);
    if (output->flags->json) {
        put_entry_json(entry);
    } else {
        put_entry(entry, output->flags->options.dry_run);
    }
}

void mapcp_output_report(struct mapcp_output *output, const char *source, const char *target,
                         const struct mapcp_progress *progress, uint64_t milliseconds) {
    if (output->flags->json && !output->flags->quiet) {
        put_report_json(source, target, progress, milliseconds);
    }
}
