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

static const struct mapcp_options recursive = {.recursive = true};

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

static enum mapcp_code copy_badly(const char *source, const char *target,
                                  const struct mapcp_options *options) {
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    CHECK(!copy(source, target, options, &progress, &code));
    return code;
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

static void a_tree_is_copied_with_all_its_entries(void) {
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    make_tree();
    CHECK(copy("a", "b", &recursive, &progress, &code));
    CHECK(is_alike("a", "b"));
    CHECK(progress.files_done == 6 && progress.files_total == 6);
    CHECK(progress.bytes_done == 100100 && progress.bytes_total == 100100);
    CHECK(progress.directories == 4);
}

static void a_directory_needs_the_recursive_option(void) {
    const struct mapcp_options none = {.recursive = false};
    make_tree();
    CHECK(copy_badly("a", "b", &none) == MAPCP_CODE_IS_DIRECTORY);
    CHECK(access("b", F_OK) != 0);
}

static void a_tree_is_merged_into_an_existing_one(void) {
    make_tree();
    make_directory("b");
    make_directory("b/d");
    write_file("b/d/g", 5, 9);
    write_file("b/d/own", 6, 9);
    copy_well("a", "b", &recursive);
    CHECK(has_content("b/d/g", 100000, 2));
    CHECK(has_content("b/d/own", 6, 9));
}

static void entries_are_handed_over_before_there_are_many(void) {
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

static void a_deep_tree_is_copied_with_few_descriptors(void) {
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

static void a_directory_that_replaces_one_of_the_target_gets_nothing(void) {
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

static void a_tree_is_copied_down_to_10000_levels_and_no_further(void) {
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

static void a_directory_is_not_copied_into_itself(void) {
    make_tree();
    CHECK(symlink("a/d", "link") == 0);
    CHECK(copy_badly("a", "a/new", &recursive) == MAPCP_CODE_INTO_ITSELF);
    CHECK(copy_badly("a", "a/d/new", &recursive) == MAPCP_CODE_INTO_ITSELF);
    CHECK(copy_badly("a", "link/new", &recursive) == MAPCP_CODE_INTO_ITSELF);
    CHECK(copy_badly("a", "a", &recursive) == MAPCP_CODE_SAME_FILE);
    CHECK(copy_badly(".", "new", &recursive) == MAPCP_CODE_INTO_ITSELF);
    CHECK(access("a/new", F_OK) != 0 && access("a/d/new", F_OK) != 0 && access("new", F_OK) != 0);
}

static void a_sibling_whose_name_begins_with_a_directory_s_is_not_in_it(void) {
    make_tree();
    make_directory("ab");
    copy_well("a", "ab/c", &recursive);
    copy_well("a", "a/../abc", &recursive);
    CHECK(is_alike("a", "ab/c"));
    CHECK(is_alike("a", "abc"));
}

static void a_file_does_not_replace_a_directory_nor_a_directory_a_file(void) {
    make_tree();
    make_directory("b");
    make_directory("b/f");
    make_directory("c");
    write_file("c/d", 5, 9);
    write_file("file", 5, 9);
    CHECK(copy_badly("a", "b", &recursive) == MAPCP_CODE_IS_DIRECTORY);
    CHECK(copy_badly("a", "c", &recursive) == MAPCP_CODE_NOT_DIRECTORY);
    CHECK(copy_badly("a", "file", &recursive) == MAPCP_CODE_NOT_DIRECTORY);
    CHECK(has_content("c/d", 5, 9) && has_content("file", 5, 9));
}

static void a_link_to_a_directory_in_the_target_is_not_followed(void) {
    make_tree();
    make_directory("b");
    make_directory("elsewhere");
    CHECK(symlink("../elsewhere", "b/d") == 0);
    CHECK(copy_badly("a", "b", &recursive) == MAPCP_CODE_NOT_DIRECTORY);
    CHECK(access("elsewhere/g", F_OK) != 0);
}

static void the_targets_of_followed_links_are_copied(void) {
    const struct mapcp_options follow = {.recursive = true, .symlinks = MAPCP_SYMLINKS_FOLLOW};
    make_directory("a");
    make_directory("real");
    write_file("real/f", 10, 1);
    CHECK(symlink("../real", "a/directory") == 0);
    CHECK(symlink("../real/f", "a/file") == 0);
    copy_well("a", "b", &follow);
    CHECK(has_content("b/directory/f", 10, 1) && has_content("b/file", 10, 1));
    struct stat status;
    CHECK(lstat("b/directory", &status) == 0 && S_ISDIR(status.st_mode));
    CHECK(lstat("b/file", &status) == 0 && S_ISREG(status.st_mode));
}

static void a_loop_of_followed_links_is_an_error(void) {
    const struct mapcp_options follow = {.recursive = true, .symlinks = MAPCP_SYMLINKS_FOLLOW};
    make_directory("a");
    make_directory("a/d");
    CHECK(symlink("..", "a/d/up") == 0);
    CHECK(copy_badly("a", "b", &follow) == MAPCP_CODE_TOO_MANY_LINKS);
}

static void a_loop_of_followed_links_leaves_no_directory(void) {
    const struct mapcp_options follow = {
        .recursive = true,
        .symlinks = MAPCP_SYMLINKS_FOLLOW,
        .keep_going = true,
    };
    make_directory("a");
    make_directory("a/d");
    CHECK(symlink("..", "a/d/up") == 0);
    copy_well("a", "b", &follow);
    CHECK(access("b/d", F_OK) == 0 && access("b/d/up", F_OK) != 0);
}

static void a_link_does_not_replace_its_own_target(void) {
    write_file("f", 10, 1);
    CHECK(symlink("f", "link") == 0);
    CHECK(copy_badly("link", "f", &recursive) == MAPCP_CODE_SAME_FILE);
    CHECK(has_content("f", 10, 1));
}

static void slashes_after_a_directory_hide_nothing(void) {
    make_tree();
    CHECK(copy_badly("a", "a//", &recursive) == MAPCP_CODE_SAME_FILE);
}

static void a_dry_run_finds_a_missing_parent(void) {
    const struct mapcp_options options = {.recursive = true, .dry_run = true};
    make_tree();
    CHECK(copy_badly("a", "missing/b", &options) == MAPCP_CODE_NOT_FOUND);
    CHECK(copy_badly("a/f", "missing/b", &options) == MAPCP_CODE_NOT_FOUND);
}

static void a_time_that_was_set_to_the_microsecond_is_not_older(void) {
    const struct mapcp_options newer = {.overwrite = MAPCP_OVERWRITE_NEWER};
    const struct timespec exact[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 123456789}};
    const struct timespec rounded[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 123456000}};
    const struct timespec earlier[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 123455000}};
    write_file("a", 10, 1);
    write_file("b", 10, 2);
    CHECK(utimensat(AT_FDCWD, "a", exact, 0) == 0 && utimensat(AT_FDCWD, "b", rounded, 0) == 0);
    copy_well("a", "b", &newer);
    CHECK(has_content("b", 10, 2));
    CHECK(utimensat(AT_FDCWD, "b", earlier, 0) == 0);
    copy_well("a", "b", &newer);
    CHECK(has_content("b", 10, 1));
}

static void skipped_links_are_not_copied(void) {
    const struct mapcp_options options = {.recursive = true, .symlinks = MAPCP_SYMLINKS_SKIP};
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    make_tree();
    CHECK(copy("a", "b", &options, &progress, &code));
    CHECK(progress.skipped == 3);
    struct stat status;
    CHECK(lstat("b/absolute", &status) != 0 && lstat("b/d/inside", &status) != 0);
}

static void a_special_file_is_skipped_with_a_warning(void) {
    make_directory("a");
    CHECK(mkfifo("a/fifo", 0644) == 0);
    write_file("a/f", 10, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &recursive);
    CHECK(mapcp_job_step(job, UINT64_MAX) && mapcp_job_progress(job)->done);
    struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
    CHECK(errors.count == 1 && mapcp_copy_error_is_warning(&errors.items[0]));
    CHECK(strcmp(errors.items[0].source, "a/fifo") == 0 && strcmp(errors.items[0].target, "b/fifo") == 0);
    mapcp_copy_errors_free(&errors);
    mapcp_job_free(job);
    CHECK(has_content("b/f", 10, 1) && access("b/fifo", F_OK) != 0);
}

static void one_failure_stops_the_copy_unless_keep_going_is_set(void) {
    const struct mapcp_options options = {.recursive = true, .keep_going = true};
    make_directory("a");
    make_directory("b");
    for (char name[] = "a/0"; name[2] <= '9'; name[2]++) {
        write_file(name, 10, 1);
    }
    make_directory("b/3");
    make_directory("b/7");
    CHECK(copy_badly("a", "b", &recursive) == MAPCP_CODE_IS_DIRECTORY);
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    CHECK(mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_progress(job)->files_done == 8);
    struct mapcp_copy_errors errors = mapcp_job_take_errors(job);
    CHECK(errors.count == 2);
    mapcp_copy_errors_free(&errors);
    CHECK(mapcp_job_take_errors(job).count == 0);
    mapcp_job_free(job);
}

static void the_times_of_files_links_and_directories_are_preserved(void) {
    const struct mapcp_options options = {.recursive = true, .preserve_timestamps = true};
    make_tree();
    const struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 2000, .tv_nsec = 123456789}};
    const char *const names[] = {"d/g", "d/inside", "d", "."};
    CHECK(chdir("a") == 0);
    for (size_t index = 0; index < sizeof(names) / sizeof(*names); index++) {
        CHECK(utimensat(AT_FDCWD, names[index], times, AT_SYMLINK_NOFOLLOW) == 0);
    }
    CHECK(chdir("..") == 0);
    copy_well("a", "b", &options);
    CHECK(chdir("b") == 0);
    for (size_t index = 0; index < sizeof(names) / sizeof(*names); index++) {
        struct stat status;
        CHECK(lstat(names[index], &status) == 0);
        CHECK(status.st_mtim.tv_sec == 2000 && status.st_mtim.tv_nsec == 123456789);
    }
    CHECK(chdir("..") == 0);
}

