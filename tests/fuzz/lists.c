// Fuzzes the copy of listed paths. The input is the options, then the list, which the job gets in pieces.
//
// After each copy, each entry of the target is a copy of the entry with the same path in the source. So no
// path has led out of the source, and no temporary file is left.

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy_job.h"
#include "fuzz.h"
#include "workplace.h"

/// More steps than any list of an input needs.
#define MOST_STEPS 4000

static const char *const directories[] = {"in", "out", "outside", "in/t", "in/t/d", "in/t/d/e", "in/t/empty"};
static const char *const files[] = {"in/t/a",           "in/t/-r",  "in/t/d/b",      "in/t/d/e/a",
                                    "in/t/d/two words", "in/other", "outside/secret"};
static const char *const links[][2] = {
    {"a", "in/t/l"},   {"..", "in/t/d/up"}, {"../../outside", "in/t/out"}, {"nowhere", "in/t/d/none"},
    {"e", "in/t/d/f"},
};

/// Makes a file whose content is its path.
static void make_file(const char *path) {
    FILE *file = fopen(path, "w");
    FUZZ_CHECK(file != NULL && fputs(path, file) >= 0 && fclose(file) == 0);
}

static void make_source(void) {
    workplace_renew();
    for (size_t index = 0; index < sizeof(directories) / sizeof(*directories); index++) {
        FUZZ_CHECK(mkdir(directories[index], 0777) == 0);
    }
    for (size_t index = 0; index < sizeof(files) / sizeof(*files); index++) {
        make_file(files[index]);
    }
    for (size_t index = 0; index < sizeof(links) / sizeof(*links); index++) {
        FUZZ_CHECK(symlink(links[index][0], links[index][1]) == 0);
    }
}

/// Counts an entry of the target, and checks that it is a copy.
static void check_entry(const char *path, unsigned char kind, void *count) {
    char source[256];
    char content[256];
    char other[256];
    struct stat status;
    FUZZ_CHECK(snprintf(source, sizeof(source), "in/%s", path + strlen("out/")) < (int)sizeof(source));
    FUZZ_CHECK(lstat(source, &status) == 0);
    FUZZ_CHECK((kind == DT_DIR) == S_ISDIR(status.st_mode) && (kind == DT_LNK) == S_ISLNK(status.st_mode));
    if (kind == DT_REG) {
        FILE *file = fopen(path, "r");
        FUZZ_CHECK(file != NULL && fgets(content, sizeof(content), file) && fclose(file) == 0);
        FUZZ_CHECK(strcmp(content, source) == 0);
    }
    if (kind == DT_LNK) {
        ssize_t length = readlink(path, content, sizeof(content));
        FUZZ_CHECK(length > 0 && readlink(source, other, sizeof(other)) == length);
        FUZZ_CHECK(memcmp(content, other, (size_t)length) == 0);
    }
    *(size_t *)count += kind != DT_DIR;
}

/// Gives a job the next bytes of the list, or its end.
static void feed(struct mapcp_job *job, struct fuzz_input *list, size_t most) {
    size_t length = list->left < most ? list->left : most;
    FUZZ_CHECK(mapcp_job_add_input(job, list->bytes, length));
    list->bytes += length;
    list->left -= length;
    if (length == 0) {
        mapcp_job_end_input(job);
    }
}

/// Runs a job to its end. Returns the number of files and links that it has copied or kept.
static uint64_t run(const struct mapcp_options *options, struct fuzz_input list, size_t most) {
    struct mapcp_job *job = mapcp_job_new("in/t", "out/t", options);
    FUZZ_CHECK(job != NULL);
    bool good = true;
    for (int steps = 0; good && !mapcp_job_progress(job)->done; steps++) {
        FUZZ_CHECK(steps < MOST_STEPS);
        if (mapcp_job_progress(job)->waits) {
            feed(job, &list, most);
        }
        good = mapcp_job_step(job, 1);
        struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
        FUZZ_CHECK(errors.count == 0 || options->keep_going);
        mapcp_copy_errors_free(&errors);
    }
    FUZZ_CHECK(good || !options->keep_going);
    const uint64_t count = mapcp_job_progress(job)->files_done;
    mapcp_job_free(job);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    const uint8_t flags = fuzz_take(&input);
    const uint8_t policies = fuzz_take(&input);
    const size_t most = fuzz_take(&input) % 32 + 1U;
    const char *const patterns[] = {"b", "/d/e"};
    const struct mapcp_options options = {
        .window_size = MAPCP_PAGE,
        .input = flags & 1 ? MAPCP_INPUT_LINES : MAPCP_INPUT_PATHS,
        .keep_going = flags & 2,
        .recursive = flags & 4,
        .dry_run = flags & 8,
        .preserve_timestamps = flags & 16,
        .symlinks = flags & 32 ? MAPCP_SYMLINKS_SKIP : MAPCP_SYMLINKS_PRESERVE,
        .overwrite = (enum mapcp_overwrite)(policies % 4),
        .exclude = {.items = patterns, .count = policies / 4 % 3},
        .shard = {.index = policies / 12 % 2, .count = policies & 128 ? 2 : 0},
    };
    if (options.shard.index > 0 && options.shard.count == 0) {
        return 0;
    }
    make_source();
    const uint64_t copied = run(&options, input, most);
    size_t found = 0;
    workplace_for_each("out", check_entry, &found);
    // A path may be copied again.
    FUZZ_CHECK(options.dry_run ? found == 0 : found <= copied);
    return 0;
}
