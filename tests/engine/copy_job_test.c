#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "copy_job.h"

static const struct mapcp_options one_page = {.window_size = 1};

/// Runs a job to its end in one step. Returns its error or NULL, valid until the next call.
static const struct mapcp_error *copy(const char *source, const char *target,
                                      const struct mapcp_options *options) {
    static struct mapcp_error error;
    struct mapcp_job *job = mapcp_job_new(source, target, options);
    CHECK(job != NULL);
    bool good = mapcp_job_step(job, UINT64_MAX);
    if (good) {
        CHECK(mapcp_job_progress(job)->done);
    } else {
        error = mapcp_job_error(job)->error;
    }
    mapcp_job_free(job);
    return good ? NULL : &error;
}

TEST(files_of_every_size_around_a_window_are_copied_whole) {
    const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 1000000};
    for (size_t index = 0; index < sizeof(sizes) / sizeof(*sizes); index++) {
        write_file("a", sizes[index], 7);
        CHECK(copy("a", "b", &one_page) == NULL);
        CHECK(has_content("b", sizes[index], 7));
        CHECK(count_entries() == 2);
    }
}

TEST(the_target_is_unchanged_until_the_last_step) {
    write_file("a", 200000, 1);
    write_file("b", 10, 2);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    unsigned steps = 0;
    do {
        CHECK(has_content("b", 10, 2));
        CHECK(mapcp_job_step(job, 1));
        steps++;
        CHECK(steps < 10);
    } while (!mapcp_job_progress(job)->done);
    CHECK(steps == 4);
    CHECK(has_content("b", 200000, 1));
    mapcp_job_free(job);
}

