/// Prints the first 10 characters of a file, or fewer where it is shorter, by mapping the file into memory.
///
/// The steps of every program that uses mmap(): open(), fstat(), mmap(), use the bytes, munmap(), close().

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHARACTERS 10

static_assert(sizeof(off_t) >= 8, "files of 2 GiB and more need -D_FILE_OFFSET_BITS=64 here");

/// Ends the program, saying which call failed on which file, and why.
static _Noreturn void fail(const char *call, const char *path, const char *why) {
    (void)fprintf(stderr, "mapped-head: %s '%s': %s\n", call, path, why);
    exit(EXIT_FAILURE);
}

int main(int argc, char *argv[]) {
    if (argc != 2) {
        (void)fprintf(stderr, "usage: mapped-head FILE\n");
        return 2;
    }
    const char *path = argv[1];

    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        fail("open", path, strerror(errno));
    }

    // mmap() must be told how much to map, and the file may be shorter than what we would like to see.
    struct stat status;
    if (fstat(fd, &status) != 0) {
        fail("fstat", path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        fail("mmap", path, "Not a regular file");
    }
    size_t size = status.st_size < CHARACTERS ? (size_t)status.st_size : CHARACTERS;

    // There is no such thing as a mapping of nothing: mmap() refuses a size of 0.
    if (size > 0) {
        // MAP_FAILED and not NULL marks a failure.
        char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            fail("mmap", path, strerror(errno));
        }

        // A mapping does not keep the file from being cut. What lies behind its end is not the file's:
        // touching it is a bus error, or, where mmap() is emulated, whatever the memory held before.
        if (fstat(fd, &status) != 0) {
            fail("fstat", path, strerror(errno));
        }
        if (status.st_size < (off_t)size) {
            fail("mmap", path, "The file shrank while it was read");
        }

        if (fwrite(map, 1, size, stdout) != size || fflush(stdout) != 0) {
            fail("write", "standard output", strerror(errno));
        }

        if (munmap(map, size) != 0) {
            fail("munmap", path, strerror(errno));
        }
    }

    // The mapping is gone, but the descriptor is still there.
    if (close(fd) != 0) {
        fail("close", path, strerror(errno));
    }
    return EXIT_SUCCESS;
}
