// What the command line prints about copies: progress, entries, errors and warnings, as text for people or
// JSON for programs.

#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preopens.h"
#include "text.h"

// --- The bar -----------------------------------------------------------------------------------------------

/// The columns of the bar itself.
#define WIDTH 12

/// The least number of milliseconds between two lines if standard error is no terminal.
#define LINE_INTERVAL 2000

/// Control sequences of a terminal.
#define TO_BEGINNING "\r"
#define WITHOUT_WRAPPING "\x1b[?7l"
#define WITH_WRAPPING "\x1b[?7h"
#define ERASE_REST "\x1b[K"

uint64_t mapcp_milliseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool can_draw(void) {
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
}

/// Writes a number of bytes with a unit, such as "1.5 MiB".
static void put_bytes(uint64_t bytes) {
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    size_t unit = 0;
    while (unit < sizeof(units) / sizeof(*units) - 1 && bytes >> 10 * (unit + 1) > 0) {
        unit++;
    }
    if (unit == 0) {
        mapcp_put_number(stderr, bytes);
    } else {
        const uint64_t tenths = ((bytes >> 10 * (unit - 1)) * 10 + 512) / 1024;
        mapcp_put_number(stderr, tenths / 10);
        fputc('.', stderr);
        mapcp_put_number(stderr, tenths % 10);
    }
    fputs(units[unit], stderr);
}

/// Writes a duration with a unit, such as "59 s".
static void put_seconds(uint64_t seconds) {
    const bool is_short = seconds < 100;
    const bool is_long = seconds >= 6000;
    mapcp_put_number(stderr, is_short ? seconds : seconds / (is_long ? 3600 : 60));
    fputs(is_short ? " s" : is_long ? " h" : " min", stderr);
}

/// Writes the amount that is done, the rate, and the time that is left. `total` is NULL if it is unknown, as
/// for a list or a stream.
static void put_amounts(const struct mapcp_bar *bar, uint64_t done, const uint64_t *total) {
    put_bytes(done);
    if (total) {
        fputs(" of ", stderr);
        put_bytes(*total);
    }
    const uint64_t elapsed = bar->shown - bar->started;
    const double rate = (double)done / (double)(elapsed > 0 ? elapsed : 1);
    fputs(", ", stderr);
    put_bytes((uint64_t)(rate * 1000));
    fputs("/s", stderr);
    if (total && rate > 0) {
        fputs(", ", stderr);
        put_seconds((uint64_t)((double)(*total - done) / rate / 1000) + (*total > done));
        fputs(" left", stderr);
    }
}

static void put_line(const struct mapcp_bar *bar, const struct mapcp_progress *progress, const char *path) {
    const uint64_t total = progress->totals_known ? progress->bytes_total : 0;
    const uint64_t done = progress->bytes_done;
    // In floating point, because WIDTH times the number of bytes can overflow.
    const int empty = progress->totals_known ? WIDTH : 0;
    const int full = total > 0 ? (int)(WIDTH * ((double)done / (double)total)) : empty;
    for (int column = 0; column < WIDTH; column++) {
        fputs(column < full ? "█" : "░", stderr);
    }
    fputc(' ', stderr);
    if (progress->totals_known || done > 0) {
        put_amounts(bar, done, progress->totals_known ? &total : NULL);
    } else {
        fputs("counting", stderr);
    }
    fputc(' ', stderr);
    mapcp_put_escaped(stderr, path);
}

static void show_bar(struct mapcp_bar *bar, const struct mapcp_progress *progress, const char *path) {
    const uint64_t now = mapcp_milliseconds();
    const bool is_terminal = can_draw();
    if (!is_terminal && bar->shown > 0 && now - bar->shown < LINE_INTERVAL) {
        return;
    }
    bar->shown = now;
    fputs(is_terminal ? TO_BEGINNING WITHOUT_WRAPPING : "", stderr);
    put_line(bar, progress, path);
    fputs(is_terminal ? ERASE_REST WITH_WRAPPING : "\n", stderr);
    fflush(stderr);
}