TEST(progress_counts_bytes_and_ends_at_the_total) {
    write_file("a", 100000, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(!mapcp_job_progress(job)->totals_known);
    CHECK(mapcp_job_step(job, 1));
    CHECK(mapcp_job_progress(job)->bytes_done == 65536);
    CHECK(mapcp_job_progress(job)->bytes_total == 100000);
    CHECK(mapcp_job_progress(job)->files_done == 0);
    CHECK(mapcp_job_step(job, 1));
    CHECK(mapcp_job_progress(job)->bytes_done == 100000);
    CHECK(mapcp_job_progress(job)->files_done == 1);
    CHECK(mapcp_job_step(job, 1));
    CHECK(mapcp_job_progress(job)->bytes_done == 100000);
    mapcp_job_free(job);
}

TEST(progress_also_counts_compared_bytes) {
    write_file("a", 100000, 1);
    struct mapcp_options options = one_page;
    options.verify = true;
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    static const uint64_t expected[] = {65536, 100000, 165536, 200000};
    for (size_t step = 0; step < sizeof(expected) / sizeof(*expected); step++) {
        CHECK(mapcp_job_step(job, 1));
        CHECK(mapcp_job_progress(job)->bytes_done == expected[step]);
        CHECK(mapcp_job_progress(job)->bytes_total == 200000);
    }
    CHECK(mapcp_job_progress(job)->bytes_in_place == 100000);
    CHECK(mapcp_job_progress(job)->done);
    mapcp_job_free(job);
}

TEST(nothing_is_touched_before_the_first_step) {
    write_file("a", 10, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(count_entries() == 1);
    mapcp_job_free(job);
    CHECK(count_entries() == 1);
}

TEST(a_job_that_is_stopped_half_way_leaves_nothing_and_fails) {
    write_file("a", 200000, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(mapcp_job_step(job, 1));
    CHECK(!mapcp_job_stop(job));
    CHECK(count_entries() == 1);
    CHECK(!mapcp_job_step(job, 1));
    CHECK(!mapcp_job_stop(job));
    mapcp_job_free(job);
}

TEST(a_job_that_is_stopped_before_its_first_step_or_after_its_last_has_no_steps_left) {
    write_file("a", 10, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(!mapcp_job_stop(job));
    CHECK(!mapcp_job_step(job, 1));
    CHECK(count_entries() == 1);
    mapcp_job_free(job);
    job = mapcp_job_new("a", "b", &one_page);
    CHECK(mapcp_job_step(job, UINT64_MAX));
    CHECK(!mapcp_job_stop(job));
    CHECK(mapcp_job_step(job, 1));
    CHECK(has_content("b", 10, 1));
    mapcp_job_free(job);
}

TEST(a_job_that_is_dropped_half_way_leaves_nothing) {
    write_file("a", 200000, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(mapcp_job_step(job, 1));
    CHECK(count_entries() == 2);
    mapcp_job_free(job);
    CHECK(count_entries() == 1);
}

static void check_change_is_noticed(void (*change)(void)) {
    write_file("a", 200000, 1);
    write_file("b", 10, 2);
    struct mapcp_job *job = mapcp_job_new("a", "b", &one_page);
    CHECK(mapcp_job_step(job, 1));
    change();
    CHECK(!mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_error(job)->error.code == MAPCP_CODE_SOURCE_CHANGED);
    CHECK(strcmp(mapcp_copy_error_path(mapcp_job_error(job)), "a") == 0);
    CHECK(!mapcp_job_step(job, 1));
    mapcp_job_free(job);
    CHECK(has_content("b", 10, 2));
    CHECK(count_entries() == 2);
}

static void grow(void) {
    CHECK(truncate("a", 300000) == 0);
}

static void touch(void) {
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    CHECK(utimensat(AT_FDCWD, "a", times, 0) == 0);
}

TEST(a_source_that_grows_is_an_error) {
    check_change_is_noticed(grow);
}

TEST(a_source_that_is_rewritten_is_an_error) {
    check_change_is_noticed(touch);
}

TEST(a_growing_log_is_copied_up_to_its_first_size) {
    const struct mapcp_options options = {.window_size = 1, .allow_changes = true};
    write_file("a", 200000, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    CHECK(mapcp_job_step(job, 1));
    grow();
    CHECK(mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_progress(job)->done);
    mapcp_job_free(job);
    CHECK(has_content("b", 200000, 1));
}

/// Copies a file of two windows, which is changed through a mapping between the first and the second. If the
/// page was written before, size and times do not show the change. Returns the job's error or NULL.
static const struct mapcp_error *copy_while_mapped(const struct mapcp_options *options) {
    static struct mapcp_error error;
    write_file("a", 100000, 1);
    int descriptor = open("a", O_RDWR);
    CHECK(descriptor >= 0);
    char *bytes = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    CHECK(bytes != MAP_FAILED);
    bytes[0]++;
    struct mapcp_job *job = mapcp_job_new("a", "b", options);
    CHECK(mapcp_job_step(job, 1));
    bytes[0]--;
    bool good = mapcp_job_step(job, UINT64_MAX);
    if (!good) {
        error = mapcp_job_error(job)->error;
    }
    mapcp_job_free(job);
    CHECK(munmap(bytes, 100000) == 0 && close(descriptor) == 0);
    return good ? NULL : &error;
}

TEST(a_source_that_is_written_through_a_mapping_is_an_error_if_it_is_verified) {
    const struct mapcp_options options = {.window_size = 1, .verify = true};
    const struct mapcp_error *error = copy_while_mapped(&options);
    CHECK(error != NULL);
    // If the system has written the page back, the times show the change.
    CHECK(error->code == MAPCP_CODE_VERIFICATION_FAILED || error->code == MAPCP_CODE_SOURCE_CHANGED);
    CHECK(count_entries() == 1);
}

/// Checks that a copy with this path or option is refused for this reason.
static void check_refused(const char *source, const char *target, const struct mapcp_options *options,
                          const char *reason) {
    const struct mapcp_error *error = copy(source, target, options);
    CHECK(error->operation == MAPCP_OPERATION_ACCEPT && error->code == MAPCP_CODE_INVALID_ARGUMENT);
    CHECK(strstr(mapcp_reason(error), reason));
}

TEST(an_empty_path_is_refused) {
    write_file("a", 10, 1);
    check_refused("", "b", &one_page, "the path is empty");
    check_refused("a", "", &one_page, "the path is empty");
}

TEST(a_window_of_more_than_a_gibibyte_is_refused) {
    const struct mapcp_options huge = {.window_size = MAPCP_LARGEST_WINDOW + 1};
    write_file("a", 10, 1);
    check_refused("a", "b", &huge, "larger than 1 GiB");
    CHECK(count_entries() == 1);
}

TEST(a_shard_that_does_not_exist_is_refused) {
    const struct mapcp_options third_of_two = {.shard = {.index = 2, .count = 2}};
    write_file("a", 10, 1);
    check_refused("a", "b", &third_of_two, "no such shard");
    CHECK(count_entries() == 1);
}

TEST(a_write_that_fails_leaves_the_old_target_and_nothing_else) {
    write_file("a", 200000, 1);
    write_file("b", 10, 2);
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    const struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    const struct mapcp_error *error = copy("a", "b", &one_page);
    CHECK(error->code == MAPCP_CODE_FILE_TOO_LARGE && error->operation == MAPCP_OPERATION_WRITE);
    CHECK(has_content("b", 10, 2));
    CHECK(count_entries() == 2);
}

TEST(the_copy_of_another_job_is_not_replaced) {
    struct mapcp_made made = {.files = NULL};
    const struct mapcp_options options = {.made = &made, .filter_source = true};
    write_file("old", 10, 1);
    write_file("a", 10, 2);
    write_file("b", 10, 3);
    CHECK(copy("a", "old", &options) == NULL);
    const struct mapcp_error *error = copy("b", "old", &options);
    CHECK(error && error->code == MAPCP_CODE_JUST_CREATED && error->operation == MAPCP_OPERATION_CREATE);
    // It is the same file under another name.
    CHECK(link("old", "link") == 0);
    error = copy("b", "link", &options);
    CHECK(error && error->code == MAPCP_CODE_JUST_CREATED);
    CHECK(has_content("old", 10, 2));
    // A source that is named twice exists already.
    CHECK(copy("a", "old", &options) == NULL && made.count == 1);
    // A file system in user space can give a file another identity at any time.
    write_file("other", 10, 4);
    CHECK(rename("other", "old") == 0);
    error = copy("b", "old", &options);
    CHECK(error && error->code == MAPCP_CODE_JUST_CREATED);
    CHECK(has_content("old", 10, 4));
    mapcp_made_free(&made);
}

TEST(the_copy_of_another_job_is_not_replaced_by_another_spelling) {
    struct mapcp_made made = {.files = NULL};
    const struct mapcp_options options = {.made = &made, .filter_source = true};
    write_file("a", 10, 1);
    write_file("b", 10, 2);
    write_file("readme", 10, 3);
    CHECK(copy("a", "README", &options) == NULL);
    // The directory has both names, so they are two files.
    CHECK(copy("b", "readme", &options) == NULL);
    CHECK(has_content("README", 10, 1) && has_content("readme", 10, 2));
    // It has only one of them, so the other is a spelling of it, with an identity of its own.
    made.files[0].key = made.files[1].key;
    CHECK(unlink("README") == 0);
    made.files[1].target = 0;
    const struct mapcp_error *error = copy("a", "readme", &options);
    CHECK(error && error->code == MAPCP_CODE_JUST_CREATED);
    mapcp_made_free(&made);
}

TEST(a_copied_entry_is_found_among_many) {
    struct mapcp_made made = {.files = NULL};
    for (uint64_t number = 0; number < 100000; number++) {
        CHECK(mapcp_made_find(&made, number) == NULL);
        CHECK(mapcp_made_add(
            &made, (struct mapcp_made_file){.target = number, .source = ~number, .key = number << 32}));
    }
    for (uint64_t number = 0; number < 100000; number++) {
        const struct mapcp_made_file *found = mapcp_made_find(&made, number);
        CHECK(found && found->target == number && found->source == ~number);
    }
    CHECK(mapcp_made_find(&made, 100000) == NULL);
    mapcp_made_free(&made);
}
