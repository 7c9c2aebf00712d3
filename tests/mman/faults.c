/// Mappings of a file that cannot be written, and the number and size of writes. For WASI only: the library's
/// write call is replaced by one that counts, and fails on request.
///
/// `faults` runs the table in the current directory. `faults leave` ends while the file cannot be written.

#include <stdint.h>

#include "table.h"

/// How many writes succeed before one fails; if negative, all do.
static int good_writes = -1;
/// The maximum size of a write.
static size_t most = SIZE_MAX;
/// How many writes there were, and the position of the last one.
static int writes;
static off_t last_offset;
static size_t last_length;

// The linker's --wrap has chosen these names.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,misc-use-internal-linkage)
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    writes++;
    if (good_writes == 0) {
        errno = ENOSPC;
        return -1;
    }
    good_writes -= good_writes > 0;
    last_offset = offset;
    last_length = length;
    return __real_pwrite(fd, bytes, length < most ? length : most, offset);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,misc-use-internal-linkage)

CASE("a failed msync can be repeated") {
    int fd = new_file("sync", 100);
    unsigned char *bytes = map_shared(fd, 100);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    good_writes = 0;
    CHECK(fails(msync(bytes, 100, MS_SYNC), ENOSPC) && fails(msync(bytes, 100, MS_ASYNC), ENOSPC));
    CHECK(bytes[0] == 'A' && file_byte("sync", 0) == byte_at(0));
    good_writes = -1;
    CHECK(msync(bytes, 100, MS_SYNC) == 0 && file_byte("sync", 0) == 'A');
    CHECK(munmap(bytes, 100) == 0 && close(fd) == 0);
    return true;
}

CASE("a failed munmap unmaps nothing and can be repeated") {
    int fd = new_file("unmap", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED && close(fd) == 0);
    bytes[0] = 'A';
    bytes[PAGE] = 'B';
    good_writes = 0;
    CHECK(fails(munmap(bytes, 2 * PAGE), ENOSPC) && bytes[0] == 'A' && bytes[PAGE] == 'B');
    good_writes = -1;
    CHECK(munmap(bytes, 2 * PAGE) == 0);
    CHECK(file_byte("unmap", 0) == 'A' && file_byte("unmap", PAGE) == 'B' && fails(close(fd), EBADF));
    return true;
}

CASE("pages that were written before a failure are not written again") {
    int fd = new_file("half", 3 * PAGE);
    unsigned char *bytes = map_shared(fd, 3 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    bytes[2 * PAGE] = 'C';
    good_writes = 1;
    CHECK(fails(munmap(bytes, 3 * PAGE), ENOSPC) && file_byte("half", 0) == 'A');
    good_writes = -1;
    writes = 0;
    CHECK(munmap(bytes, 3 * PAGE) == 0 && writes == 1 && file_byte("half", 2 * PAGE) == 'C');
    CHECK(close(fd) == 0);
    return true;
}

CASE("other programs' writes survive a failure and a retry") {
    int fd = new_file("others", 100);
    unsigned char *bytes = map_shared(fd, 100);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(__real_pwrite(fd, "BB", 2, 1) == 2);
    good_writes = 0;
    CHECK(fails(msync(bytes, 100, MS_SYNC), ENOSPC));
    good_writes = -1;
    CHECK(__real_pwrite(fd, "C", 1, 2) == 1 && munmap(bytes, 100) == 0 && close(fd) == 0);
    CHECK(file_byte("others", 0) == 'A' && file_byte("others", 1) == 'B' && file_byte("others", 2) == 'C');
    return true;
}

CASE("only changed pages are written") {
    int fd = new_file("pages", 5 * PAGE);
    unsigned char *bytes = map_shared(fd, 5 * PAGE);
    CHECK(bytes != MAP_FAILED);
    writes = 0;
    CHECK(msync(bytes, 5 * PAGE, MS_SYNC | MS_INVALIDATE) == 0 && writes == 0);
    bytes[3 * PAGE + 5] = 'A';
    CHECK(msync(bytes, 5 * PAGE, MS_SYNC) == 0 && writes == 1);
    CHECK(last_offset >= (off_t)(3 * PAGE) && last_offset + (off_t)last_length <= (off_t)(4 * PAGE));
    bytes[0] = 'B';
    bytes[0] = byte_at(0);
    CHECK(munmap(bytes, 5 * PAGE) == 0 && writes == 1 && close(fd) == 0);
    return true;
}

CASE("partial writes are continued") {
    int fd = new_file("pieces", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED);
    memset(bytes, 'A', 2 * PAGE);
    most = 1000;
    int result = munmap(bytes, 2 * PAGE);
    most = SIZE_MAX;
    CHECK(result == 0 && close(fd) == 0 && file_byte("pieces", 0) == 'A');
    CHECK(file_byte("pieces", 1000) == 'A' && file_byte("pieces", 2 * PAGE - 1) == 'A');
    return true;
}

CASE("bytes that were written past the end of the file do not come back") {
    int fd = new_file("tail", 100);
    unsigned char *bytes = map_shared(fd, 200);
    CHECK(bytes != MAP_FAILED);
    bytes[150] = 'A';
    CHECK(msync(bytes, 200, MS_SYNC) == 0 && bytes[150] == 0);
    CHECK(ftruncate(fd, 200) == 0 && munmap(bytes, 200) == 0 && close(fd) == 0);
    CHECK(file_size("tail") == 200 && file_byte("tail", 150) == 0);
    return true;
}

CASE("changes to a private mapping are never written") {
    int fd = new_file("private", PAGE);
    unsigned char *bytes = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    CHECK(bytes != MAP_FAILED);
    memset(bytes, 'A', PAGE);
    writes = 0;
    CHECK(msync(bytes, PAGE, MS_SYNC) == 0 && munmap(bytes, PAGE) == 0 && close(fd) == 0 && writes == 0);
    return true;
}

CASE("unsupported flags are refused") {
    int fd = new_file("refused", PAGE);
    CHECK(fails_to_map(map(fd, 10, PROT_NONE, MAP_PRIVATE, 0), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ, MAP_PRIVATE | MAP_FIXED, 0), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, 0), EINVAL));
    CHECK(close(fd) == 0);
    return true;
}

/// Ends without unmapping a file that cannot be written.
static int leave(void) {
    unsigned char *bytes = map_shared(new_file("left", PAGE), PAGE);
    if (bytes == MAP_FAILED) {
        return 2;
    }
    bytes[0] = 'A';
    good_writes = 0;
    // Standard output has it in its buffer.
    printf("done");
    return 0;
}

int main(int argc, char *argv[]) {
    return argc == 2 && strcmp(argv[1], "leave") == 0 ? leave() : run_table();
}