static void existing_files_are_kept_or_replaced_as_the_policy_says(void) {
    make_directory("a");
    make_directory("b");
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    write_file("a/older", 10, 1);
    write_file("b/older", 10, 2);
    write_file("a/newer", 10, 1);
    write_file("b/newer", 10, 2);
    CHECK(utimensat(AT_FDCWD, "a/older", old, 0) == 0 && utimensat(AT_FDCWD, "b/newer", old, 0) == 0);

    const struct mapcp_options never = {.recursive = true, .overwrite = MAPCP_OVERWRITE_NEVER};
    copy_well("a", "b", &never);
    CHECK(has_content("b/older", 10, 2) && has_content("b/newer", 10, 2));

    const struct mapcp_options newer = {.recursive = true, .overwrite = MAPCP_OVERWRITE_NEWER};
    copy_well("a", "b", &newer);
    CHECK(has_content("b/older", 10, 2) && has_content("b/newer", 10, 1));

    const struct mapcp_options error = {.recursive = true, .overwrite = MAPCP_OVERWRITE_ERROR};
    CHECK(copy_badly("a", "b", &error) == MAPCP_CODE_ALREADY_EXISTS);
}

static void a_dry_run_touches_nothing_and_counts_all(void) {
    const struct mapcp_options options = {.recursive = true, .dry_run = true};
    struct mapcp_progress progress;
    enum mapcp_code code = MAPCP_CODE_OTHER;
    make_tree();
    CHECK(copy("a", "b", &options, &progress, &code));
    CHECK(progress.files_done == 6 && progress.bytes_done == 100100);
    CHECK(count_entries() == 1);
    make_directory("c");
    make_directory("c/f");
    CHECK(copy_badly("a", "c", &options) == MAPCP_CODE_IS_DIRECTORY);
}

