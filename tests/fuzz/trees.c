// Fuzzes the walk and the copy of trees. The input is the options, then the entries of source and target.
//
// After each copy, a file in the target is its old self or a complete copy, the source is unchanged, and no
// temporary file is left.

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"
#include "copy_job.h"
#include "fuzz.h"
#include "temporary.h"
#include "workplace.h"

#define MOST_ENTRIES 24
#define LARGEST 140000
/// More steps than any tree needs, unless its links are followed. If they lead to each other, there can be
/// endless ways through them, and cp -rL follows them too.
#define MOST_STEPS 2000
#define MOST_BYTES ((uint64_t)MOST_ENTRIES * LARGEST)

/// A file consists of one letter, which is that of its side.
#define SOURCE_LETTER 'i'
#define TARGET_LETTER 'o'

/// Left by a killed copy. It is copied like any other entry.
#define TEMPORARY ".mapcp-0123456789abcdef.tmp"

/// The last file that was made in the target, and in the source. Empty if there is none.
static char last_files[2][256];

static const char *const names[] = {"a", "b", "c", "-r", ".hidden", "two words", "\xff", TEMPORARY};

/// A path of up to three names below `side`, chosen by the input.
static void take_path(struct fuzz_input *input, const char *side, char *path, size_t size) {
    (void)snprintf(path, size, "%s", side);
    for (int levels = fuzz_take(input) % 3; levels >= 0; levels--) {
        size_t length = strlen(path);
        (void)snprintf(path + length, size - length, "/%s", names[fuzz_take(input) % 8]);
    }
}

static void make_file(const char *path, char letter, size_t size) {
    FILE *file = fopen(path, "wbx");
    if (file) {
        for (size_t index = 0; index < size; index++) {
            (void)putc(letter, file);
        }
        FUZZ_CHECK(fclose(file) == 0);
    }
}

/// Whether only directories lead to a path. A native run has no other protection against links that lead
/// outside.
static bool is_below_directories(const char *path) {
    char parent[256];
    struct stat status;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
        if (lstat(parent, &status) != 0 || !S_ISDIR(status.st_mode)) {
            return false;
        }
    }
    return true;
}

/// The text of a link. The last of them has the maximum length.
static const char *text_of_link(unsigned number) {
    static const char *const texts[] = {"a", "../a", "..", "../../in", "../../outside", "nowhere", "."};
    static char longest[PATH_MAX];
    memset(longest, '/', sizeof(longest) - 1);
    longest[0] = 'a';
    return number < 7 ? texts[number] : longest;
}

/// Gives the last file that was made on a side another name.
static void make_name(const char *path, bool is_source) {
    char *last = last_files[is_source];
    if (*last) {
        (void)link(last, path);
    }
}

static void make_entry(struct fuzz_input *input, bool is_source) {
    static const size_t sizes[] = {0, 1, 100, 4096, 65536, 65537, LARGEST, 7};
    char path[256];
    take_path(input, is_source ? "in/t" : "out/t", path, sizeof(path));
    uint8_t kind = fuzz_take(input);
    if (!is_below_directories(path)) {
        return;
    }
    // Existing entries are not replaced.
    switch (kind % 6) {
    case 0:
    case 1:
        (void)mkdir(path, 0777);
        break;
    case 2:
        make_file(path, is_source ? SOURCE_LETTER : TARGET_LETTER, sizes[kind / 6 % 8]);
        (void)snprintf(last_files[is_source], sizeof(last_files[is_source]), "%s", path);
        break;
    case 3:
        (void)symlink(text_of_link(kind / 6 % 8), path);
        break;
    case 4:
        make_name(path, is_source);
        break;
    default:
        (void)mkfifo(path, 0666);
    }
}

static struct mapcp_options take_options(struct fuzz_input *input, const char *const *pattern) {
    uint8_t flags = fuzz_take(input);
    uint8_t policies = fuzz_take(input);
    uint8_t filters = fuzz_take(input);
    return (struct mapcp_options){
        .window_size = MAPCP_PAGE,
        .recursive = true,
        .symlinks = (enum mapcp_symlinks)(policies % 3),
        .overwrite = (enum mapcp_overwrite)(policies / 3 % 4),
        .sparse = (enum mapcp_sparse)(policies / 12 % 3),
        .preserve_timestamps = flags & 1,
        .verify = flags & 2,
        .dry_run = flags & 4,
        .keep_going = flags & 8,
        .make_parents = flags & 16,
        .measure = flags & 32,
        .preserve_hard_links = flags & 64,
        .atomic = flags & 128 ? MAPCP_ATOMICITY_TREE : MAPCP_ATOMICITY_FILE,
        .include = {.items = pattern, .count = (filters & 3) == 1},
        .exclude = {.items = pattern, .count = (filters & 3) == 2},
        // The last of these indices is outside the count.
        .shard = {.index = filters & 64 ? filters / 4 % 4 : 0, .count = filters & 64 ? 3 : 0},
    };
}

