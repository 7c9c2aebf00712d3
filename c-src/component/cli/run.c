// Runs an invocation: copies each source, or cleans each directory, and prints the results.

#include "run.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"
#include "copy_job.h"
#include "feed.h"
#include "output.h"
#include "preopens.h"
#include "text.h"

// --- The list of copies ------------------------------------------------------------------------------------

/// A source and the path of its copy.
struct copy {
    /// Borrowed from the arguments.
    const char *source;
    /// Owned.
    char *target;
    /// The expected work; zero if it was not measured.
    struct mapcp_amount expected;
};

/// The copies of a command.
struct copies {
    struct copy *items;
    size_t count;
};

static bool is_link(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/// Returns a path of the directory `path` that does not end in a link, because a copy would replace the link.
/// The caller must free it. NULL if memory runs out.
static char *enter(const char *path) {
    if (!is_link(path)) {
        return strdup(path);
    }
    size_t length = strlen(path);
    char *entered = malloc(length + sizeof("/."));
    if (entered) {
        memcpy(entered, path, length);
        memcpy(entered + length, "/.", sizeof("/."));
    }
    return entered;
}

/// Returns the last name of a path, and sets `length` to its length without slashes at the end.
static const char *last_name(const char *path, size_t *length) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    *length = end - start;
    return path + start;
}

/// Whether a path ends in a name that a copy can have. "." and ".." are not such names.
static bool has_name(const char *path) {
    size_t length = 0;
    const char *name = last_name(path, &length);
    return length > 2 || (length > 0 && memcmp(name, "..", length) != 0);
}

/// Returns the path of the source's copy in the directory `target`. As in cp, the content of a source without
/// a name of its own goes into the directory itself. The caller must free the path. NULL if memory runs out.
static char *target_in(const char *source, const char *target) {
    if (!has_name(source)) {
        return enter(target);
    }
    size_t name_length = 0;
    const char *name = last_name(source, &name_length);
    size_t length = strlen(target);
    while (length > 0 && target[length - 1] == '/') {
        length--;
    }
    char *path = malloc(length + 1 + name_length + 1);
    if (path) {
        memcpy(path, target, length);
        path[length] = '/';
        memcpy(path + length + 1, name, name_length);
        path[length + 1 + name_length] = '\0';
    }
    return path;
}

/// Lists the copies of an invocation, which must outlive them. Returns false if memory runs out. In both
/// cases the caller must free them with copies_free.
static bool copies_new(struct copies *copies, const struct mapcp_invocation *invocation,
                       bool is_into_directory) {
    const size_t count = invocation->name_count;
    const char *target = invocation->target;
    *copies = (struct copies){.items = calloc(count, sizeof(*copies->items))};
    bool good = copies->items != NULL;
    for (size_t index = 0; good && index < count; index++) {
        const char *source = invocation->names[index];
        struct copy *copy = &copies->items[copies->count++];
        copy->source = source;
        copy->target = is_into_directory ? target_in(source, target) : strdup(target);
        good = copy->target != NULL;
    }
    return good;
}

/// Whether every file system distinguishes this name from all names that differ in more than case. Some file
/// systems normalise characters outside ASCII, drop dots and spaces at the end, or give long names a short
/// form with a tilde.
static bool is_plain(const char *name) {
    const size_t length = strlen(name);
    bool plain = length > 0 && name[length - 1] != '.' && name[length - 1] != ' ';
    for (const char *at = name; plain && *at; at++) {
        plain = (unsigned char)*at < 0x80 && *at != '~';
    }
    return plain;
}

static int compare_names(const void *one, const void *other) {
    return strcasecmp(*(const char *const *)one, *(const char *const *)other);
}

/// Whether one copy could replace what another one has made, because some file system treats the names of
/// their targets as one. True if memory runs out.
static bool copies_may_meet(const struct copies *copies) {
    if (copies->count < 2) {
        return false;
    }
    const char **names = calloc(copies->count, sizeof(*names));
    bool may_meet = names == NULL;
    for (size_t index = 0; !may_meet && index < copies->count; index++) {
        const struct copy *copy = &copies->items[index];
        may_meet = !has_name(copy->source);
        if (!may_meet) {
            // Several copies always go into a directory, so each target has a slash.
            names[index] = strrchr(copy->target, '/') + 1;
            may_meet = !is_plain(names[index]);
        }
    }
    if (!may_meet) {
        qsort((void *)names, copies->count, sizeof(*names), compare_names);
    }
    for (size_t index = 1; !may_meet && index < copies->count; index++) {
        may_meet = strcasecmp(names[index - 1], names[index]) == 0;
    }
    free((void *)names);
    return may_meet;
}

