#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/// A test: its name, which is a sentence, and its function.
struct test {
    const char *sentence;
    void (*run)(void);
};

/// The tests of a file, to be listed in main.c.
struct suite {
    const struct test *tests;
    size_t count;
};

extern const struct suite copy_job_suite;
extern const struct suite data_ranges_suite;
extern const struct suite error_suite;
extern const struct suite filter_suite;
extern const struct suite list_suite;
extern const struct suite names_suite;
extern const struct suite path_suite;
extern const struct suite shard_suite;
extern const struct suite tree_suite;

/// Ends the program with status 1 and prints the place, unless the condition holds.
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

/// Each test runs in an empty directory of its own.

/// Writes a file of `length` bytes whose content depends on `seed`.
void write_file(const char *path, size_t length, unsigned seed);

/// Whether a file has the content that write_file writes.
int has_content(const char *path, size_t length, unsigned seed);

/// How many entries the working directory has.
size_t count_entries(void);

#endif