static void remove_bar(struct mapcp_bar *bar) {
    if (bar->shown > 0 && can_draw()) {
        fputs(TO_BEGINNING ERASE_REST, stderr);
        fflush(stderr);
        bar->shown = 0;
    }
}

// --- Errors and warnings -----------------------------------------------------------------------------------

/// Returns the POSIX name of an error code, or our own name if POSIX has none. ts/common/posix.ts has the
/// same names. Static.
static const char *code_name(enum mapcp_code code) {
    static const char *const names[] = {
        [MAPCP_CODE_NOT_FOUND] = "ENOENT",
        [MAPCP_CODE_ACCESS_DENIED] = "EACCES",
        [MAPCP_CODE_NOT_PERMITTED] = "EPERM",
        [MAPCP_CODE_ALREADY_EXISTS] = "EEXIST",
        [MAPCP_CODE_IS_DIRECTORY] = "EISDIR",
        [MAPCP_CODE_NOT_DIRECTORY] = "ENOTDIR",
        [MAPCP_CODE_NOT_REGULAR_FILE] = "ERR_MAPCP_NOT_REGULAR_FILE",
        [MAPCP_CODE_SAME_FILE] = "ERR_MAPCP_SAME_FILE",
        [MAPCP_CODE_INTO_ITSELF] = "ERR_MAPCP_INTO_ITSELF",
        [MAPCP_CODE_SOURCE_CHANGED] = "ERR_MAPCP_SOURCE_CHANGED",
        [MAPCP_CODE_VERIFICATION_FAILED] = "ERR_MAPCP_VERIFICATION_FAILED",
        [MAPCP_CODE_JUST_CREATED] = "ERR_MAPCP_JUST_CREATED",
        [MAPCP_CODE_LIMIT_EXCEEDED] = "ERR_MAPCP_LIMIT_EXCEEDED",
        [MAPCP_CODE_LINK_LEADS_OUT] = "ERR_MAPCP_LINK_LEADS_OUT",
        [MAPCP_CODE_NAME_NOT_PORTABLE] = "ERR_MAPCP_NAME_NOT_PORTABLE",
        [MAPCP_CODE_INVALID_ARGUMENT] = "EINVAL",
        [MAPCP_CODE_TOO_MANY_LINKS] = "ELOOP",
        [MAPCP_CODE_NAME_TOO_LONG] = "ENAMETOOLONG",
        [MAPCP_CODE_INVALID_NAME] = "EILSEQ",
        [MAPCP_CODE_NO_SPACE] = "ENOSPC",
        [MAPCP_CODE_QUOTA_EXCEEDED] = "EDQUOT",
        [MAPCP_CODE_FILE_TOO_LARGE] = "EFBIG",
        [MAPCP_CODE_READ_ONLY_FILE_SYSTEM] = "EROFS",
        [MAPCP_CODE_TOO_MANY_OPEN_FILES] = "EMFILE",
        [MAPCP_CODE_OUT_OF_MEMORY] = "ENOMEM",
        [MAPCP_CODE_IO] = "EIO",
        [MAPCP_CODE_BUSY] = "EBUSY",
        [MAPCP_CODE_UNSUPPORTED] = "ENOTSUP",
        [MAPCP_CODE_OTHER] = "ERR_MAPCP_OTHER",
    };
    return names[code];
}

/// Returns the name of an operation in the WIT interface. Static.
static const char *operation_name(enum mapcp_operation operation) {
    switch (operation) {
    case MAPCP_OPERATION_ACCEPT:
        return "accept";
    case MAPCP_OPERATION_SET_TIMES:
        return "set-times";
    default:
        // The other names are the verbs of messages.
        return mapcp_verb(operation);
    }
}

static const char *known(const char *path) {
    return path ? path : "";
}