static void copies_free(struct copies *copies) {
    for (size_t index = 0; index < copies->count; index++) {
        free(copies->items[index].target);
    }
    free(copies->items);
    *copies = (struct copies){.items = NULL};
}

// --- Copying -----------------------------------------------------------------------------------------------

#define STEP_BYTES (8 * 1024 * 1024)

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/// Prints the errors and warnings of the last step. Returns false if one was an error.
static bool put_errors(struct mapcp_job *job, struct mapcp_output *output) {
    struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
    bool good = true;
    for (size_t index = 0; index < errors.count; index++) {
        bool is_warning = mapcp_copy_error_is_warning(&errors.items[index]);
        good = good && is_warning;
        mapcp_output_error(output, &errors.items[index], is_warning);
    }
    mapcp_copy_errors_free(&errors);
    return good;
}

static void put_entries(struct mapcp_job *job, struct mapcp_output *output) {
    struct mapcp_entries entries = mapcp_job_take_entries(job);
    for (size_t index = 0; index < entries.count; index++) {
        mapcp_output_entry(output, &entries.items[index]);
    }
    mapcp_entries_free(&entries);
}

/// Gives a job more of its input. On failure prints the error and returns false.
static bool feed_job(struct mapcp_job *job, const struct mapcp_feed *feed, struct mapcp_output *output) {
    struct mapcp_copy_error error;
    const bool good = mapcp_feed_job(feed, job, &error);
    if (!good) {
        mapcp_output_cause(output, &error);
        mapcp_copy_error_free(&error);
    }
    return good;
}

/// Steps a job until it is done or fails. Returns false if something was not copied.
static bool run_job(struct mapcp_job *job, const struct mapcp_feed *feed, struct mapcp_output *output) {
    // Even without progress, use steps, so that errors are printed at once and do not fill the memory.
    const uint64_t budget = output->wants_progress ? STEP_BYTES : UINT32_MAX;
    bool good = true;
    do {
        const bool stepped = mapcp_job_step(job, budget);
        put_entries(job, output);
        good = put_errors(job, output) && good;
        if (!stepped) {
            mapcp_output_error(output, mapcp_job_error(job), false);
            return false;
        }
        mapcp_output_progress(output, job);
        if (mapcp_job_progress(job)->waits && !feed_job(job, feed, output)) {
            return false;
        }
    } while (!mapcp_job_progress(job)->done);
    return good;
}