/// Adds the state of an entry to a sum, which shows any change of a tree.
static void add_up(const char *path, unsigned char kind, void *sum) {
    struct stat status;
    FUZZ_CHECK(lstat(path, &status) == 0);
    uint64_t hash = 14695981039346656037U;
    for (const char *at = path; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211U;
    }
    *(uint64_t *)sum += hash * (kind + 1U) + (uint64_t)status.st_ino + (uint64_t)status.st_size * 3 +
                        (uint64_t)status.st_mtim.tv_nsec * 5 + status.st_nlink * 7;
}

static uint64_t sum_of(const char *directory) {
    uint64_t sum = 0;
    workplace_for_each(directory, add_up, &sum);
    return sum;
}

/// The same without the times of directories: a test for another spelling of the target makes a temporary
/// file there.
static void add_up_entries(const char *path, unsigned char kind, void *sum) {
    struct stat status;
    FUZZ_CHECK(lstat(path, &status) == 0);
    add_up(path, kind, sum);
    *(uint64_t *)sum -= kind == DT_DIR ? (uint64_t)status.st_mtim.tv_nsec * 5 : 0;
}

static uint64_t sum_of_entries(const char *directory) {
    uint64_t sum = 0;
    workplace_for_each(directory, add_up_entries, &sum);
    return sum;
}

static bool is_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    int first = getc(file);
    int next = first;
    while (next == first && next != EOF) {
        next = getc(file);
    }
    FUZZ_CHECK(fclose(file) == 0);
    return next == EOF && (first == EOF || first == SOURCE_LETTER || first == TARGET_LETTER);
}

/// Checks an entry of the target, and counts the temporary files and trees that the input itself has created.
static void check_entry(const char *path, unsigned char kind, void *temporaries) {
    const char *name = strrchr(path, '/') + 1;
    FUZZ_CHECK(kind != DT_REG || is_whole(path));
    if (mapcp_is_temporary_name(name)) {
        FUZZ_CHECK(strcmp(name, TEMPORARY) == 0);
        // A tree is removed with everything in it, and counts once.
        const bool is_inside = strstr(path, "/" TEMPORARY "/") != NULL;
        *(size_t *)temporaries += !is_inside && (kind == DT_REG || kind == DT_LNK || kind == DT_DIR);
    }
}

/// Reads a file, or the text of a link, into `content` of `size` bytes. Returns the length.
static size_t read_content(const char *path, unsigned char kind, char *content, size_t size) {
    if (kind == DT_LNK) {
        ssize_t length = readlink(path, content, size);
        FUZZ_CHECK(length >= 0);
        return (size_t)length;
    }
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    size_t length = fread(content, 1, size, file);
    FUZZ_CHECK(fclose(file) == 0);
    return length;
}

