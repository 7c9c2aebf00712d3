// Makes one call for each argument, and prints the result of each on a line: `ok`, perhaps with a value, or
// the name of the error.
//
// A call is words: its name and its parameters. SLOT is a digit, for a descriptor that an earlier call has
// opened. DIR is a slot, `-` for the first preopen, or `+` for the second. Paths bypass the C library, which
// would look for a preopen that they begin with.

#include "errors.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wasi/libc-nocwd.h>

enum { SLOTS = 10, WORDS = 8, NAMES = 64, BYTES = 256 };

static int slots[SLOTS];

static void put_result(bool good) {
    if (good) {
        puts("ok");
        return;
    }
    const char *name = error_name(errno);
    if (name) {
        puts(name);
        return;
    }
    printf("errno %d\n", errno);
}

/// Opens PATH followed by a NUL and HIDDEN, which C functions cannot express.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open"))) int
path_open(int directory, int lookup, const char *path, size_t length, int how, long long rights,
          long long inherited, int flags, int *opened);

/// The descriptor of a SLOT. Preopens come before all others.
static int descriptor(const char *word) {
    return *word == '-' ? 3 : *word == '+' ? 4 : slots[*word - '0'];
}

static const char *type_of(mode_t mode) {
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "link" : "other";
}

static int open_flags(const char *letters) {
    bool reads = strchr(letters, 'r');
    bool writes = strchr(letters, 'w');
    return (reads && writes ? O_RDWR
            : writes        ? O_WRONLY
                            : O_RDONLY) |
           (strchr(letters, 'a') ? O_APPEND : 0) | (strchr(letters, 'c') ? O_CREAT : 0) |
           (strchr(letters, 'x') ? O_EXCL : 0) | (strchr(letters, 't') ? O_TRUNC : 0) |
           (strchr(letters, 'd') ? O_DIRECTORY : 0) | (strchr(letters, 'n') ? O_NOFOLLOW : 0);
}

