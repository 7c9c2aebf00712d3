// The component as a command: `mapcp SOURCE TARGET`, exported as wasi:cli/run.

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wasi/api.h>

#include "copy_job.h"
#include "mapcp.h"

static const char version[] = MAPCP_VERSION;

static const char usage[] = "Usage: mapcp [options] SOURCE TARGET\n";

static const char help[] =
    "\n"
    "Copies the file SOURCE to TARGET through memory mappings, atomically: TARGET is its\n"
    "old self or the whole copy. Where TARGET is a directory, the copy goes into it.\n"
    "It reaches only the directories that the runtime was told to open.\n"
    "\n"
    "Options:\n"
    "  -v, --verbose  say what was copied\n"
    "  -V, --version  print the version\n"
    "  -h, --help     print this text\n"
    "  --             the end of the options: what follows are names, dashes or not\n"
    "\n"
    "Example:\n"
    "  wasmtime run --dir in::/in --dir out::/out mapcp.wasm /in/a /out/b\n"
    "\n"
    "Exit status: 0 copied, 1 failed or wrongly used (a WASI command has no others).\n";

/// The program's arguments as main would get them, or NULL with errno set. One block, to be freed by the
/// caller.
static char **read_arguments(int *count) {
    __wasi_size_t arguments = 0;
    __wasi_size_t bytes = 0;
    __wasi_errno_t failure = __wasi_args_sizes_get(&arguments, &bytes);
    char **vector = failure ? NULL : malloc((arguments + 1) * sizeof(*vector) + bytes);
    if (vector) {
        failure = __wasi_args_get((uint8_t **)vector, (uint8_t *)(vector + arguments + 1));
        vector[arguments] = NULL;
    }
    if (failure) {
        free(vector);
        errno = failure;
        return NULL;
    }
    *count = (int)arguments;
    return vector;
}

/// Writes a path in quotes, control characters as escapes: a message is one line, whatever the names in it.
static void put_quoted(FILE *stream, const char *path) {
    fputc('\'', stream);
    for (const unsigned char *byte = (const unsigned char *)path; *byte; byte++) {
        if (*byte == '\n') {
            fputs("\\n", stream);
        } else if (*byte < 0x20 || *byte == 0x7f) {
            const char escape[] = {'\\', 'x', "01234567"[*byte >> 4], "0123456789abcdef"[*byte & 0xf], '\0'};
            fputs(escape, stream);
        } else {
            fputc(*byte, stream);
        }
    }
    fputc('\'', stream);
}

static void put_failure(const char *source, const char *target, const struct mapcp_error *error) {
    fputs("mapcp: cannot copy ", stderr);
    put_quoted(stderr, source);
    fputs(" to ", stderr);
    put_quoted(stderr, target);
    fputs(": cannot ", stderr);
    fputs(mapcp_verb(error->operation), stderr);
    fputc(' ', stderr);
    put_quoted(stderr, error->path);
    fputs(": ", stderr);
    fputs(mapcp_reason(error), stderr);
    if (error->leftover) {
        fputs("; remove the temporary file ", stderr);
        put_quoted(stderr, error->leftover);
    }
    fputc('\n', stderr);
}

/// `target`, or the source's name in it where it is a directory. To be freed by the caller; NULL without
/// memory.
static char *target_for(const char *source, const char *target) {
    struct stat status;
    if (stat(target, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return strdup(target);
    }
    size_t end = strlen(source);
    while (end > 1 && source[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && source[start - 1] != '/') {
        start--;
    }
    size_t length = strlen(target);
    char *path = malloc(length + 1 + (end - start) + 1);
    if (path) {
        memcpy(path, target, length);
        path[length] = '/';
        memcpy(path + length + 1, source + start, end - start);
        path[length + 1 + (end - start)] = '\0';
    }
    return path;
}

static bool put_copied(const char *source, const char *target, const struct mapcp_progress *progress) {
    put_quoted(stdout, source);
    fputs(" -> ", stdout);
    put_quoted(stdout, target);
    return printf(" (%llu bytes)\n", (unsigned long long)progress->bytes_done) >= 0;
}

static bool copy(const char *source, const char *given_target, bool verbose) {
    const struct mapcp_options options = {.window_size = 0};
    char *target = target_for(source, given_target);
    struct mapcp_job *job = target ? mapcp_job_new(source, target, &options) : NULL;
    bool copied = false;
    if (!job) {
        fputs("mapcp: out of memory\n", stderr);
    } else {
        copied = mapcp_job_step(job, UINT64_MAX);
        if (!copied) {
            put_failure(source, target, mapcp_job_error(job));
        } else if (verbose) {
            copied = put_copied(source, target, mapcp_job_progress(job));
        }
    }
    mapcp_job_free(job);
    free(target);
    return copied;
}

static bool refuse_usage(const char *why, const char *what) {
    fputs("mapcp: ", stderr);
    fputs(why, stderr);
    if (what) {
        fputc(' ', stderr);
        put_quoted(stderr, what);
    }
    fputs("\n", stderr);
    fputs(usage, stderr);
    fputs("Try 'mapcp --help'.\n", stderr);
    return false;
}

static bool run(int count, char **arguments) {
    static const struct option options[] = {
        {"verbose", no_argument, NULL, 'v'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    bool verbose = false;
    for (int option; (option = getopt_long(count, arguments, "vVh", options, NULL)) != -1;) {
        switch (option) {
        case 'v':
            verbose = true;
            break;
        case 'h':
            return fputs(usage, stdout) >= 0 && fputs(help, stdout) >= 0;
        case 'V':
            return puts(version) >= 0;
        default:
            return refuse_usage("unknown option", arguments[optind - 1]);
        }
    }
    switch (count - optind) {
    case 0:
        return refuse_usage("there is no SOURCE and no TARGET", NULL);
    case 1:
        return refuse_usage("there is no TARGET after", arguments[optind]);
    case 2:
        return copy(arguments[optind], arguments[optind + 1], verbose);
    default:
        return refuse_usage("there is one name too many:", arguments[optind + 2]);
    }
}

bool exports_wasi_cli_run_run(void) {
    // One write for a line, and not one for each piece of it.
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    int count = 0;
    char **arguments = read_arguments(&count);
    if (!arguments) {
        fputs("mapcp: cannot read the arguments: out of memory\n", stderr);
    }
    bool good = arguments && run(count, arguments);
    free(arguments);
    return fflush(NULL) == 0 && good;
}