static bool is_same_time(const struct timespec *one, const struct timespec *other) {
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

/// Whether copies leave an entry out, because it has the name of an unfinished copy, or is below one.
static bool is_left_out(const char *path) {
    return strstr(path, "/" TEMPORARY) != NULL;
}

/// A file, and how many of its names are copied.
struct copied_names {
    ino_t inode;
    nlink_t count;
};

static void count_name(const char *path, unsigned char kind, void *context) {
    struct copied_names *names = context;
    struct stat status;
    names->count +=
        kind == DT_REG && lstat(path, &status) == 0 && status.st_ino == names->inode && !is_left_out(path);
}

/// How many names the copy of a file must have.
static nlink_t names_of_copy(const struct stat *source, const struct mapcp_options *options) {
    if (!options->preserve_hard_links || source->st_nlink == 1) {
        return 1;
    }
    struct copied_names names = {.inode = source->st_ino, .count = 0};
    workplace_for_each("in/t", count_name, &names);
    return names.count;
}

/// Checks the copy of an entry of the source, if nothing failed and nothing was excluded.
static void check_copied(const char *path, unsigned char kind, void *context) {
    const struct mapcp_options *options = context;
    if (is_left_out(path)) {
        return;
    }
    static char contents[2][LARGEST + 1];
    char copied[4096];
    struct stat source;
    struct stat target;
    (void)snprintf(copied, sizeof(copied), "out/%s", path + strlen("in/"));
    if (kind == DT_REG || kind == DT_LNK || kind == DT_DIR) {
        FUZZ_CHECK(lstat(path, &source) == 0 && lstat(copied, &target) == 0);
        FUZZ_CHECK((source.st_mode & S_IFMT) == (target.st_mode & S_IFMT));
        FUZZ_CHECK(!options->preserve_timestamps || is_same_time(&source.st_mtim, &target.st_mtim));
    }
    FUZZ_CHECK(kind != DT_REG || target.st_nlink == names_of_copy(&source, options));
    if (kind == DT_REG || kind == DT_LNK) {
        size_t length = read_content(path, kind, contents[0], sizeof(contents[0]));
        FUZZ_CHECK(read_content(copied, kind, contents[1], sizeof(contents[1])) == length);
        FUZZ_CHECK(memcmp(contents[0], contents[1], length) == 0);
    }
}

/// Whether a job has done more steps than any tree needs.
static bool goes_too_far(const struct mapcp_job *job, int steps) {
    return steps > MOST_STEPS || mapcp_job_progress(job)->bytes_done > MOST_BYTES;
}

/// Runs a job to its end, or abandons it if it has none. Returns false if it did not copy everything.
static bool run(const struct mapcp_options *options, uint64_t budget) {
    struct mapcp_job *job = mapcp_job_new("in/t", "out/t", options);
    FUZZ_CHECK(job != NULL);
    bool good = true;
    bool complete = true;
    for (int steps = 0; good && !mapcp_job_progress(job)->done; steps++) {
        if (goes_too_far(job, steps)) {
            FUZZ_CHECK(options->symlinks == MAPCP_SYMLINKS_FOLLOW);
            complete = false;
            break;
        }
        good = mapcp_job_step(job, budget);
        struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
        for (size_t index = 0; index < errors.count; index++) {
            complete = complete && mapcp_copy_error_is_warning(&errors.items[index]);
        }
        mapcp_copy_errors_free(&errors);
    }
    if (!good) {
        const struct mapcp_copy_error *failure = mapcp_job_error(job);
        FUZZ_CHECK(mapcp_copy_error_path(failure) != NULL && failure->leftover == NULL);
    }
    mapcp_job_free(job);
    return good && complete;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    char pattern[64];
    const char *patterns[] = {pattern};
    const struct mapcp_options options = take_options(&input, patterns);
    uint64_t budget = (uint64_t)fuzz_take(&input) * 10000;
    fuzz_take_string(&input, pattern, sizeof(pattern));

    workplace_renew();
    memset(last_files, 0, sizeof(last_files));
    FUZZ_CHECK(mkdir("in", 0777) == 0 && mkdir("out", 0777) == 0 && mkdir("outside", 0777) == 0);
    (void)mkdir("in/t", 0777);
    for (int count = 0; count < MOST_ENTRIES && input.left > 0; count++) {
        uint8_t side = fuzz_take(&input);
        if (side % 4 == 3) {
            (void)mkdir("out/t", 0777);
        }
        make_entry(&input, side % 4 != 3);
    }
    uint64_t source = sum_of("in");
    uint64_t target = sum_of("out");
    uint64_t entries = sum_of_entries("out");

    bool complete = run(&options, budget);

    // A tree that must appear as a whole has changed nothing if it has failed.
    FUZZ_CHECK(complete || options.atomic == MAPCP_ATOMICITY_FILE || sum_of_entries("out") == entries);
    size_t temporaries = 0;
    workplace_for_each("out", check_entry, &temporaries);
    bool takes_all = options.include.count + options.exclude.count + options.shard.count == 0 &&
                     !options.dry_run && options.overwrite == MAPCP_OVERWRITE_ALWAYS &&
                     options.symlinks == MAPCP_SYMLINKS_PRESERVE;
    if (complete && takes_all) {
        workplace_for_each("in/t", check_copied, (void *)&options);
    }
    FUZZ_CHECK(sum_of("in") == source);
    FUZZ_CHECK(!options.dry_run || sum_of("out") == target);
    for (int dry_run = 1; dry_run >= 0; dry_run--) {
        struct mapcp_cleaned cleaned;
        struct mapcp_copy_error error;
        FUZZ_CHECK(mapcp_clean("out", dry_run, &cleaned, &error));
        FUZZ_CHECK(cleaned.errors.count == 0 && mapcp_names_count(&cleaned.restored) == 0);
        FUZZ_CHECK(mapcp_names_count(&cleaned.files) == temporaries);
        mapcp_cleaned_free(&cleaned);
    }
    return 0;
}