static int compare(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/// Sorted, because file systems have no order.
static void list(int directory) {
    char *names[NAMES];
    size_t count = 0;
    int reopened = openat(directory, ".", O_RDONLY | O_DIRECTORY);
    DIR *stream = reopened < 0 ? NULL : fdopendir(reopened);
    if (!stream) {
        put_result(false);
        return;
    }
    errno = 0;
    for (struct dirent *entry; count < NAMES && (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            names[count++] = strdup(entry->d_name);
        }
    }
    int failure = errno;
    closedir(stream);
    if (failure) {
        errno = failure;
        put_result(false);
        return;
    }
    qsort((void *)names, count, sizeof(*names), compare);
    printf("ok");
    for (size_t i = 0; i < count; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    puts("");
}

static struct timespec time_from(const char *word) {
    if (strcmp(word, "omit") == 0) {
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    }
    char *rest = NULL;
    long long seconds = strtoll(word, &rest, 10);
    return (struct timespec){.tv_sec = seconds, .tv_nsec = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0};
}

static void put_status(bool good, const struct stat *status) {
    if (!good) {
        put_result(false);
    } else if (S_ISREG(status->st_mode)) {
        printf("ok file %lld\n", (long long)status->st_size);
    } else {
        printf("ok %s\n", type_of(status->st_mode));
    }
}

static void call(char **word) {
    const char *name = word[0];
    char bytes[BYTES] = {0};
    struct stat status;
    if (strcmp(name, "open") == 0) { // open SLOT DIR PATH FLAGS
        int directory = descriptor(word[2]);
        int opened = __wasilibc_nocwd_openat_nomode(directory, word[3], open_flags(word[4]));
        slots[*word[1] - '0'] = opened;
        put_result(opened >= 0);
    } else if (strcmp(name, "synced") == 0) { // synced SLOT DIR PATH HOW
        const char *how = word[4];
        int flag = strcmp(how, "sync") == 0 ? O_SYNC : strcmp(how, "dsync") == 0 ? O_DSYNC : O_RSYNC;
        int directory = descriptor(word[2]);
        int opened = __wasilibc_nocwd_openat_nomode(directory, word[3], O_RDWR | flag);
        slots[*word[1] - '0'] = opened;
        put_result(opened >= 0);
    } else if (strcmp(name, "open-nul") == 0) { // open-nul DIR PATH HIDDEN
        int length = snprintf(bytes, sizeof(bytes), "%s%c%s", word[2], 0, word[3]);
        int opened = -1;
        errno = path_open(descriptor(word[1]), 1, bytes, length, 0, 2, 0, 0, &opened);
        put_result(errno == 0);
    } else if (strcmp(name, "meanwhile") == 0) { // meanwhile, which whoever reads standard error notices
        fputs("meanwhile\n", stderr);
        put_result(true);
    } else if (strcmp(name, "close") == 0) { // close SLOT
        put_result(close(descriptor(word[1])) == 0);
    } else if (strcmp(name, "pread") == 0) { // pread SLOT
        ssize_t count = pread(descriptor(word[1]), bytes, sizeof(bytes) - 1, 0);
        if (count >= 0) {
            printf("ok %s\n", bytes);
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "read") == 0) { // read SLOT
        ssize_t count = read(descriptor(word[1]), bytes, sizeof(bytes) - 1);
        if (count >= 0) {
            printf("ok %s\n", bytes);
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "pwrite") == 0) { // pwrite SLOT TEXT OFFSET
        off_t offset = strtoll(word[3], NULL, 10);
        put_result(pwrite(descriptor(word[1]), word[2], strlen(word[2]), offset) >= 0);
    } else if (strcmp(name, "nothing") == 0) { // nothing SLOT OFFSET
        put_result(pwrite(descriptor(word[1]), "", 0, strtoll(word[2], NULL, 10)) >= 0);
    } else if (strcmp(name, "write") == 0) { // write SLOT TEXT
        put_result(write(descriptor(word[1]), word[2], strlen(word[2])) >= 0);
    } else if (strcmp(name, "resize") == 0) { // resize SLOT SIZE
        put_result(ftruncate(descriptor(word[1]), strtoll(word[2], NULL, 10)) == 0);
    } else if (strcmp(name, "sync") == 0) { // sync SLOT
        put_result(fsync(descriptor(word[1])) == 0 && fdatasync(descriptor(word[1])) == 0);
    } else if (strcmp(name, "fstat") == 0) { // fstat SLOT
        put_status(fstat(descriptor(word[1]), &status) == 0, &status);
    } else if (strcmp(name, "stat") == 0 || strcmp(name, "lstat") == 0) { // stat DIR PATH
        int directory = descriptor(word[1]);
        int flags = *name == 'l' ? AT_SYMLINK_NOFOLLOW : 0;
        put_status(__wasilibc_nocwd_fstatat(directory, word[2], &status, flags) == 0, &status);
    } else if (strcmp(name, "same") == 0) { // same DIR PATH DIR PATH
        struct stat other;
        int one = descriptor(word[1]);
        int two = descriptor(word[3]);
        bool good = __wasilibc_nocwd_fstatat(one, word[2], &status, 0) == 0 &&
                    __wasilibc_nocwd_fstatat(two, word[4], &other, 0) == 0;
        if (good) {
            puts(status.st_ino == other.st_ino && status.st_dev == other.st_dev ? "ok yes" : "ok no");
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "times") == 0) { // times DIR PATH
        int directory = descriptor(word[1]);
        if (__wasilibc_nocwd_fstatat(directory, word[2], &status, AT_SYMLINK_NOFOLLOW) == 0) {
            printf("ok %lld.%06ld %lld.%06ld\n", (long long)status.st_atim.tv_sec,
                   status.st_atim.tv_nsec / 1000, (long long)status.st_mtim.tv_sec,
                   status.st_mtim.tv_nsec / 1000);
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "utimes") == 0 || strcmp(name, "lutimes") == 0) { // utimes DIR PATH ATIME MTIME
        int directory = descriptor(word[1]);
        const struct timespec times[] = {time_from(word[3]), time_from(word[4])};
        int flags = *name == 'l' ? AT_SYMLINK_NOFOLLOW : 0;
        put_result(__wasilibc_nocwd_utimensat(directory, word[2], times, flags) == 0);
    } else if (strcmp(name, "futimes") == 0) { // futimes SLOT ATIME MTIME
        const struct timespec times[] = {time_from(word[2]), time_from(word[3])};
        put_result(futimens(descriptor(word[1]), times) == 0);
    } else if (strcmp(name, "mkdir") == 0) { // mkdir DIR PATH
        int directory = descriptor(word[1]);
        put_result(__wasilibc_nocwd_mkdirat_nomode(directory, word[2]) == 0);
    } else if (strcmp(name, "rmdir") == 0) { // rmdir DIR PATH
        int directory = descriptor(word[1]);
        put_result(__wasilibc_nocwd___wasilibc_rmdirat(directory, word[2]) == 0);
    } else if (strcmp(name, "unlink") == 0) { // unlink DIR PATH
        int directory = descriptor(word[1]);
        put_result(__wasilibc_nocwd___wasilibc_unlinkat(directory, word[2]) == 0);
    } else if (strcmp(name, "rename") == 0 || strcmp(name, "link") == 0) { // rename DIR PATH DIR PATH
        int from = descriptor(word[1]);
        int to = descriptor(word[3]);
        put_result((*name == 'r' ? __wasilibc_nocwd_renameat(from, word[2], to, word[4])
                                 : __wasilibc_nocwd_linkat(from, word[2], to, word[4], 0)) == 0);
    } else if (strcmp(name, "follow") == 0) { // follow DIR PATH DIR PATH
        int from = descriptor(word[1]);
        int to = descriptor(word[3]);
        put_result(__wasilibc_nocwd_linkat(from, word[2], to, word[4], AT_SYMLINK_FOLLOW) == 0);
    } else if (strcmp(name, "symlink") == 0) { // symlink TARGET DIR PATH
        int directory = descriptor(word[2]);
        put_result(__wasilibc_nocwd_symlinkat(word[1], directory, word[3]) == 0);
    } else if (strcmp(name, "readlink") == 0) { // readlink DIR PATH
        int directory = descriptor(word[1]);
        if (__wasilibc_nocwd_readlinkat(directory, word[2], bytes, sizeof(bytes) - 1) >= 0) {
            printf("ok %s\n", bytes);
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "list") == 0) { // list SLOT
        list(descriptor(word[1]));
    } else if (strcmp(name, "exit") == 0) { // exit STATUS
        fflush(stdout);
        exit(atoi(word[1]));
    } else {
        printf("no call '%s'\n", name);
    }
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        char *words[WORDS] = {NULL};
        size_t filled = 0;
        for (char *word = strtok(arguments[i], " "); word && filled < WORDS - 1; word = strtok(NULL, " ")) {
            words[filled++] = word;
        }
        while (filled < WORDS) {
            words[filled++] = "";
        }
        call(words);
    }
    return 0;
}
