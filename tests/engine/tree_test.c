#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "clean.h"
#include "copy_job.h"

static void make_directory(const char *path) {
    CHECK(mkdir(path, 0755) == 0);
}

/// Runs a job to its end in steps of one entry. Returns whether it succeeded, and its progress in `progress`.
static bool copy(const char *source, const char *target, const struct mapcp_options *options,
                 struct mapcp_progress *progress, enum mapcp_code *code) {
    struct mapcp_job *job = mapcp_job_new(source, target, options);
    CHECK(job != NULL);
    bool good = true;
    while (good && !mapcp_job_progress(job)->done) {
        good = mapcp_job_step(job, 1);
    }
    *progress = *mapcp_job_progress(job);
    if (!good) {
        *code = mapcp_job_error(job)->error.code;
    }
    mapcp_job_free(job);
    return good;
}

static void copy_well(const char *source, const char *target, const struct mapcp_options *options) {
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    CHECK(copy(source, target, options, &progress, &code));
}

/// Whether diff finds no difference between two trees.
static bool is_alike(const char *one, const char *other) {
    char command[256];
    (void)snprintf(command, sizeof(command), "diff -r --no-dereference '%s' '%s' >&2", one, other);
    // NOLINTNEXTLINE: the names are the test's own.
    return system(command) == 0;
}

static void make_tree(void) {
    make_directory("a");
    make_directory("a/empty");
    make_directory("a/d");
    make_directory("a/d/.hidden");
    write_file("a/f", 100, 1);
    write_file("a/d/g", 100000, 2);
    write_file("a/d/.hidden/.h", 0, 3);
    CHECK(symlink("../f", "a/d/inside") == 0);
    CHECK(symlink("/nowhere/at/all", "a/absolute") == 0);
    CHECK(symlink("../../..", "a/outside") == 0);
}

TEST(entries_are_handed_over_before_there_are_many) {
    const size_t files = 1000;
    const struct mapcp_options options = {.recursive = true, .report_entries = true};
    make_directory("a");
    for (size_t index = 0; index < files; index++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "a/%zu", index);
        write_file(path, 0, 0);
    }
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    size_t told = 0;
    while (!mapcp_job_progress(job)->done) {
        CHECK(mapcp_job_step(job, UINT64_MAX));
        struct mapcp_entries entries = mapcp_job_take_entries(job);
        CHECK(entries.count < files / 2);
        told += entries.count;
        mapcp_entries_free(&entries);
    }
    mapcp_job_free(job);
    CHECK(told == files + 1);
}

TEST(a_deep_tree_is_copied_with_few_descriptors) {
    const int levels = 500;
    make_directory("a");
    int directory = open("a", O_RDONLY | O_DIRECTORY);
    CHECK(directory >= 0);
    for (int level = 0; level < levels; level++) {
        CHECK(mkdirat(directory, "d", 0755) == 0 && mkdirat(directory, "e", 0755) == 0);
        int next = openat(directory, "d", O_RDONLY | O_DIRECTORY);
        CHECK(next >= 0 && close(directory) == 0);
        directory = next;
    }
    CHECK(close(directory) == 0);
    const struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    const struct mapcp_options options = {.recursive = true, .preserve_timestamps = true};
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    CHECK(copy("a", "b", &options, &progress, &code));
    CHECK(progress.directories == 2 * (uint64_t)levels + 1);
    CHECK(is_alike("a", "b"));
}

/// Makes a chain of directories below `path`, so deep that a walk closes those above.
static void make_chain(const char *path) {
    char deeper[128];
    (void)snprintf(deeper, sizeof(deeper), "%s", path);
    for (int level = 0; level < 12; level++) {
        make_directory(deeper);
        (void)snprintf(deeper + strlen(deeper), sizeof(deeper) - strlen(deeper), "/%d", level);
    }
}

