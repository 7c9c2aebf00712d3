// The component as a command: `mapcp SOURCE TARGET`, exported as wasi:cli/run.

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wasi/api.h>

#include "clean.h"
#include "copy_job.h"
#include "mapcp.h"
#include "print.h"

static const char version[] = MAPCP_VERSION;

static const char usage[] = "Usage: mapcp [options] SOURCE... TARGET\n"
                            "       mapcp --clean DIRECTORY...\n";

static const char help[] =
    "\n"
    "Copies files, links and directory trees through memory mappings. Each file\n"
    "appears under its target's name in one step: what is there is its old self or\n"
    "the whole copy. Where TARGET is a directory, the copies go into it. It reaches\n"
    "only the directories that the runtime was told to open.\n"
    "\n"
    "  -r, --recursive       copy directories, with all that is in them\n"
    "  -n, --no-clobber      leave existing files alone\n"
    "  -u, --update          replace a file only by one that was modified later\n"
    "  -p, --preserve        keep the times (not the modes: WASI knows none)\n"
    "  -P, --no-dereference  copy a link as a link (the default)\n"
    "  -L, --dereference     copy what a link leads to\n"
    "  -T, --no-target-directory\n"
    "                        take TARGET for the path of the copy itself\n"
    "      --exclude=GLOB    leave out what matches, such as '*.o'\n"
    "      --sparse=WHEN     make holes of zeros: auto (the default), always or never\n"
    "      --verify          read each file back and compare it\n"
    "      --sync            have each file on the disk before it takes its name\n"
    "      --keep-going      go on after a failure, and fail at the end\n"
    "      --dry-run         decide everything, touch nothing\n"
    "      --clean           remove the temporary files that killed runs have left\n"
    "  -v, --verbose         say what was copied\n"
    "  -V, --version         print the version\n"
    "  -h, --help            print this text\n"
    "\n"
    "Example:\n"
    "  wasmtime run --dir in::/in --dir out::/out mapcp.wasm -r /in/d /out/d\n"
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

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/// Whether the `length` bytes at `name` name something in the directory that they are put behind: "." and
/// ".." do not.
static bool is_name(const char *name, size_t length) {
    return length > 2 || (length > 0 && memcmp(name, "..", length) != 0);
}

