// Sources of which the host knows the ranges that hold data.

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "copy_job.h"

#define MIB ((size_t)1024 * 1024)
#define SIZE (6 * MIB + 100)
#define MOST_RANGES 200

static const struct mapcp_options knowing = {.window_size = 1, .knows_ranges = true};

/// Makes the file "a" of SIZE bytes, with data in these ranges.
static void make_source(const uint64_t *bounds, size_t ranges) {
    static char bytes[SIZE];
    memset(bytes, 'x', sizeof(bytes));
    const int descriptor = open("a", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    CHECK(descriptor >= 0 && ftruncate(descriptor, (off_t)SIZE) == 0);
    for (size_t index = 0; index < ranges; index++) {
        const size_t length = bounds[2 * index + 1] - bounds[2 * index];
        CHECK(pwrite(descriptor, bytes, length, (off_t)bounds[2 * index]) == (ssize_t)length);
    }
    CHECK(close(descriptor) == 0);
}

/// Whether "a" and "b" have the same bytes.
static bool is_copied(void) {
    static char bytes[2][SIZE + 1];
    for (int file = 0; file < 2; file++) {
        const int descriptor = open(file == 0 ? "a" : "b", O_RDONLY);
        CHECK(descriptor >= 0 && read(descriptor, bytes[file], SIZE + 1) == (ssize_t)SIZE);
        CHECK(close(descriptor) == 0);
    }
    return memcmp(bytes[0], bytes[1], SIZE) == 0;
}

/// Answers with the ranges that end behind the asked offset.
static void answer(struct mapcp_job *job, const uint64_t *bounds, size_t ranges) {
    const uint64_t offset = mapcp_job_progress(job)->asked_offset;
    uint64_t left[2 * MOST_RANGES];
    size_t count = 0;
    for (size_t index = 0; index < ranges; index++) {
        const uint64_t start = bounds[2 * index];
        const uint64_t end = bounds[2 * index + 1];
        if (end > offset) {
            left[2 * count] = start < offset ? offset : start;
            left[2 * count++ + 1] = end;
        }
    }
    mapcp_job_add_ranges(job, left, count);
}

/// Copies "a" to "b". Answers each question. Returns how many there were.
static unsigned copy_answering(const struct mapcp_options *options, const uint64_t *bounds, size_t ranges) {
    struct mapcp_job *job = mapcp_job_new("a", "b", options);
    const struct mapcp_progress *progress = mapcp_job_progress(job);
    struct stat status;
    unsigned questions = 0;
    while (!progress->done) {
        CHECK(mapcp_job_step(job, UINT64_MAX));
        if (progress->asks) {
            CHECK(stat("a", &status) == 0 && progress->asked_file == status.st_ino);
            answer(job, bounds, ranges);
            questions++;
        }
    }
    CHECK(progress->bytes_done == SIZE && progress->bytes_in_place == SIZE);
    mapcp_job_free(job);
    return questions;
}

/// The next number of a fixed sequence without a pattern (Knuth's linear congruential generator).
static uint64_t next_number(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

TEST(data_is_copied_wherever_it_is) {
    uint64_t state = 1;
    for (int round = 0; round < 18; round++) {
        uint64_t bounds[2 * MOST_RANGES];
        const size_t most = round % 3 == 0 ? MOST_RANGES - 1 : 8;
        size_t ranges = 0;
        uint64_t at = 0;
        while (ranges < most) {
            at += next_number(&state) % (SIZE / most);
            bounds[2 * ranges] = at;
            at += 1 + next_number(&state) % (SIZE / most / 2);
            if (at > SIZE) {
                break;
            }
            bounds[2 * ranges++ + 1] = at;
        }
        make_source(bounds, ranges);
        // Nothing but a hole follows.
        bounds[2 * ranges] = bounds[2 * ranges + 1] = SIZE;
        CHECK(copy_answering(&knowing, bounds, ranges + 1) >= 1);
        CHECK(is_copied());
    }
}

TEST(holes_stay_holes) {
    const uint64_t bounds[] = {MIB + 1, MIB + 2, 3 * MIB, 3 * MIB + 5000, SIZE, SIZE};
    make_source(bounds, 2);
    CHECK(copy_answering(&knowing, bounds, 3) == 1);
    CHECK(is_copied());
    struct stat status;
    CHECK(stat("b", &status) == 0 && status.st_blocks <= 3 * 4096 / 512);
}

TEST(a_range_that_is_left_out_is_not_read) {
    const uint64_t bounds[] = {0, 4096, MIB, MIB + 4096};
    const uint64_t told[] = {0, 4096, SIZE, SIZE};
    make_source(bounds, 2);
    CHECK(copy_answering(&knowing, told, 2) == 1);
    CHECK(!is_copied());
}

TEST(verification_finds_data_that_an_answer_leaves_out) {
    const uint64_t bounds[] = {MIB, MIB + 1};
    const uint64_t told[] = {SIZE, SIZE};
    struct mapcp_options options = knowing;
    options.verify = true;
    make_source(bounds, 1);
    struct mapcp_job *job = mapcp_job_new("a", "b", &options);
    CHECK(mapcp_job_step(job, UINT64_MAX));
    mapcp_job_add_ranges(job, told, 1);
    CHECK(!mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_error(job)->error.code == MAPCP_CODE_VERIFICATION_FAILED);
    mapcp_job_free(job);
    CHECK(count_entries() == 1);
}

TEST(a_source_that_changes_after_the_answer_is_an_error) {
    const uint64_t told[] = {SIZE, SIZE};
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    make_source(NULL, 0);
    struct mapcp_job *job = mapcp_job_new("a", "b", &knowing);
    CHECK(mapcp_job_step(job, UINT64_MAX));
    mapcp_job_add_ranges(job, told, 1);
    CHECK(utimensat(AT_FDCWD, "a", times, 0) == 0);
    CHECK(!mapcp_job_step(job, UINT64_MAX));
    CHECK(mapcp_job_error(job)->error.code == MAPCP_CODE_SOURCE_CHANGED);
    mapcp_job_free(job);
    CHECK(count_entries() == 1);
}

/// Copies "a", and gives each of these answers of two ranges before the first step and after each one.
static void copy_with_answers(const uint64_t (*answers)[4], size_t count) {
    struct mapcp_job *job = mapcp_job_new("a", "b", &knowing);
    for (bool goes_on = true; goes_on; goes_on = !mapcp_job_progress(job)->done) {
        for (size_t index = 0; index < count; index++) {
            mapcp_job_add_ranges(job, answers[index], 2);
        }
        CHECK(mapcp_job_step(job, UINT64_MAX));
    }
    mapcp_job_free(job);
}

TEST(a_useless_answer_is_ignored) {
    static const uint64_t useless[][4] = {
        // Not in order.
        {MIB, 0, SIZE, SIZE},
        {0, 2 * MIB, MIB, SIZE},
        // Says nothing.
        {0, 0, 0, 0},
    };
    // The first is an answer; then nothing is asked.
    static const uint64_t second[][4] = {{0, MIB, MIB, UINT64_MAX}, {0, 0, SIZE, SIZE}};
    const uint64_t bounds[] = {0, SIZE};
    make_source(bounds, 1);
    for (size_t index = 0; index < sizeof(useless) / sizeof(*useless); index++) {
        copy_with_answers(&useless[index], 1);
        CHECK(is_copied());
    }
    copy_with_answers(second, 2);
    CHECK(is_copied());
}

TEST(a_host_that_does_not_answer_is_asked_once) {
    const uint64_t bounds[] = {MIB, MIB + 1};
    make_source(bounds, 1);
    CHECK(copy_answering(&knowing, bounds, 0) == 1);
    CHECK(is_copied());
}

TEST(nothing_is_asked_if_the_answer_has_no_use) {
    struct mapcp_options options = knowing;
    make_source(NULL, 0);
    options.sparse = MAPCP_SPARSE_NEVER;
    CHECK(copy_answering(&options, NULL, 0) == 0);
    options = (struct mapcp_options){.window_size = 1};
    CHECK(copy_answering(&options, NULL, 0) == 0);
    CHECK(truncate("a", 4 * MIB - 1) == 0);
    struct mapcp_job *job = mapcp_job_new("a", "b", &knowing);
    CHECK(mapcp_job_step(job, UINT64_MAX) && mapcp_job_progress(job)->done);
    mapcp_job_free(job);
}
