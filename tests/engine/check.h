#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/// A test: a sentence about behaviour, and the function that shows it.
struct test {
    const char *sentence;
    void (*run)(void);
};

/// The tests of one file, to be listed in main.c.
struct suite {
    const struct test *tests;
    size_t count;
};

extern const struct suite copy_job_suite;
extern const struct suite error_suite;
extern const struct suite filter_suite;
extern const struct suite shard_suite;
extern const struct suite tree_suite;

/// Ends the program with status 1, and says where, unless the condition holds.
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

/// Each test runs in an empty directory of its own.

/// Writes a file of `length` bytes with a content that depends on `seed`.
void write_file(const char *path, size_t length, unsigned seed);

/// Whether the file has exactly the content that write_file gives it.
int has_content(const char *path, size_t length, unsigned seed);

/// How many entries the working directory has.
size_t count_entries(void);

#endif
