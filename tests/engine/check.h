#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/// A test. Its name, with spaces, is a sentence.
struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

/// Defines a test, which main.c runs in an empty directory: `TEST(a_name_is_a_sentence) { ... }`.
#define TEST(name)                                                                                           \
    static void name(void);                                                                                  \
    __attribute__((constructor)) static void add_##name(void) {                                              \
        static struct test test = {#name, name, NULL};                                                       \
        add_test(&test);                                                                                     \
    }                                                                                                        \
    static void name(void)

void add_test(struct test *test);

/// Ends the program with status 1 and prints the place, unless the condition holds.
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

/// Writes a file of `length` bytes whose content depends on `seed`.
void write_file(const char *path, size_t length, unsigned seed);

/// Whether a file has the content that write_file writes.
int has_content(const char *path, size_t length, unsigned seed);

/// How many entries the working directory has.
size_t count_entries(void);

#endif
