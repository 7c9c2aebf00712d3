/// Maps a file into memory and prints its first 10 characters, or all of them if it is shorter.
///
/// Every program that maps a file has these steps: open(), fstat(), mmap(), use the bytes, munmap(), close().

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

    // mmap() rejects a size of 0.
    if (size > 0) {
        // If mmap() fails, it returns MAP_FAILED, not NULL.
        char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            fail("mmap", path, strerror(errno));
        }

        // Another program can truncate the file while it is mapped. Accessing a page past the new end then
        // raises SIGBUS. The rest of the last page reads as zeros, or as old memory if mmap() is emulated.
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
