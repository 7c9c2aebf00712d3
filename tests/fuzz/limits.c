// Fuzzes the limits of a copy. The input is the options, then the entries of the source.
//
// After each copy, the target is within the limits, for any source and any links in it.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy_job.h"
#include "fuzz.h"
#include "workplace.h"

#define MOST_ENTRIES 24
/// More steps than any of these trees needs, unless its links are followed.
#define MOST_STEPS 3000

static const char *const names[] = {"a", "b", "c", "d"};

/// Makes an entry with a path of up to four names below the source, unless its directory is missing.
static void make_entry(struct fuzz_input *input) {
    static const char *const texts[] = {".", "..", "../b", "a", "../../t", "nowhere"};
    static const off_t sizes[] = {0, 1, 100, 65536, 65537, (off_t)10 << 40};
    char path[64] = "in/t";
    for (int levels = fuzz_take(input) % 4; levels >= 0; levels--) {
        const size_t length = strlen(path);
        (void)snprintf(path + length, sizeof(path) - length, "/%s", names[fuzz_take(input) % 4]);
    }
    const uint8_t kind = fuzz_take(input);
    if (kind % 3 == 0) {
        (void)mkdir(path, 0777);
    } else if (kind % 3 == 1) {
        (void)symlink(texts[kind / 3 % 6], path);
    } else {
        const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
        FUZZ_CHECK(file < 0 || (ftruncate(file, sizes[kind / 3 % 6]) == 0 && close(file) == 0));
    }
}

/// What the target has.
struct amounts {
    const struct mapcp_options *options;
    uint64_t bytes;
    uint64_t entries;
};

static bool allows(struct mapcp_limit limit, uint64_t amount) {
    return !limit.is_set || amount <= limit.most;
}

static void add_up(const char *path, unsigned char kind, void *context) {
    struct amounts *amounts = context;
    struct stat status;
    uint64_t depth = 0;
    FUZZ_CHECK(lstat(path, &status) == 0);
    for (const char *at = path; *at; at++) {
        depth += *at == '/';
    }
    amounts->entries++;
    // The path begins with out/t.
    FUZZ_CHECK(depth < 2 || allows(amounts->options->max_depth, depth - 1));
    if (kind == DT_REG) {
        FUZZ_CHECK(allows(amounts->options->max_file_size, (uint64_t)status.st_size));
        amounts->bytes += (uint64_t)status.st_size;
    }
}

/// A limit from the input, mostly a small one. In a quarter of all cases there is none.
static struct mapcp_limit take_limit(struct fuzz_input *input, uint64_t unit) {
    const uint8_t byte = fuzz_take(input);
    return (struct mapcp_limit){.is_set = byte % 4 != 0, .most = byte / 4 % 16 * unit};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    const uint8_t flags = fuzz_take(&input);
    struct mapcp_options options = {
        .window_size = MAPCP_PAGE,
        .recursive = true,
        .symlinks = (enum mapcp_symlinks)(flags & 3),
        .keep_going = flags & 4,
        .measure = flags & 8,
        .verify = flags & 16,
        .names = flags & 32 ? MAPCP_NAME_POLICY_PORTABLE : MAPCP_NAME_POLICY_ANY,
        .overwrite = flags & 64 ? MAPCP_OVERWRITE_NEVER : MAPCP_OVERWRITE_ALWAYS,
        .atomic = (flags & 132) == 128 ? MAPCP_ATOMICITY_TREE : MAPCP_ATOMICITY_FILE,
        .max_bytes = take_limit(&input, 65536),
        .max_files = take_limit(&input, 1),
        .max_depth = take_limit(&input, 1),
        .max_file_size = take_limit(&input, 30000),
    };
    // A sparse file of terabytes is only copied up to a limit, and only that ends a bomb of links.
    options.max_bytes = options.max_bytes.is_set ? options.max_bytes : (struct mapcp_limit){true, 200000};
    options.max_files = options.max_files.is_set ? options.max_files : (struct mapcp_limit){true, 60};
    const uint8_t before = fuzz_take(&input);
    options.already_copied =
        (struct mapcp_amounts){.bytes = before % 4 * UINT64_C(65536), .files = before / 4 % 4};
    workplace_renew();
    FUZZ_CHECK(mkdir("in", 0777) == 0 && mkdir("out", 0777) == 0 && mkdir("in/t", 0777) == 0);
    for (int count = 0; input.left > 0 && count < MOST_ENTRIES; count++) {
        make_entry(&input);
    }
    struct mapcp_job *job = mapcp_job_new("in/t", "out/t", &options);
    FUZZ_CHECK(job != NULL);
    bool good = true;
    for (int steps = 0; good && !mapcp_job_progress(job)->done; steps++) {
        FUZZ_CHECK(steps < MOST_STEPS);
        good = mapcp_job_step(job, MAPCP_PAGE);
        struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
        mapcp_copy_errors_free(&errors);
    }
    mapcp_job_free(job);
    struct amounts amounts = {.options = &options, .bytes = options.already_copied.bytes};
    amounts.entries = options.already_copied.files;
    workplace_for_each("out", add_up, &amounts);
    FUZZ_CHECK(amounts.bytes == options.already_copied.bytes || allows(options.max_bytes, amounts.bytes));
    FUZZ_CHECK(amounts.entries == options.already_copied.files || allows(options.max_files, amounts.entries));
    FUZZ_CHECK(good || options.atomic != MAPCP_ATOMICITY_TREE ||
               amounts.entries == options.already_copied.files);
    return 0;
}