/// `target`, or the source's name in it where it is a directory. A source without a name of its own goes, as
/// in cp, into the target itself, and nothing beside it. To be freed by the caller; NULL without memory.
static char *target_for(const char *source, const char *target) {
    size_t end = strlen(source);
    while (end > 1 && source[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && source[start - 1] != '/') {
        start--;
    }
    if (!is_name(source + start, end - start) || !is_directory(target)) {
        return strdup(target);
    }
    size_t length = strlen(target);
    while (length > 0 && target[length - 1] == '/') {
        length--;
    }
    char *path = malloc(length + 1 + (end - start) + 1);
    if (path) {
        memcpy(path, target, length);
        path[length] = '/';
        memcpy(path + length + 1, source + start, end - start);
        path[length + 1 + (end - start)] = '\0';
    }
    return path;
}

/// What the command line asks for.
struct request {
    struct mapcp_options options;
    bool verbose;
    /// Whether to clean directories rather than to copy.
    bool cleans;
    /// Whether TARGET is the copy's own path, even where it is a directory.
    bool target_is_path;
    /// The patterns of `options.exclude`; as many as there are arguments at most.
    const char **exclude;
};

static bool put_copied(const char *source, const char *target, const struct mapcp_progress *progress) {
    mapcp_print_quoted(stdout, source);
    fputs(" -> ", stdout);
    mapcp_print_quoted(stdout, target);
    if (progress->files_done == 0 && progress->directories == 0 && progress->skipped > 0) {
        return fputs(" (skipped)\n", stdout) >= 0;
    }
    fputs(" (", stdout);
    mapcp_print_number(stdout, progress->bytes_done);
    return fputs(" bytes)\n", stdout) >= 0;
}

/// Prints the problems that a job went on after; false where one was more than a warning.
static bool put_problems(struct mapcp_job *job) {
    struct mapcp_problems problems = mapcp_job_take_problems(job);
    bool good = true;
    for (size_t index = 0; index < problems.count; index++) {
        bool is_warning = mapcp_problem_is_warning(&problems.items[index]);
        good = good && is_warning;
        mapcp_print_problem(&problems.items[index], is_warning);
    }
    mapcp_problems_free(&problems);
    return good;
}

static bool run_job(struct mapcp_job *job) {
    bool good = true;
    do {
        // A step's worth, so that problems are printed as they are met and need not be kept.
        if (!mapcp_job_step(job, UINT32_MAX)) {
            good = put_problems(job);
            mapcp_print_problem(mapcp_job_failure(job), false);
            return false;
        }
        good = put_problems(job) && good;
    } while (!mapcp_job_progress(job)->done);
    return good;
}

static bool copy(const char *source, const char *given_target, const struct request *request) {
    char *target = request->target_is_path ? strdup(given_target) : target_for(source, given_target);
    struct mapcp_job *job = target ? mapcp_job_new(source, target, &request->options) : NULL;
    if (!job) {
        fputs("mapcp: out of memory\n", stderr);
    }
    bool copied = job && run_job(job);
    if (copied && request->verbose) {
        copied = put_copied(source, target, mapcp_job_progress(job));
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
        mapcp_print_quoted(stderr, what);
    }
    fputs("\n", stderr);
    fputs(usage, stderr);
    fputs("Try 'mapcp --help'.\n", stderr);
    return false;
}

enum long_option { EXCLUDE = 256, SPARSE, VERIFY, SYNC, KEEP_GOING, DRY_RUN, CLEAN };

static const struct option long_options[] = {
    {"recursive", no_argument, NULL, 'r'},
    {"no-clobber", no_argument, NULL, 'n'},
    {"update", no_argument, NULL, 'u'},
    {"preserve", no_argument, NULL, 'p'},
    {"no-dereference", no_argument, NULL, 'P'},
    {"dereference", no_argument, NULL, 'L'},
    {"no-target-directory", no_argument, NULL, 'T'},
    {"exclude", required_argument, NULL, EXCLUDE},
    {"sparse", required_argument, NULL, SPARSE},
    {"verify", no_argument, NULL, VERIFY},
    {"sync", no_argument, NULL, SYNC},
    {"keep-going", no_argument, NULL, KEEP_GOING},
    {"dry-run", no_argument, NULL, DRY_RUN},
    {"clean", no_argument, NULL, CLEAN},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_sparse(struct request *request, const char *when) {
    static const char *const names[] = {
        [MAPCP_SPARSE_AUTO] = "auto",
        [MAPCP_SPARSE_ALWAYS] = "always",
        [MAPCP_SPARSE_NEVER] = "never",
    };
    for (int index = 0; index < (int)(sizeof(names) / sizeof(*names)); index++) {
        if (strcmp(when, names[index]) == 0) {
            request->options.sparse = (enum mapcp_sparse)index;
            return true;
        }
    }
    return refuse_usage("--sparse is auto, always or never, not", when);
}

/// Takes an option that only sets something; false where it is none of those.
static bool take_flag(struct request *request, int option) {
    struct mapcp_options *options = &request->options;
    switch (option) {
    case 'r':
        return options->recursive = true;
    case 'n':
        options->overwrite = MAPCP_OVERWRITE_NEVER;
        return true;
    case 'u':
        // Whoever asks for -n too wants nothing replaced, in whichever order.
        if (options->overwrite != MAPCP_OVERWRITE_NEVER) {
            options->overwrite = MAPCP_OVERWRITE_NEWER;
        }
        return true;
    case 'p':
        return options->preserve_timestamps = true;
    case 'P':
        options->symlinks = MAPCP_PRESERVE_LINKS;
        return true;
    case 'L':
        options->symlinks = MAPCP_FOLLOW_LINKS;
        return true;
    case 'T':
        return request->target_is_path = true;
    case VERIFY:
        return options->verify = true;
    case SYNC:
        return options->sync = true;
    case KEEP_GOING:
        return options->keep_going = true;
    case DRY_RUN:
        return options->dry_run = true;
    case CLEAN:
        return request->cleans = true;
    case 'v':
        return request->verbose = true;
    default:
        return false;
    }
}

static bool copy_all(int count, char **names, const struct request *request) {
    const char *target = names[count - 1];
    if (count == 1) {
        return refuse_usage("there is no TARGET after", target);
    }
    if (count > 2 && request->target_is_path) {
        return refuse_usage("with -T there is one name too many:", names[2]);
    }
    if (count > 2 && !is_directory(target)) {
        return refuse_usage("several sources need a directory as TARGET, and this is none:", target);
    }
    bool good = true;
    for (int index = 0; index < count - 1 && (good || request->options.keep_going); index++) {
        good = copy(names[index], target, request) && good;
    }
    return good;
}

static bool clean_all(int count, char **names) {
    bool good = true;
    for (int index = 0; index < count; index++) {
        uint64_t removed = 0;
        struct mapcp_problem problem;
        if (mapcp_clean(names[index], &removed, &problem)) {
            mapcp_print_quoted(stdout, names[index]);
            fputs(": ", stdout);
            mapcp_print_number(stdout, removed);
            good = fputs(removed == 1 ? " temporary file removed\n" : " temporary files removed\n", stdout) >=
                       0 &&
                   good;
        } else {
            mapcp_print_clean_problem(&problem);
            mapcp_problem_free(&problem);
            good = false;
        }
    }
    return good;
}

static bool run(int count, char **arguments, struct request *request) {
    opterr = 0;
    // Not 1, which would go on inside the argument that another run of this instance has stopped in.
    optind = 0;
    for (int option; (option = getopt_long(count, arguments, ":rnupPLTvVh", long_options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            return fputs(usage, stdout) >= 0 && fputs(help, stdout) >= 0;
        case 'V':
            return puts(version) >= 0;
        case EXCLUDE:
            request->exclude[request->options.exclude.count++] = optarg;
            break;
        case SPARSE:
            if (!take_sparse(request, optarg)) {
                return false;
            }
            break;
        case ':':
            return refuse_usage("an option needs a value:", arguments[optind - 1]);
        default:
            if (!take_flag(request, option)) {
                return refuse_usage("unknown option", arguments[optind - 1]);
            }
        }
    }
    request->options.exclude.items = request->exclude;
    if (optind == count) {
        return refuse_usage(request->cleans ? "there is no DIRECTORY" : "there is no SOURCE and no TARGET",
                            NULL);
    }
    return request->cleans ? clean_all(count - optind, arguments + optind)
                           : copy_all(count - optind, arguments + optind, request);
}

bool exports_wasi_cli_run_run(void) {
    // One write for a line, and not one for each piece of it.
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    int count = 0;
    char **arguments = read_arguments(&count);
    struct request request = {.exclude = calloc((size_t)count + 1, sizeof(*request.exclude))};
    if (!arguments || !request.exclude) {
        fputs("mapcp: cannot read the arguments: out of memory\n", stderr);
    }
    bool good = arguments && request.exclude && run(count, arguments, &request);
    free(request.exclude);
    free(arguments);
    return fflush(NULL) == 0 && good;
}
