#include "shared_mman.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptors.h"
#include "mapping.h"
#include "page_table.h"

/// Flags that memory from malloc cannot support.
#define UNSUPPORTED_FLAGS (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_HUGETLB | MAP_GROWSDOWN)

/// The pages from `first` to before `end`.
struct range {
    size_t first;
    size_t end;
};

static int fail(int number) {
    errno = number;
    return -1;
}

static void *fail_to_map(int number) {
    errno = number;
    return MAP_FAILED;
}

/// Checks the arguments that do not concern a file. Returns 0 or the errno.
static int check_request(size_t length, int protection, int flags) {
    int type = flags & MAP_TYPE;
    if (type != MAP_SHARED && type != MAP_PRIVATE) {
        return EINVAL;
    }
    if ((flags & UNSUPPORTED_FLAGS) != 0 || (protection & PROT_EXEC) != 0 || protection == PROT_NONE) {
        return EINVAL;
    }
    if (length == 0) {
        return EINVAL;
    }
    return length > SIZE_MAX - (PAGE - 1) ? ENOMEM : 0;
}

/// Checks that a descriptor can be mapped with this access. Returns 0 or the errno.
static int check_file(int fd, bool writes) {
    int flags = descriptor_is_closed(fd) ? -1 : fcntl(fd, F_GETFL);
    if (flags < 0) {
        return EBADF;
    }
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return ENODEV;
    }
    int mode = flags & O_ACCMODE;
    return mode == O_RDWR || (mode == O_RDONLY && !writes) ? 0 : EACCES;
}

static int check_place(off_t offset, size_t length) {
    if (offset % (off_t)PAGE != 0) {
        return EINVAL;
    }
    return offset < 0 || offset > INT64_MAX - (off_t)length ? EOVERFLOW : 0;
}

// POSIX defines these types, so `hint` cannot be const.
// NOLINTNEXTLINE(readability-non-const-parameter)
void *__wrap_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    (void)hint;
    int error = check_request(length, protection, flags);
    if (error != 0) {
        return fail_to_map(error);
    }
    struct mapping_request request = {.length = (length + PAGE - 1) / PAGE * PAGE,
                                      .shared = (flags & MAP_TYPE) == MAP_SHARED,
                                      .writable = (protection & PROT_WRITE) != 0,
                                      .fd = -1};
    if ((flags & MAP_ANON) == 0) {
        request.fd = fd;
        request.offset = offset;
        error = check_place(offset, request.length);
        error = error != 0 ? error : check_file(fd, request.shared && request.writable);
    }
    struct mapping *mapping = NULL;
    error = error != 0 ? error : mapping_new(&mapping, &request);
    if (error != 0) {
        return fail_to_map(error);
    }
    size_t first = page_of(mapping->bytes);
    for (size_t page = 0; page < mapping->pages; page++) {
        page_assign(first + page, mapping);
    }
    return mapping->bytes;
}

static bool is_page_start(const void *address) {
    return (uintptr_t)address % PAGE == 0;
}

/// Sets `*range` to the pages of a range that begins at a page boundary. Returns false if the range exceeds
/// the address space.
static bool range_of(const void *address, size_t length, struct range *range) {
    size_t first = page_of(address);
    size_t count = length / PAGE + (length % PAGE != 0);
    *range = (struct range){.first = first, .end = first + count};
    return count <= PAGES - first;
}

/// The end of the longest part from `first` on whose pages all have the same mapping, or none.
static size_t end_of_part(size_t first, size_t end) {
    const struct mapping *mapping = page_mapping(first);
    while (first < end && page_mapping(first) == mapping) {
        first++;
    }
    return first;
}

/// Does what msync() does, for a part that has one mapping. Returns 0 or the errno.
static int synchronize(struct range part, int flags) {
    struct mapping *mapping = page_mapping(part.first);
    if (!mapping) {
        return ENOMEM;
    }
    size_t start = (part.first - page_of(mapping->bytes)) * PAGE;
    size_t end = start + (part.end - part.first) * PAGE;
    int error = mapping_write_back(mapping, start, end);
    if (error == 0 && (flags & MS_SYNC) != 0) {
        error = mapping_store(mapping);
    }
    if (error == 0 && (flags & MS_INVALIDATE) != 0) {
        error = mapping_refresh(mapping, start, end);
    }
    return error;
}

int msync(void *address, size_t length, int flags) {
    const int all = MS_ASYNC | MS_INVALIDATE | MS_SYNC;
    if (!is_page_start(address) || (flags & ~all) != 0 ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) {
        return fail(EINVAL);
    }
    struct range range;
    if (!range_of(address, length, &range)) {
        return fail(ENOMEM);
    }
    int first_error = 0;
    for (size_t page = range.first; page < range.end;) {
        struct range part = {.first = page, .end = end_of_part(page, range.end)};
        int error = synchronize(part, flags);
        first_error = first_error != 0 ? first_error : error;
        page = part.end;
    }
    return first_error != 0 ? fail(first_error) : 0;
}

/// Writes back the changes in a range. Returns 0 or the first errno.
static int write_back(struct range range) {
    int first_error = 0;
    for (size_t page = range.first; page < range.end;) {
        struct range part = {.first = page, .end = end_of_part(page, range.end)};
        int error = page_mapping(page) ? synchronize(part, 0) : 0;
        first_error = first_error != 0 ? first_error : error;
        page = part.end;
    }
    return first_error;
}

int __wrap_munmap(void *address, size_t length) {
    struct range range;
    if (!is_page_start(address) || length == 0 || !range_of(address, length, &range)) {
        return fail(EINVAL);
    }
    int error = write_back(range);
    if (error != 0) {
        return fail(error);
    }
    for (size_t page = range.first; page < range.end; page++) {
        struct mapping *mapping = page_mapping(page);
        page_assign(page, NULL);
        if (mapping && --mapping->pages == 0) {
            mapping_free(mapping);
        }
    }
    return 0;
}

int posix_madvise(void *address, size_t length, int advice) {
    struct range range;
    if (!is_page_start(address) || advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_DONTNEED) {
        return EINVAL;
    }
    if (!range_of(address, length, &range)) {
        return ENOMEM;
    }
    while (range.first < range.end && page_mapping(range.first)) {
        range.first++;
    }
    return range.first < range.end ? ENOMEM : 0;
}

int madvise(void *address, size_t length, int advice) {
    // Linux discards the changes of a private mapping then, so ignoring it would be wrong.
    int error = advice == POSIX_MADV_DONTNEED ? EINVAL : posix_madvise(address, length, advice);
    return error != 0 ? fail(error) : 0;
}

int __wrap_close(int fd) {
    return descriptor_close(fd);
}

static void say(const char *text) {
    (void)write(STDERR_FILENO, text, strlen(text));
}

/// If the program ends without unmapping, the file still gets the changes. If that fails, so does the
/// program.
static void write_back_all(void) {
    int error = write_back((struct range){.first = 0, .end = PAGES});
    if (error == 0) {
        return;
    }
    // _Exit discards what streams have buffered.
    (void)fflush(NULL);
    say("libshared-mman: cannot write a mapping back to its file at exit: ");
    say(strerror(error));
    say("\n");
    _Exit(EXIT_FAILURE);
}

// Exit handlers and destructors can still change a mapping. The last one to be registered runs first, so the
// library registers its own before all others: a program's priorities begin at 101.
__attribute__((constructor(1))) static void register_last_write_back(void) {
    (void)atexit(write_back_all);
}
