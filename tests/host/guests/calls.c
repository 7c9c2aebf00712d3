// Makes the calls that its arguments name, one argument for each, and prints what became of each on a line:
// `ok`, perhaps with a result, or the name of the error.
//
// A call is words: the name, then what it takes. SLOT is a digit, for a descriptor that an earlier call has
// opened; DIR is one too, or `-` for the root. The paths are passed on as they are.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 10, WORDS = 8, NAMES = 64, BYTES = 256 };

static int slots[SLOTS];

static const struct {
    int number;
    const char *name;
} errors[] = {
    {EACCES, "EACCES"},   {EBADF, "EBADF"},         {EBUSY, "EBUSY"},         {EEXIST, "EEXIST"},
    {EFBIG, "EFBIG"},     {EILSEQ, "EILSEQ"},       {EINVAL, "EINVAL"},       {EIO, "EIO"},
    {EISDIR, "EISDIR"},   {ELOOP, "ELOOP"},         {EMFILE, "EMFILE"},       {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENOENT, "ENOENT"},   {ENOMEM, "ENOMEM"},       {ENOSPC, "ENOSPC"},       {ENOTCAPABLE, "ENOTCAPABLE"},
    {ENOTDIR, "ENOTDIR"}, {ENOTEMPTY, "ENOTEMPTY"}, {ENOTSUP, "ENOTSUP"},     {EPERM, "EPERM"},
    {EROFS, "EROFS"},     {EXDEV, "EXDEV"},         {EOVERFLOW, "EOVERFLOW"}, {ESPIPE, "ESPIPE"},
};

static void put_result(bool good) {
    if (good) {
        puts("ok");
        return;
    }
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].number == errno) {
            puts(errors[i].name);
            return;
        }
    }
    printf("errno %d\n", errno);
}

/// The descriptor of a SLOT, or the root for `-`.
static int descriptor(const char *word) {
    return *word == '-' ? AT_FDCWD : slots[*word - '0'];
}

/// Paths below the root are absolute, since a WASI program has no other way to name it.
static const char *path(int directory, const char *word) {
    static char rooted[2][4096 * 2];
    static int turn;
    if (directory != AT_FDCWD) {
        return word;
    }
    turn = !turn;
    snprintf(rooted[turn], sizeof(rooted[turn]), "/%s", word);
    return rooted[turn];
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

/// Names in order, since file systems have none.
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
        int opened = openat(directory, path(directory, word[3]), open_flags(word[4]), 0666);
        slots[*word[1] - '0'] = opened;
        put_result(opened >= 0);
    } else if (strcmp(name, "synced") == 0) { // synced SLOT DIR PATH HOW
        const char *how = word[4];
        int flag = strcmp(how, "sync") == 0 ? O_SYNC : strcmp(how, "dsync") == 0 ? O_DSYNC : O_RSYNC;
        int directory = descriptor(word[2]);
        int opened = openat(directory, path(directory, word[3]), O_RDWR | flag);
        slots[*word[1] - '0'] = opened;
        put_result(opened >= 0);
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
        put_status(fstatat(directory, path(directory, word[2]), &status, flags) == 0, &status);
    } else if (strcmp(name, "same") == 0) { // same DIR PATH DIR PATH
        struct stat other;
        int one = descriptor(word[1]);
        int two = descriptor(word[3]);
        bool good = fstatat(one, path(one, word[2]), &status, 0) == 0 &&
                    fstatat(two, path(two, word[4]), &other, 0) == 0;
        if (good) {
            puts(status.st_ino == other.st_ino && status.st_dev == other.st_dev ? "ok yes" : "ok no");
        } else {
            put_result(false);
        }
    } else if (strcmp(name, "times") == 0) { // times DIR PATH
        int directory = descriptor(word[1]);
        if (fstatat(directory, path(directory, word[2]), &status, AT_SYMLINK_NOFOLLOW) == 0) {
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
        put_result(utimensat(directory, path(directory, word[2]), times, flags) == 0);
    } else if (strcmp(name, "futimes") == 0) { // futimes SLOT ATIME MTIME
        const struct timespec times[] = {time_from(word[2]), time_from(word[3])};
        put_result(futimens(descriptor(word[1]), times) == 0);
    } else if (strcmp(name, "mkdir") == 0) { // mkdir DIR PATH
        int directory = descriptor(word[1]);
        put_result(mkdirat(directory, path(directory, word[2]), 0777) == 0);
    } else if (strcmp(name, "rmdir") == 0) { // rmdir DIR PATH
        int directory = descriptor(word[1]);
        put_result(unlinkat(directory, path(directory, word[2]), AT_REMOVEDIR) == 0);
    } else if (strcmp(name, "unlink") == 0) { // unlink DIR PATH
        int directory = descriptor(word[1]);
        put_result(unlinkat(directory, path(directory, word[2]), 0) == 0);
    } else if (strcmp(name, "rename") == 0 || strcmp(name, "link") == 0) { // rename DIR PATH DIR PATH
        int from = descriptor(word[1]);
        int to = descriptor(word[3]);
        const char *old = path(from, word[2]);
        const char *new = path(to, word[4]);
        put_result((*name == 'r' ? renameat(from, old, to, new) : linkat(from, old, to, new, 0)) == 0);
    } else if (strcmp(name, "follow") == 0) { // follow DIR PATH DIR PATH
        int from = descriptor(word[1]);
        int to = descriptor(word[3]);
        const char *old = path(from, word[2]);
        put_result(linkat(from, old, to, path(to, word[4]), AT_SYMLINK_FOLLOW) == 0);
    } else if (strcmp(name, "symlink") == 0) { // symlink TARGET DIR PATH
        int directory = descriptor(word[2]);
        put_result(symlinkat(word[1], directory, path(directory, word[3])) == 0);
    } else if (strcmp(name, "readlink") == 0) { // readlink DIR PATH
        int directory = descriptor(word[1]);
        if (readlinkat(directory, path(directory, word[2]), bytes, sizeof(bytes) - 1) >= 0) {
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