/// Measures the work of a copy. Ignores errors, because the copy itself reports them.
static void measure(struct copy *copy, const struct mapcp_invocation *invocation,
                    struct mapcp_output *output) {
    struct mapcp_options options = invocation->options;
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

/// Makes a copy, and adds its amounts to those that are already copied.
static bool run_copy(const struct copy *copy, struct mapcp_options *options, const struct mapcp_feed *feed,
                     struct mapcp_output *output) {
    const uint64_t started = mapcp_milliseconds();
    struct mapcp_job *job = mapcp_job_new(copy->source, copy->target, options);
    if (!job) {
        fputs("mapcp: out of memory\n", stderr);
        return false;
    }
    mapcp_output_begin(output, copy->expected);
    const bool copied = run_job(job, feed, output);
    const struct mapcp_progress *progress = mapcp_job_progress(job);
    mapcp_output_end(output, progress);
    options->already_copied.bytes += progress->bytes_in_place;
    options->already_copied.files += progress->files_done + progress->directories;
    if (progress->done) {
        mapcp_output_report(output, copy->source, copy->target, progress, mapcp_milliseconds() - started);
    }
    mapcp_job_free(job);
    return copied;
}

static bool run_copies(struct copies *copies, const struct mapcp_invocation *invocation,
                       const struct mapcp_feed *feed) {
    struct mapcp_output output = mapcp_output_new(invocation);
    struct mapcp_made made = {.files = NULL};
    struct mapcp_options options = invocation->options;
    options.measure = output.wants_progress;
    // WASI has no result of closing a file.
    options.confirm_size = true;
    options.report_entries = output.wants_entries;
    options.made = copies_may_meet(copies) ? &made : NULL;
    // A single job measures its own work.
    for (size_t index = 0; copies->count > 1 && output.wants_progress && index < copies->count; index++) {
        measure(&copies->items[index], invocation, &output);
    }
    output.bar.started = mapcp_milliseconds();
    bool good = true;
    for (size_t index = 0; index < copies->count && (good || options.keep_going); index++) {
        good = run_copy(&copies->items[index], &options, feed, &output) && good;
    }
    mapcp_output_close(&output);
    mapcp_made_free(&made);
    return good;
}

/// Whether the target is a directory into which the copies go.
static bool goes_into_target(const struct mapcp_invocation *invocation) {
    const char *target = invocation->target;
    return !invocation->target_is_path &&
           (is_directory(target) || (invocation->makes_target && access(target, F_OK) != 0));
}

bool mapcp_copy_all(const struct mapcp_invocation *invocation) {
    const bool is_into_directory = goes_into_target(invocation);
    struct mapcp_copy_error error;
    if (invocation->unless_directory && !is_into_directory) {
        if (mapcp_is_preopened(invocation->target)) {
            fputs(invocation->unless_directory, stderr);
            return false;
        }
        error = (struct mapcp_copy_error){.source = strdup(invocation->target)};
        (void)mapcp_fail_number(&error.error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, ENOENT);
        mapcp_print_cause(&error, invocation->json);
        mapcp_copy_error_free(&error);
        return false;
    }
    struct mapcp_feed feed;
    const bool has_stream = invocation->options.input == MAPCP_INPUT_CONTENT;
    if (!mapcp_feed_open(&feed, has_stream ? "-" : invocation->files_from, &error)) {
        mapcp_print_cause(&error, invocation->json);
        mapcp_copy_error_free(&error);
        return false;
    }
    struct copies copies;
    bool good = copies_new(&copies, invocation, is_into_directory);
    if (!good) {
        fputs("mapcp: out of memory\n", stderr);
    }
    good = good && run_copies(&copies, invocation, &feed);
    copies_free(&copies);
    mapcp_feed_close(&feed);
    return good;
}

// --- Cleaning ----------------------------------------------------------------------------------------------

/// Prints what happened to a path, or would happen in a dry run.
static void put_cleaned(const char *path, const char *type, const char *did, const char *would,
                        const struct mapcp_invocation *invocation) {
    if (invocation->json) {
        mapcp_json_begin(type);
        mapcp_json_string("path", path);
        mapcp_json_end();
        return;
    }
    fputs(invocation->options.dry_run ? would : did, stdout);
    mapcp_put_quoted(stdout, path);
    fputs("\n", stdout);
}

static void put_count(const char *directory, size_t count, const struct mapcp_invocation *invocation) {
    if (invocation->json) {
        mapcp_json_begin("clean");
        mapcp_json_string("directory", directory);
        mapcp_json_number("removed", count);
        mapcp_json_end();
        return;
    }
    mapcp_put_quoted(stdout, directory);
    fputs(": ", stdout);
    mapcp_put_number(stdout, count);
    fputs(count == 1 ? " temporary file " : " temporary files ", stdout);
    fputs(invocation->options.dry_run ? "to remove\n" : "removed\n", stdout);
}

static void put_result(const char *directory, const struct mapcp_cleaned *cleaned,
                       const struct mapcp_invocation *invocation) {
    if (invocation->quiet) {
        return;
    }
    const bool lists = invocation->verbose || invocation->options.dry_run;
    const char *path = NULL;
    while (lists && (path = mapcp_names_next(&cleaned->files, path))) {
        put_cleaned(path, "temporary", "removed ", "would remove ", invocation);
    }
    path = NULL;
    while ((path = mapcp_names_next(&cleaned->restored, path))) {
        put_cleaned(path, "restored", "moved back ", "would move back ", invocation);
    }
    put_count(directory, mapcp_names_count(&cleaned->files), invocation);
}

/// Cleans a directory and prints the results. Returns false if something failed.
static bool clean(const char *directory, const struct mapcp_invocation *invocation) {
    struct mapcp_cleaned cleaned;
    struct mapcp_copy_error error;
    const bool has_begun = mapcp_clean(directory, invocation->options.dry_run, &cleaned, &error);
    const bool good = has_begun && cleaned.errors.count == 0;
    for (size_t index = 0; index < cleaned.errors.count; index++) {
        mapcp_print_cause(&cleaned.errors.items[index], invocation->json);
    }
    if (has_begun) {
        put_result(directory, &cleaned, invocation);
    } else {
        mapcp_print_cause(&error, invocation->json);
        mapcp_copy_error_free(&error);
    }
    mapcp_cleaned_free(&cleaned);
    return good;
}

bool mapcp_clean_all(const struct mapcp_invocation *invocation) {
    bool good = true;
    for (size_t index = 0; index < invocation->name_count; index++) {
        good = clean(invocation->names[index], invocation) && good;
    }
    return good;
}
