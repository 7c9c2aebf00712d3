// Makes the system calls that mapcp makes for a tree, from C: the time that would remain if Node, WebAssembly
// and the sandbox cost nothing. `same-calls SOURCE TARGET` copies a directory to a new one.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum {
    DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    HELD = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    REGULAR = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
    /// The engine's window.
    WINDOW = 1024 * 1024,
};

static const char TEMPORARY[] = ".mapcp-0123456789abcdef.tmp";

static _Noreturn void fail(const char *name) {
    perror(name);
    exit(EXIT_FAILURE);
}

/// The result of a call. Ends the program if the call failed.
static long must(long result, const char *name) {
    if (result < 0) {
        fail(name);
    }
    return result;
}

static void copy_content(int source, int target, off_t size) {
    static char window[WINDOW];
    for (off_t position = 0; position < size;) {
        size_t wanted = size - position < WINDOW ? (size_t)(size - position) : WINDOW;
        long length = must(pread(source, window, wanted, position), "pread");
        position += must(pwrite(target, window, (size_t)length, position), "pwrite");
    }
}

static void copy_file(int from, int to, const char *name) {
    struct stat status;
    int source = (int)must(openat(from, name, O_RDONLY | REGULAR), name);
    must(fstat(source, &status), name);
    int target = (int)must(openat(to, TEMPORARY, O_RDWR | O_CREAT | O_EXCL | REGULAR, 0600), name);
    copy_content(source, target, status.st_size);
    must(fstat(source, &status), name);
    must(close(source), name);
    must(fchmod(target, status.st_mode & 0777), name);
    must(close(target), name);
    must(renameat(to, TEMPORARY, to, name), name);
}

static void copy_directory(int from_parent, int to_parent, const char *name, const char *new_name) {
    struct stat status;
    struct stat made;
    int from = (int)must(openat(from_parent, name, DIRECTORY), name);
    must(fstat(from, &status), name);
    must(fstat(from, &status), name);
    must(mkdirat(to_parent, new_name, 01000), name);
    int to = (int)must(openat(to_parent, new_name, HELD), name);
    must(fstat(to, &made), name);
    must(fchmodat(to_parent, new_name, 01720, 0), name);
    must(close(to), name);
    to = (int)must(openat(to_parent, new_name, HELD), name);
    must(fstat(to, &made), name);
    must(fstat(to, &made), name);
    struct statfs system;
    must(fstat(from, &made), name);
    must(fstatfs(from, &system), name);
    DIR *entries = fdopendir((int)must(openat(from, ".", DIRECTORY), name));
    if (entries == NULL) {
        fail(name);
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (entry->d_type == DT_DIR) {
            copy_directory(from, to, entry->d_name, entry->d_name);
        } else {
            copy_file(from, to, entry->d_name);
        }
    }
    must(closedir(entries), name);
    must(close(from), name);
    must(fchmodat(to_parent, new_name, status.st_mode & 0777, 0), name);
    must(close(to), name);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fputs("usage: same-calls SOURCE TARGET\n", stderr);
        return EXIT_FAILURE;
    }
    copy_directory(AT_FDCWD, AT_FDCWD, argv[1], argv[2]);
    return EXIT_SUCCESS;
}
