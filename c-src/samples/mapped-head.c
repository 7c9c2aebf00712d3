/// Prints the first 10 characters of a file, or all of them if it is shorter, by mapping the file into
/// memory.
///
/// Every program that uses mmap() has these steps: open(), fstat(), mmap(), use the bytes, munmap(), close().

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

/// Ends the program with an error that names the call, the file and the reason.
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

    // mmap() needs the number of bytes to map, and the file may be shorter than ten.
    struct stat status;
    if (fstat(fd, &status) != 0) {
        fail("fstat", path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        fail("mmap", path, "Not a regular file");
    }
    size_t size = status.st_size < CHARACTERS ? (size_t)status.st_size : CHARACTERS;

    // mmap() refuses a size of 0.
    if (size > 0) {
        // A failure is MAP_FAILED, not NULL.
        char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            fail("mmap", path, strerror(errno));
        }

        // Another program can cut the file while it is mapped. Bytes behind its end are not the file's:
        // reading them is a bus error, or, if mmap() is emulated, returns old memory.
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

    // munmap() does not close the descriptor.
    if (close(fd) != 0) {
        fail("close", path, strerror(errno));
    }
    return EXIT_SUCCESS;
}