TEST(a_directory_that_replaces_one_of_the_target_gets_nothing) {
    const struct mapcp_options options = {.recursive = true, .keep_going = true};
    make_directory("a");
    make_directory("a/d");
    make_chain("a/d/one");
    make_chain("a/d/two");
    make_chain("a/d/three");
    make_chain("a/d/four");
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    CHECK(job != NULL);
    bool is_replaced = false;
    while (!mapcp_job_progress(job)->done) {
        CHECK(mapcp_job_step(job, 1));
        // The walk is in the chain, and has closed the directory "b/d".
        if (!is_replaced && strstr(mapcp_job_current_path(job), "/10")) {
            CHECK(rename("b/d", "moved") == 0);
            make_directory("b/d");
            is_replaced = true;
        }
    }
    struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
    CHECK(is_replaced && errors.count == 3);
    for (size_t index = 0; index < errors.count; index++) {
        CHECK(errors.items[index].error.code == MAPCP_CODE_SOURCE_CHANGED);
    }
    mapcp_copy_errors_free(&errors);
    mapcp_job_free(job);
    CHECK(rmdir("b/d") == 0);
}

TEST(a_tree_is_copied_down_to_10000_levels_and_no_further) {
    const int levels = 10000;
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    CHECK(directory >= 0);
    for (int level = 0; level < levels + 2; level++) {
        CHECK(mkdirat(directory, "d", 0755) == 0);
        int next = openat(directory, "d", O_RDONLY | O_DIRECTORY);
        CHECK(next >= 0 && close(directory) == 0);
        directory = next;
    }
    CHECK(close(directory) == 0);
    const struct mapcp_options options = {.recursive = true, .dry_run = true};
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    CHECK(!copy("d", "b", &options, &progress, &code));
    CHECK(code == MAPCP_CODE_LIMIT_EXCEEDED);
    CHECK(progress.directories == (uint64_t)levels + 1);
    struct mapcp_cleaned cleaned;
    struct mapcp_copy_error error;
    CHECK(mapcp_clean("d", true, &cleaned, &error) && cleaned.errors.count == 1);
    // `clean` has no limit to raise.
    CHECK(strstr(mapcp_copy_error_reason(cleaned.errors.items), "clean a directory that is nearer to it"));
    mapcp_cleaned_free(&cleaned);
    // Few programs remove a tree as deep as this.
    // NOLINTNEXTLINE: the command is the test's own.
    CHECK(system("rm -r d") == 0);
}

TEST(measuring_gives_the_totals_from_the_start) {
    const struct mapcp_options options = {.recursive = true, .measure = true, .window_size = 1};
    make_tree();
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    CHECK(job != NULL);
    do {
        CHECK(mapcp_job_step(job, 1));
        const struct mapcp_progress *progress = mapcp_job_progress(job);
        CHECK(progress->totals_known || progress->bytes_done == 0);
        CHECK(!progress->totals_known || (progress->bytes_total == 100100 && progress->files_total == 6));
    } while (!mapcp_job_progress(job)->done);
    mapcp_job_free(job);
    CHECK(is_alike("a", "b"));
}

