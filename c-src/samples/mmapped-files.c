/// Copies a file with mmap() and munmap().
///
/// It maps one window at a time, so even the largest file needs no more memory than one window.

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// A mapping must begin at a multiple of the page size. 1 MiB is a multiple of every common page size.
#define WINDOW ((off_t)1024 * 1024)

static_assert(sizeof(off_t) >= 8, "files of 2 GiB and more need -D_FILE_OFFSET_BITS=64 here");

/// An open file, and its path for error messages.
struct file {
    const char *path;
    int fd;
};

/// Prints the call that failed, the file and the reason. Returns false, so a caller can return its result.
static bool fail(const char *call, const char *path, const char *why) {
    (void)fprintf(stderr, "mmapped-files: %s '%s': %s\n", call, path, why);
    return false;
}

static bool close_file(const struct file *file) {
    return close(file->fd) == 0 || fail("close", file->path, strerror(errno));
}

/// Opens a regular file for reading, and gets its status.
static bool open_source(struct file *source, struct stat *status) {
    source->fd = open(source->path, O_RDONLY);
    if (source->fd < 0) {
        return fail("open", source->path, strerror(errno));
    }
    bool good = fstat(source->fd, status) == 0 || fail("fstat", source->path, strerror(errno));
    good = good && (S_ISREG(status->st_mode) || fail("mmap", source->path, "Not a regular file"));
    if (!good) {
        (void)close(source->fd);
    }
    return good;
}

/// Rejects a target that must not be truncated: the source itself, under any name, and anything that is not a
/// regular file.
static bool check_target(const struct file *target, const struct stat *source) {
    struct stat status;
    if (lstat(target->path, &status) != 0) {
        return errno == ENOENT || fail("lstat", target->path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail("open", target->path, "Not a regular file");
    }
    if (status.st_dev == source->st_dev && status.st_ino == source->st_ino) {
        return fail("open", target->path, "It is the source");
    }
    return true;
}

/// Creates or truncates the target.
static bool open_target(struct file *target) {
    target->fd = open(target->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666);
    return target->fd >= 0 || fail("open", target->path, strerror(errno));
}

/// Checks that the file still has the bytes up to `end`, after they are mapped.
///
/// Another program can truncate the file while it is mapped. Accessing a page past the new end then raises
/// SIGBUS. The rest of the last page reads as zeros, or as old memory if mmap() is emulated.
static bool reaches(const struct file *source, off_t end) {
    struct stat status;
    if (fstat(source->fd, &status) != 0) {
        return fail("fstat", source->path, strerror(errno));
    }
    return status.st_size >= end || fail("mmap", source->path, "The file shrank while it was copied");
}

static bool write_at(const struct file *target, off_t offset, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = pwrite(target->fd, bytes, length, offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return fail("pwrite", target->path, written < 0 ? strerror(errno) : "Nothing was written");
        }
        bytes += written;
        length -= (size_t)written;
        offset += written;
    }
    return true;
}

static bool copy_window(const struct file *source, const struct file *target, off_t offset, size_t length) {
    char *window = mmap(NULL, length, PROT_READ, MAP_PRIVATE, source->fd, offset);
    if (window == MAP_FAILED) {
        return fail("mmap", source->path, strerror(errno));
    }
    bool copied = reaches(source, offset + (off_t)length) && write_at(target, offset, window, length);
    if (munmap(window, length) != 0) {
        return fail("munmap", source->path, strerror(errno));
    }
    return copied;
}

/// Copies all windows. An empty file has none.
static bool copy_content(const struct file *source, const struct file *target, off_t size) {
    for (off_t offset = 0; offset < size; offset += WINDOW) {
        off_t length = size - offset < WINDOW ? size - offset : WINDOW;
        if (!copy_window(source, target, offset, (size_t)length)) {
            return false;
        }
    }
    return true;
}

static bool copy_to_target(const struct file *source, struct file *target, const struct stat *status) {
    if (!check_target(target, status) || !open_target(target)) {
        return false;
    }
    bool copied = copy_content(source, target, status->st_size);
    // close() can report the error of a delayed write, so the copy is not complete before it succeeds.
    copied = close_file(target) && copied;
    if (!copied && unlink(target->path) != 0) {
        return fail("unlink", target->path, strerror(errno));
    }
    return copied;
}

static bool copy(const char *source_path, const char *target_path) {
    struct file source = {.path = source_path, .fd = -1};
    struct file target = {.path = target_path, .fd = -1};
    struct stat status;
    if (!open_source(&source, &status)) {
        return false;
    }
    bool copied = copy_to_target(&source, &target, &status);
    return close_file(&source) && copied;
}

int main(int argc, char *argv[]) {
    if (argc != 3) {
        (void)fprintf(stderr, "usage: mmapped-files SOURCE TARGET\n");
        return 2;
    }
    return copy(argv[1], argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
}
