// Fuzzes portable names. The input is the options, then the names of entries in source and target.
//
// After each copy, no new entry of the target has a name with a fault or a sibling, and each source entry
// whose name has neither is copied. The reference compares each name with each other one.

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy_job.h"
#include "fuzz.h"
#include "names.h"
#include "workplace.h"

#define MOST_NAMES 24
#define LONGEST_NAME 40

/// Names, sorted by nothing.
struct some_names {
    char names[MOST_NAMES][LONGEST_NAME];
    size_t count;
};

static bool has_name(const struct some_names *names, const char *name) {
    for (size_t index = 0; index < names->count; index++) {
        if (strcmp(names->names[index], name) == 0) {
            return true;
        }
    }
    return false;
}

/// Makes an entry with a name from the input, unless no entry can have it.
static void make_entry(struct fuzz_input *input, const char *directory, struct some_names *names) {
    char name[LONGEST_NAME];
    char path[LONGEST_NAME + 16];
    const uint8_t kind = fuzz_take(input);
    fuzz_take_string(input, name, sizeof(name));
    if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        has_name(names, name)) {
        return;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (kind % 4 == 0) {
        FUZZ_CHECK(mkdir(path, 0777) == 0);
    } else if (kind % 4 == 1) {
        FUZZ_CHECK(symlink("x", path) == 0);
    } else {
        FILE *file = fopen(path, "w");
        FUZZ_CHECK(file != NULL && fclose(file) == 0);
    }
    memcpy(names->names[names->count++], name, sizeof(name));
}

/// Whether some file system treats two names as one.
static bool are_one(const char *one, const char *other) {
    struct mapcp_folded left = {.characters = NULL};
    struct mapcp_folded right = {.characters = NULL};
    FUZZ_CHECK(mapcp_fold(&left, one) && mapcp_fold(&right, other));
    const bool same = mapcp_folded_are_equal(&left, &right);
    mapcp_folded_free(&left);
    mapcp_folded_free(&right);
    return same;
}

/// Whether a source's name must be refused.
static bool is_refused(const char *name, const struct some_names *source, const struct some_names *target) {
    bool refused = mapcp_name_fault(name) != NULL;
    for (size_t index = 0; index < target->count; index++) {
        const char *other = target->names[index];
        refused = refused || (strcmp(other, name) != 0 && are_one(other, name));
    }
    for (size_t index = 0; index < source->count; index++) {
        const char *other = source->names[index];
        refused = refused || (strcmp(other, name) < 0 && are_one(other, name));
    }
    return refused;
}

/// Runs a job. Returns how many errors it has about names.
static size_t run(const struct mapcp_options *options) {
    struct mapcp_job *job = mapcp_job_new("in/t", "out/t", options);
    size_t count = 0;
    FUZZ_CHECK(job != NULL);
    while (!mapcp_job_progress(job)->done) {
        FUZZ_CHECK(mapcp_job_step(job, UINT64_MAX));
        struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
        for (size_t index = 0; index < errors.count; index++) {
            const struct mapcp_copy_error *error = &errors.items[index];
            const bool is_about_name = error->error.code == MAPCP_CODE_NAME_NOT_PORTABLE;
            const char *name = mapcp_path_name(error->target);
            // A name with a fault has no sibling, and any other one has one of the same class.
            FUZZ_CHECK(!is_about_name || (error->sibling == NULL) == (mapcp_name_fault(name) != NULL));
            FUZZ_CHECK(!error->sibling ||
                       (strcmp(error->sibling, name) != 0 && are_one(error->sibling, name)));
            count += is_about_name;
        }
        mapcp_copy_errors_free(&errors);
    }
    mapcp_job_free(job);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    struct some_names source = {.count = 0};
    struct some_names target = {.count = 0};
    const uint8_t flags = fuzz_take(&input);
    struct mapcp_options options = {
        .window_size = MAPCP_PAGE,
        .recursive = true,
        .keep_going = true,
        .names = MAPCP_NAME_POLICY_PORTABLE,
        .dry_run = flags & 1,
    };
    workplace_renew();
    static const char *const directories[] = {"in", "out", "in/t"};
    for (size_t index = 0; index < sizeof(directories) / sizeof(*directories); index++) {
        FUZZ_CHECK(mkdir(directories[index], 0777) == 0);
    }
    if (flags & 2) {
        FUZZ_CHECK(mkdir("out/t", 0777) == 0);
    }
    while (input.left > 0 && source.count < MOST_NAMES && target.count < MOST_NAMES) {
        if ((flags & 2) && fuzz_take(&input) % 4 == 0) {
            make_entry(&input, "out/t", &target);
        } else {
            make_entry(&input, "in/t", &source);
        }
    }
    size_t refused = 0;
    for (size_t index = 0; index < source.count; index++) {
        refused += is_refused(source.names[index], &source, &target);
    }
    FUZZ_CHECK(run(&options) == refused);
    for (size_t index = 0; index < source.count; index++) {
        char path[LONGEST_NAME + 16];
        struct stat status;
        const char *name = source.names[index];
        (void)snprintf(path, sizeof(path), "out/t/%s", name);
        const bool is_copied = !options.dry_run && !is_refused(name, &source, &target);
        FUZZ_CHECK((lstat(path, &status) == 0) == (is_copied || has_name(&target, name)));
    }
    return 0;
}
