// Calls of POSIX as programs make them, with what they return. tests/run/against-wasmtime.test.ts compares
// the lines of two hosts. The cases follow those of wasi-testsuite. Works below the directory `box`.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long long result) {
    printf("%s: %lld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

#define SAY(call) say(#call, (long long)(call))

static int opened(const char *path, int flags) {
    return open(path, flags, 0666);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

static void paths(void) {
    SAY(mkdir("box/dir", 0777));
    SAY(mkdir("box/dir/nested", 0777));
    write_file("box/dir/nested/file", "content");
    static const char *const interesting[] = {
        "box/dir/nested/file",
        "/box/dir/nested/file",
        "box/dir/.//nested/../../dir/nested/../nested///./file",
        "box/dir/nested/file/",
        "box/dir/nested/",
        "box/dir/nested/../../../box/dir/nested/file",
        "box/../../file",
        "",
        ".",
        "..",
        "box",
        "box/dir/nested/file/..",
    };
    for (size_t i = 0; i < sizeof interesting / sizeof *interesting; i++) {
        struct stat status;
        printf("'%s' ", interesting[i]);
        SAY(stat(interesting[i], &status));
        int fd = opened(interesting[i], O_RDONLY);
        say("open", fd < 0 ? -1 : 0);
        if (fd >= 0) {
            close(fd);
        }
    }
}

static void offsets(void) {
    char bytes[16] = {0};
    int fd = opened("box/offsets", O_RDWR | O_CREAT | O_EXCL);
    SAY(fd >= 0);
    SAY(write(fd, "0123456789", 10));
    SAY(lseek(fd, 0, SEEK_CUR));
    SAY(lseek(fd, -3, SEEK_END));
    SAY(read(fd, bytes, 16));
    printf("%s\n", bytes);
    SAY(read(fd, bytes, 16));
    SAY(read(fd, bytes, 0));
    SAY(pread(fd, bytes, 4, 2));
    SAY(pread(fd, bytes, 4, 100));
    SAY(lseek(fd, -1, SEEK_SET));
    SAY(lseek(fd, 20, SEEK_SET));
    SAY(write(fd, "x", 1));
    SAY(pwrite(fd, "y", 1, 1));
    SAY(lseek(fd, 0, SEEK_CUR));
    SAY(ftruncate(fd, 5));
    SAY(lseek(fd, 0, SEEK_END));
    SAY(ftruncate(fd, -1));
    SAY(close(fd));
    SAY(close(fd));
    SAY(read(fd, bytes, 1));
    fd = opened("box/offsets", O_WRONLY | O_APPEND);
    SAY(write(fd, "end", 3));
    SAY(lseek(fd, 0, SEEK_SET));
    SAY(write(fd, "END", 3));
    SAY(read(fd, bytes, 1));
    struct stat status;
    SAY(fstat(fd, &status));
    SAY(status.st_size);
    SAY(close(fd));
    SAY(opened("box/offsets", O_WRONLY | O_CREAT | O_EXCL));
    SAY(truncate("box/offsets", 0));
    SAY(stat("box/offsets", &status));
    SAY(status.st_size);
}

static void names(void) {
    char text[64] = {0};
    struct stat status;
    SAY(mkdir("box/a", 0777));
    SAY(mkdir("box/a", 0777));
    SAY(mkdir("box/missing/a", 0777));
    write_file("box/a/file", "content");
    SAY(rename("box/a", "box/a/inside"));
    SAY(rename("box/a/file", "box/a"));
    SAY(rename("box/a", "box/a/file"));
    SAY(rename("box/missing", "box/b"));
    SAY(mkdir("box/empty", 0777));
    SAY(rename("box/a", "box/empty"));
    SAY(rmdir("box/empty"));
    SAY(unlink("box/empty"));
    SAY(rmdir("box/empty/file"));
    SAY(symlink("file", "box/empty/link"));
    SAY(symlink("missing", "box/empty/dangling"));
    SAY(symlink("loop", "box/empty/loop"));
    SAY(readlink("box/empty/link", text, sizeof text));
    printf("%s\n", text);
    SAY(readlink("box/empty/link", text, 2));
    SAY(readlink("box/empty/file", text, sizeof text));
    SAY(lstat("box/empty/link", &status));
    SAY(S_ISLNK(status.st_mode));
    SAY(stat("box/empty/link", &status));
    SAY(S_ISREG(status.st_mode));
    SAY(stat("box/empty/dangling", &status));
    SAY(stat("box/empty/loop", &status));
    SAY(opened("box/empty/link", O_RDONLY | O_NOFOLLOW));
    SAY(opened("box/empty", O_RDONLY | O_DIRECTORY) >= 0);
    SAY(opened("box/empty/file", O_RDONLY | O_DIRECTORY));
    SAY(opened("box/empty", O_RDWR));
    SAY(link("box/empty/file", "box/second"));
    SAY(stat("box/second", &status));
    SAY(status.st_nlink);
    SAY(link("box/empty/file", "box/second"));
    SAY(link("box/empty", "box/third"));
    SAY(unlink("box/second"));
    SAY(unlink("box/second"));
}

static int by_name(const void *one, const void *other) {
    return strcmp(one, other);
}

static void listing(void) {
    char found[16][16] = {{0}};
    size_t count = 0;
    mkdir("box/list", 0777);
    write_file("box/list/one", "1");
    write_file("box/list/two", "2");
    mkdir("box/list/three", 0777);
    DIR *directory = opendir("box/list");
    for (int round = 0; round < 2; round++) {
        const struct dirent *entry;
        count = 0;
        while ((entry = readdir(directory)) && count < 16) {
            snprintf(found[count++], 16, "%s %d", entry->d_name, entry->d_type);
        }
        qsort(found, count, sizeof *found, by_name);
        for (size_t i = 0; i < count; i++) {
            printf("%s\n", found[i]);
        }
        rewinddir(directory);
    }
    SAY(closedir(directory));
    SAY(opendir("box/list/one") == NULL);
}

static void times(void) {
    static const struct timespec set[][2] = {
        {{.tv_sec = 1000000000, .tv_nsec = 123456789}, {.tv_sec = 1700000000, .tv_nsec = 987654321}},
        {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 5, .tv_nsec = 1}},
    };
    struct stat status;
    write_file("box/times", "content");
    for (size_t i = 0; i < 2; i++) {
        SAY(utimensat(AT_FDCWD, "box/times", set[i], 0));
        SAY(stat("box/times", &status));
        SAY(status.st_atim.tv_sec);
        SAY(status.st_atim.tv_nsec);
        SAY(status.st_mtim.tv_sec);
        SAY(status.st_mtim.tv_nsec);
    }
}

static void streams(void) {
    char bytes[8];
    struct timespec before, after;
    SAY(isatty(STDIN_FILENO));
    SAY(isatty(STDOUT_FILENO));
    SAY(read(STDIN_FILENO, bytes, 3));
    SAY(read(STDIN_FILENO, bytes, 8));
    SAY(read(STDIN_FILENO, bytes, 8));
    SAY(lseek(STDOUT_FILENO, 0, SEEK_CUR));
    SAY(clock_gettime(CLOCK_MONOTONIC, &before));
    SAY(poll(NULL, 0, 20));
    SAY(clock_gettime(CLOCK_MONOTONIC, &after));
    SAY((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 20000000);
}

static void many(void) {
    int count = 0;
    write_file("box/many", "x");
    while (count < 100 && opened("box/many", O_RDONLY) >= 0) {
        count++;
    }
    SAY(count);
}

int main(int argc, char *argv[]) {
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"paths", paths}, {"offsets", offsets}, {"names", names}, {"listing", listing},
        {"times", times}, {"streams", streams}, {"many", many},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    return 2;
}
