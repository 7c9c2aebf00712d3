// Calls that programs make in loops, for `make bench-host`: cat FILE, write FILE PIECES, time CALLS.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char piece[64 * 1024];

static int write_all(int fd, size_t size) {
    for (size_t written = 0; written < size;) {
        ssize_t count = write(fd, piece + written, size - written);
        if (count < 0) {
            return -1;
        }
        written += (size_t)count;
    }
    return 0;
}

static int cat(const char *path) {
    int fd = open(path, O_RDONLY);
    ssize_t count = 0;
    while (fd >= 0 && (count = read(fd, piece, sizeof piece)) > 0) {
        if (write_all(STDOUT_FILENO, (size_t)count) != 0) {
            return -1;
        }
    }
    return fd < 0 || count < 0 ? -1 : 0;
}

static int write_pieces(const char *path, long count) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (long i = 0; i < count; i++) {
        if (write_all(fd, sizeof piece) != 0) {
            return -1;
        }
    }
    return close(fd);
}

static int ask_time(long count) {
    struct timespec now;
    for (long i = 0; i < count; i++) {
        if (clock_gettime(i % 2 == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now) != 0) {
            return -1;
        }
    }
    return 0;
}

int main(int argc, char *argv[]) {
    int result = -1;
    if (argc == 3 && strcmp(argv[1], "cat") == 0) {
        result = cat(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "write") == 0) {
        result = write_pieces(argv[2], strtol(argv[3], NULL, 10));
    } else if (argc == 3 && strcmp(argv[1], "time") == 0) {
        result = ask_time(strtol(argv[2], NULL, 10));
    }
    if (result != 0) {
        perror("bench");
    }
    return result == 0 ? 0 : 1;
}