TEST(a_tree_that_grows_raises_its_totals) {
    const struct mapcp_options options = {.recursive = true, .measure = true, .window_size = 1};
    make_directory("a");
    write_file("a/f", 10, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    const struct mapcp_progress *progress = mapcp_job_progress(job);
    while (!progress->totals_known) {
        CHECK(mapcp_job_step(job, 1));
    }
    CHECK(progress->files_done == 0);
    write_file("a/f", 200000, 2);
    while (!progress->done) {
        CHECK(mapcp_job_step(job, 1));
        CHECK(progress->bytes_done <= progress->bytes_total);
        CHECK(progress->files_done <= progress->files_total);
    }
    CHECK(progress->bytes_total == 200000);
    mapcp_job_free(job);
}

TEST(zeros_become_holes) {
    const size_t size = (size_t)10 * 1024 * 1024;
    const struct mapcp_options never = {.sparse = MAPCP_SPARSE_NEVER};
    const struct mapcp_options automatic = {.sparse = MAPCP_SPARSE_AUTO};
    const struct mapcp_options always = {.sparse = MAPCP_SPARSE_ALWAYS};
    write_file("a", 5000, 1);
    CHECK(truncate("a", (off_t)size) == 0);
    copy_well("a", "never", &never);
    copy_well("a", "auto", &automatic);
    copy_well("a", "always", &always);
    CHECK(is_alike("a", "never") && is_alike("a", "auto") && is_alike("a", "always"));
    struct stat never_status;
    struct stat auto_status;
    struct stat always_status;
    CHECK(stat("never", &never_status) == 0 && stat("auto", &auto_status) == 0);
    CHECK(stat("always", &always_status) == 0);
    CHECK((size_t)never_status.st_blocks * 512 >= size);
    CHECK(auto_status.st_blocks * 512 <= 65536 + 4096);
    CHECK(always_status.st_blocks <= auto_status.st_blocks);
}

/// The path of the one temporary file in a directory, valid until the next call.
static const char *find_temporary(const char *directory) {
    static char path[256];
    char command[256];
    (void)snprintf(command, sizeof(command), "echo %s/.mapcp-*.tmp", directory);
    // NOLINTNEXTLINE: the names are the test's own.
    FILE *output = popen(command, "r");
    CHECK(output != NULL && fgets(path, sizeof(path), output) != NULL);
    path[strcspn(path, "\n")] = '\0';
    CHECK(pclose(output) == 0);
    return path;
}

TEST(verification_finds_bytes_that_differ_from_those_written) {
    const struct mapcp_options options = {.verify = true, .window_size = 1};
    write_file("a", 200000, 1);
    make_directory("b");
    struct mapcp_job *job = mapcp_job_new("a", "b/c", &options);
    CHECK(mapcp_job_step(job, 65536));
    int descriptor = open(find_temporary("b"), O_WRONLY);
    CHECK(descriptor >= 0 && pwrite(descriptor, "?", 1, 1000) == 1 && close(descriptor) == 0);
    CHECK(!mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_error(job)->error.code == MAPCP_CODE_VERIFICATION_FAILED);
    mapcp_job_free(job);
    CHECK(rmdir("b") == 0);
}

TEST(a_tree_that_is_dropped_half_way_leaves_only_complete_files) {
    const struct mapcp_options options = {.recursive = true, .window_size = 1};
    make_directory("a");
    for (char name[] = "a/0"; name[2] <= '9'; name[2]++) {
        write_file(name, 150000, 1);
    }
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    while (mapcp_job_progress(job)->bytes_done < 400000) {
        CHECK(mapcp_job_step(job, 1));
    }
    uint64_t done = mapcp_job_progress(job)->files_done;
    mapcp_job_free(job);
    CHECK(chdir("b") == 0 && count_entries() == done);
    CHECK(chdir("..") == 0);
}

TEST(clean_removes_temporary_files_and_nothing_else) {
    make_tree();
    write_file("a/d/.mapcp-0123456789abcdef.tmp", 10, 1);
    write_file("a/.mapcp-ffffffffffffffff.tmp", 10, 1);
    write_file("a/.mapcp-mine.tmp", 10, 1);
    make_directory("elsewhere");
    write_file("elsewhere/.mapcp-ffffffffffffffff.tmp", 10, 1);
    CHECK(symlink("../elsewhere", "a/link") == 0);
    struct mapcp_cleaned cleaned;
    struct mapcp_copy_error error;
    CHECK(mapcp_clean("a", true, &cleaned, &error));
    CHECK(mapcp_names_count(&cleaned.files) == 2);
    mapcp_cleaned_free(&cleaned);
    CHECK(access("a/d/.mapcp-0123456789abcdef.tmp", F_OK) == 0);
    CHECK(access("a/.mapcp-ffffffffffffffff.tmp", F_OK) == 0);
    CHECK(mapcp_clean("a", false, &cleaned, &error));
    CHECK(cleaned.errors.count == 0);
    CHECK(mapcp_names_count(&cleaned.files) == 2);
    for (const char *path = NULL; (path = mapcp_names_next(&cleaned.files, path));) {
        CHECK(strcmp(path, "a/d/.mapcp-0123456789abcdef.tmp") == 0 ||
              strcmp(path, "a/.mapcp-ffffffffffffffff.tmp") == 0);
        CHECK(access(path, F_OK) != 0);
    }
    mapcp_cleaned_free(&cleaned);
    CHECK(access("a/.mapcp-mine.tmp", F_OK) == 0 && access("a/d/g", F_OK) == 0);
    CHECK(access("elsewhere/.mapcp-ffffffffffffffff.tmp", F_OK) == 0);
    CHECK(!mapcp_clean("missing", false, &cleaned, &error));
    mapcp_cleaned_free(&cleaned);
    CHECK(error.error.code == MAPCP_CODE_NOT_FOUND && strcmp(error.source, "missing") == 0);
    mapcp_copy_error_free(&error);
}
