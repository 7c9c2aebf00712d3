// The engine's native tests. `engine-tests --list` prints their names, and `engine-tests NAME` runs one.

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static const struct suite *const suites[] = {&copy_job_suite, &data_ranges_suite, &tree_suite,
                                             &filter_suite,   &path_suite,        &shard_suite,
                                             &list_suite,     &error_suite,       &names_suite};

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

int main(int count, char **arguments) {
    if (count != 2) {
        (void)fprintf(stderr, "usage: %s --list | SENTENCE (in an empty directory)\n", arguments[0]);
        return 2;
    }
    int listing = strcmp(arguments[1], "--list") == 0;
    for (size_t suite = 0; suite < sizeof(suites) / sizeof(*suites); suite++) {
        for (size_t index = 0; index < suites[suite]->count; index++) {
            const struct test *test = &suites[suite]->tests[index];
            if (listing) {
                puts(test->sentence);
            } else if (strcmp(arguments[1], test->sentence) == 0) {
                test->run();
                return EXIT_SUCCESS;
            }
        }
    }
    return listing ? EXIT_SUCCESS : 2;
}