/// Writes that a path is in no directory that the host opened, which ones it opened, and how to open another.
static void put_unopened(FILE *stream) {
    char *name = mapcp_preopen_name(0);
    fputs(name ? "it is in none of the directories that the host opened: " : "the host opened no directory",
          stream);
    for (uint32_t index = 1; name; index++) {
        mapcp_put_quoted(stream, name);
        free(name);
        name = mapcp_preopen_name(index);
        fputs(name ? ", " : "", stream);
    }
    fputs("; to open one, put --dir HOST::GUEST before mapcp.wasm", stream);
}

/// Writes the reason of an error. The engine writes options as `name`, the command line as --name.
static void put_reason(FILE *stream, const struct mapcp_copy_error *error) {
    const char *path = known(mapcp_copy_error_path(error));
    if (error->error.code == MAPCP_CODE_NOT_FOUND && !mapcp_is_preopened(path)) {
        put_unopened(stream);
        return;
    }
    bool is_option = false;
    for (const char *at = mapcp_copy_error_reason(error); *at; at++) {
        if (*at == '`') {
            is_option = !is_option;
            fputs(is_option ? "--" : "", stream);
        } else {
            fputc(*at, stream);
        }
    }
}

/// Writes which operation failed, on which path and why. An error that is not about a copy consists only of
/// this.
static void put_cause(FILE *stream, const struct mapcp_copy_error *error) {
    fputs("cannot ", stream);
    fputs(mapcp_verb(error->error.operation), stream);
    fputc(' ', stream);
    mapcp_put_path(stream, known(mapcp_copy_error_path(error)));
    fputs(": ", stream);
    put_reason(stream, error);
}

/// Writes an error or a warning of a copy as a sentence, without a full stop.
static void put_sentence(FILE *stream, const struct mapcp_copy_error *error) {
    bool is_copied = error->outcome == MAPCP_OUTCOME_COPIED;
    fputs(is_copied ? "copied " : "cannot copy ", stream);
    mapcp_put_path(stream, known(error->source));
    fputs(" to ", stream);
    mapcp_put_path(stream, known(error->target));
    fputs(is_copied ? ", but " : ": ", stream);
    put_cause(stream, error);
    if (error->sibling) {
        fputs("; the other one is ", stream);
        mapcp_put_path(stream, error->sibling);
    }
    if (error->leftover) {
        fputs("; remove what is left: ", stream);
        mapcp_put_quoted(stream, error->leftover);
    }
}

/// Writes a property whose value is the text that `put` writes. Writes nothing if memory runs out.
static void put_text(const char *name, const struct mapcp_copy_error *error,
                     void (*put)(FILE *, const struct mapcp_copy_error *)) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream) {
        return;
    }
    put(stream, error);
    if (fclose(stream) == 0) {
        mapcp_json_string(name, text);
    }
    free(text);
}

static void begin_json(const char *type, const struct mapcp_copy_error *error) {
    mapcp_json_begin(type);
    mapcp_json_string("code", code_name(error->error.code));
    mapcp_json_string("operation", operation_name(error->error.operation));
    mapcp_json_string("path", known(mapcp_copy_error_path(error)));
}

/// Writes the bytes of a listed path, which is below `source`. Writes nothing if memory runs out.
static void put_listed(const char *source, const char *listed) {
    struct mapcp_path path = {.text = NULL};
    if (mapcp_path_set(&path, source) && mapcp_path_push(&path, listed)) {
        mapcp_json_base64("pathBase64", path.text);
    }
    mapcp_path_free(&path);
}

static void print_error(const struct mapcp_copy_error *error, bool is_warning,
                        const struct mapcp_invocation *invocation) {
    if (!invocation->json) {
        fputs(is_warning ? "mapcp: warning: " : "mapcp: ", stderr);
        put_sentence(stderr, error);
        fputc('\n', stderr);
        return;
    }
    begin_json(is_warning ? "warning" : "error", error);
    if (error->listed) {
        put_listed(invocation->names[0], error->listed);
    }
    mapcp_json_string("source", known(error->source));
    mapcp_json_string("target", known(error->target));
    put_text("reason", error, put_reason);
    if (error->sibling) {
        mapcp_json_string("sibling", error->sibling);
    }
    if (error->leftover) {
        mapcp_json_string("leftover", error->leftover);
    }
    put_text("message", error, put_sentence);
    mapcp_json_end();
}

