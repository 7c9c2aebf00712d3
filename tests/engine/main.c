// The engine's native tests. `engine-tests --list` prints their names, and `engine-tests NAME` runs one.
// `engine-tests mapcp ARGUMENT...` is the component's command line, for copies.

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "run.h"

static struct test *tests;

void add_test(struct test *test) {
    test->next = tests;
    tests = test;
}

/// A name with spaces, valid until the next call.
static const char *sentence_of(const char *name) {
    static char sentence[128];
    (void)snprintf(sentence, sizeof(sentence), "%s", name);
    for (char *gap; (gap = strchr(sentence, '_'));) {
        *gap = ' ';
    }
    return sentence;
}

_Noreturn void check_failed(const char *condition, const char *file, int line) {
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    exit(EXIT_FAILURE);
}

static unsigned char byte_at(size_t index, unsigned seed) {
    return (unsigned char)((index * 31 + index / 65536 + seed) & 0xff);
}

void write_file(const char *path, size_t length, unsigned seed) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    for (size_t index = 0; index < length; index++) {
        CHECK(putc(byte_at(index, seed), file) != EOF);
    }
    CHECK(fclose(file) == 0);
}

int has_content(const char *path, size_t length, unsigned seed) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    int same = 1;
    for (size_t index = 0; index < length && same; index++) {
        same = getc(file) == byte_at(index, seed);
    }
    same = same && getc(file) == EOF;
    CHECK(fclose(file) == 0);
    return same;
}

size_t count_entries(void) {
    DIR *directory = opendir(".");
    CHECK(directory != NULL);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    CHECK(closedir(directory) == 0);
    return count;
}

/// Copies as arguments ask for. Returns the program's status.
static int run_command(size_t count, const char *const *arguments) {
    struct mapcp_invocation invocation = mapcp_parse(arguments, count, true);
    CHECK(invocation.action == MAPCP_ACTION_COPY);
    bool good = mapcp_copy_all(&invocation);
    mapcp_invocation_free(&invocation);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments) {
    if (count > 2 && strcmp(arguments[1], "mapcp") == 0) {
        return run_command((size_t)count - 2, (const char *const *)arguments + 2);
    }
    if (count != 2) {
        (void)fprintf(stderr, "usage: %s --list | SENTENCE (in an empty directory)\n", arguments[0]);
        return 2;
    }
    const bool is_listing = strcmp(arguments[1], "--list") == 0;
    for (const struct test *test = tests; test; test = test->next) {
        const char *sentence = sentence_of(test->name);
        if (is_listing) {
            puts(sentence);
        } else if (strcmp(arguments[1], sentence) == 0) {
            test->run();
            return EXIT_SUCCESS;
        }
    }
    return is_listing ? EXIT_SUCCESS : 2;
}