static void measuring_gives_the_totals_from_the_start(void) {
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

static void a_tree_that_grows_raises_its_totals(void) {
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

static void excluded_entries_are_not_copied(void) {
    const char *patterns[] = {".hidden", "/f"};
    const struct mapcp_options options = {.recursive = true, .exclude = {.items = patterns, .count = 2}};
    make_tree();
    copy_well("a", "b", &options);
    CHECK(access("b/d/g", F_OK) == 0 && access("b/d/.hidden", F_OK) != 0 && access("b/f", F_OK) != 0);
}

static void missing_parents_are_created_on_request(void) {
    const struct mapcp_options options = {.recursive = true, .make_parents = true};
    make_tree();
    CHECK(copy_badly("a", "x/y/z", &recursive) == MAPCP_CODE_NOT_FOUND);
    CHECK(access("x", F_OK) != 0);
    copy_well("a", "x/y/z", &options);
    CHECK(is_alike("a", "x/y/z"));
    copy_well("a/f", "v/w", &options);
    CHECK(has_content("v/w", 100, 1));
}

static void zeros_become_holes(void) {
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

static void verified_files_are_copied(void) {
    const struct mapcp_options options = {.recursive = true, .verify = true, .sync = true, .window_size = 1};
    make_tree();
    copy_well("a", "b", &options);
    CHECK(is_alike("a", "b"));
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

static void verification_finds_bytes_that_differ_from_those_written(void) {
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

static void a_tree_that_is_dropped_half_way_leaves_only_complete_files(void) {
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

static void clean_removes_temporary_files_and_nothing_else(void) {
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

static const struct test tests[] = {
    {"clean removes temporary files and nothing else", clean_removes_temporary_files_and_nothing_else},
    {"a tree is copied with all its entries", a_tree_is_copied_with_all_its_entries},
    {"a directory needs the recursive option", a_directory_needs_the_recursive_option},
    {"a tree is merged into an existing one", a_tree_is_merged_into_an_existing_one},
    {"entries are handed over before there are many", entries_are_handed_over_before_there_are_many},
    {"a deep tree is copied with few descriptors", a_deep_tree_is_copied_with_few_descriptors},
    {"a directory that replaces one of the target gets nothing",
     a_directory_that_replaces_one_of_the_target_gets_nothing},
    {"a tree is copied down to 10,000 levels and no further",
     a_tree_is_copied_down_to_10000_levels_and_no_further},
    {"a directory is not copied into itself", a_directory_is_not_copied_into_itself},
    {"a sibling whose name begins with a directory's is not in it",
     a_sibling_whose_name_begins_with_a_directory_s_is_not_in_it},
    {"a file does not replace a directory, nor a directory a file",
     a_file_does_not_replace_a_directory_nor_a_directory_a_file},
    {"a link to a directory in the target is not followed",
     a_link_to_a_directory_in_the_target_is_not_followed},
    {"the targets of followed links are copied", the_targets_of_followed_links_are_copied},
    {"a loop of followed links is an error", a_loop_of_followed_links_is_an_error},
    {"a loop of followed links leaves no directory", a_loop_of_followed_links_leaves_no_directory},
    {"a link does not replace its own target", a_link_does_not_replace_its_own_target},
    {"slashes after a directory hide nothing", slashes_after_a_directory_hide_nothing},
    {"a dry run finds a missing parent", a_dry_run_finds_a_missing_parent},
    {"a time that was set to the microsecond is not older",
     a_time_that_was_set_to_the_microsecond_is_not_older},
    {"skipped links are not copied", skipped_links_are_not_copied},
    {"a special file is skipped with a warning", a_special_file_is_skipped_with_a_warning},
    {"one failure stops the copy, unless keep_going is set",
     one_failure_stops_the_copy_unless_keep_going_is_set},
    {"the times of files, links and directories are preserved",
     the_times_of_files_links_and_directories_are_preserved},
    {"existing files are kept or replaced as the policy says",
     existing_files_are_kept_or_replaced_as_the_policy_says},
    {"a dry run touches nothing and counts all", a_dry_run_touches_nothing_and_counts_all},
    {"measuring gives the totals from the start", measuring_gives_the_totals_from_the_start},
    {"a tree that grows raises its totals", a_tree_that_grows_raises_its_totals},
    {"excluded entries are not copied", excluded_entries_are_not_copied},
    {"missing parents are created on request", missing_parents_are_created_on_request},
    {"zeros become holes", zeros_become_holes},
    {"verified files are copied", verified_files_are_copied},
    {"verification finds bytes that differ from those written",
     verification_finds_bytes_that_differ_from_those_written},
    {"a tree that is dropped half-way leaves only complete files",
     a_tree_that_is_dropped_half_way_leaves_only_complete_files},
};
const struct suite tree_suite = {tests, sizeof(tests) / sizeof(*tests)};