void mapcp_print_cause(const struct mapcp_copy_error *error, bool json) {
    if (!json) {
        fputs("mapcp: ", stderr);
        put_cause(stderr, error);
        fputc('\n', stderr);
        return;
    }
    begin_json("error", error);
    put_text("reason", error, put_reason);
    put_text("message", error, put_cause);
    mapcp_json_end();
}

// --- The output --------------------------------------------------------------------------------------------

/// The work takes this many milliseconds before the bar is shown by default.
#define BAR_DELAY 500

/// The least number of milliseconds between two displays of progress; a person cannot read faster.
#define PROGRESS_INTERVAL 34

/// By default, progress is shown on a terminal and with --json.
static bool wants_progress(const struct mapcp_invocation *invocation) {
    if (invocation->progress == MAPCP_PROGRESS_BY_DEFAULT) {
        return !invocation->quiet && (invocation->json || can_draw());
    }
    return invocation->progress == MAPCP_PROGRESS_ALWAYS;
}

struct mapcp_output mapcp_output_new(const struct mapcp_invocation *invocation) {
    const uint64_t now = mapcp_milliseconds();
    return (struct mapcp_output){
        .invocation = invocation,
        .wants_progress = wants_progress(invocation),
        .wants_entries = invocation->verbose && !invocation->quiet,
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

/// Shows the progress of all copies, unless it was just shown and no copy has ended since.
static void put_progress(struct mapcp_output *output, const struct mapcp_progress *progress,
                         const char *path) {
    const uint64_t now = mapcp_milliseconds();
    if (!output->wants_progress || (!progress->done && now - output->last_shown < PROGRESS_INTERVAL)) {
        return;
    }
    output->last_shown = now;
    if (!progress->totals_known && progress->bytes_done == 0) {
        // The rate must not include the time that counting takes.
        output->bar.started = now;
    }
    if (output->invocation->json) {
        put_progress_json(progress, path);
    } else if (output->invocation->progress == MAPCP_PROGRESS_ALWAYS || now - output->started >= BAR_DELAY) {
        show_bar(&output->bar, progress, path);
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

void mapcp_output_error(struct mapcp_output *output, const struct mapcp_copy_error *error, bool is_warning) {
    if (is_warning && output->invocation->quiet) {
        return;
    }
    remove_bar(&output->bar);
    print_error(error, is_warning, output->invocation);
}

void mapcp_output_cause(struct mapcp_output *output, const struct mapcp_copy_error *error) {
    remove_bar(&output->bar);
    mapcp_print_cause(error, output->invocation->json);
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
        [MAPCP_ENTRY_FILE] = "file", [MAPCP_ENTRY_LINK] = "link", [MAPCP_ENTRY_DIRECTORY] = "directory"};
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
    } else if (entry->kind == MAPCP_ENTRY_FILE) {
        fputs(" (", stdout);
        mapcp_put_number(stdout, entry->bytes);
        fputs(" bytes)", stdout);
    }
    fputs("\n", stdout);
}

void mapcp_output_entry(struct mapcp_output *output, const struct mapcp_entry *entry) {
    remove_bar(&output->bar);
    if (output->invocation->json) {
        put_entry_json(entry);
    } else {
        put_entry(entry, output->invocation->options.dry_run);
    }
}

void mapcp_output_report(struct mapcp_output *output, const char *source, const char *target,
                         const struct mapcp_progress *progress, uint64_t milliseconds) {
    if (output->invocation->json && !output->invocation->quiet) {
        put_report_json(source, target, progress, milliseconds);
    }
}

void mapcp_output_close(struct mapcp_output *output) {
    remove_bar(&output->bar);
}
