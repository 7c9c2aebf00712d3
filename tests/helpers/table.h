#ifndef TESTS_TABLE_H
#define TESTS_TABLE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// A multiple of every system's page size. WASI's is 65,536.
#define PAGE ((size_t)65536)

/// A case: its name, which is a sentence, and its function.
struct row {
    const char *sentence;
    bool (*holds)(void);
    struct row *next;
};

static struct row *first_row;
static struct row **next_row = &first_row;

static inline void add_row(struct row *row) {
    *next_row = row;
    next_row = &row->next;
}

/// Defines a case: `CASE("a sentence") { ... return true; }`.
#define CASE(sentence) CASE_IN(sentence, __LINE__)
#define CASE_IN(sentence, line) CASE_NAMED(sentence, line)
#define CASE_NAMED(sentence, line)                                                                           \
    static bool holds_##line(void);                                                                          \
    __attribute__((constructor)) static void add_##line(void) {                                              \
        static struct row row = {sentence, holds_##line, NULL};                                              \
        add_row(&row);                                                                                       \
    }                                                                                                        \
    static bool holds_##line(void)

/// Ends a case and prints the condition, unless it holds.
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf("    line %d: %s (errno %d: %s)\n", __LINE__, #condition, errno, strerror(errno));        \
            return false;                                                                                    \
        }                                                                                                    \
    } while (0)

/// Whether a call failed with this errno.
static inline bool fails(int result, int number) {
    return result == -1 && errno == number;
}

/// Whether an mmap failed with this errno.
static inline bool fails_to_map(const void *result, int number) {
    return result == MAP_FAILED && errno == number;
}

/// The byte at a position of each test file.
static inline unsigned char byte_at(size_t place) {
    return (unsigned char)('a' + (place % 23));
}

/// Creates a file of `size` bytes, open for reading and writing.
static inline int new_file(const char *name, size_t size) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
    unsigned char block[4096];
    for (size_t done = 0; fd >= 0 && done < size;) {
        size_t length = size - done < sizeof(block) ? size - done : sizeof(block);
        for (size_t place = 0; place < length; place++) {
            block[place] = byte_at(done + place);
        }
        ssize_t written = pwrite(fd, block, length, (off_t)done);
        if (written <= 0) {
            return -1;
        }
        done += (size_t)written;
    }
    return fd;
}

/// Reads a byte of a file, without a mapping. Returns -1 behind its end.
static inline int file_byte(const char *name, off_t place) {
    unsigned char byte = 0;
    int fd = open(name, O_RDONLY);
    int result = fd >= 0 && pread(fd, &byte, 1, place) == 1 ? byte : -1;
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

static inline off_t file_size(const char *name) {
    struct stat status;
    return stat(name, &status) == 0 ? status.st_size : -1;
}

static inline unsigned char *map(int fd, size_t length, int protection, int type, off_t offset) {
    // NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): some cases pass a bad length to mmap.
    return (unsigned char *)mmap(NULL, length, protection, type, fd, offset);
}

/// Maps the start of a file, shared, for reading and writing.
static inline unsigned char *map_shared(int fd, size_t length) {
    return map(fd, length, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

/// Prints for each case whether it passes. Returns the program's status.
static inline int run_table(void) {
    int status = 0;
    for (const struct row *row = first_row; row; row = row->next) {
        bool holds = row->holds();
        printf("%s: %s\n", holds ? "ok" : "NOT OK", row->sentence);
        fflush(stdout);
        status = holds ? status : 1;
    }
    return status;
}

#endif
