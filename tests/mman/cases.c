/// POSIX's rules for mapped files, as a table of cases. The same source must pass natively, with the system's
/// mmap, and under WASI.
///
/// `cases` runs the table in the current directory. `cases leave` changes a file through a mapping, and ends
/// without unmapping it; destructors change it once more. README.md lists the assertions of the Open POSIX
/// test suite that the cases cover.

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "table.h"

// mmap

CASE("a mapping has the file's bytes") {
    int fd = new_file("bytes", 2 * PAGE);
    unsigned char *bytes = map(fd, 2 * PAGE, PROT_READ, MAP_PRIVATE, 0);
    unsigned char *second = map(fd, PAGE, PROT_READ, MAP_SHARED, PAGE);
    CHECK(bytes != MAP_FAILED && second != MAP_FAILED);
    for (size_t place = 0; place < 2 * PAGE; place++) {
        CHECK(bytes[place] == byte_at(place));
    }
    CHECK(second[0] == byte_at(PAGE) && second[PAGE - 1] == byte_at(2 * PAGE - 1));
    CHECK(munmap(bytes, 2 * PAGE) == 0 && munmap(second, PAGE) == 0 && close(fd) == 0);
    return true;
}

CASE("a mapping reaches beyond 4 GiB") {
    const off_t place = (off_t)65537 * (off_t)PAGE;
    int fd = new_file("large", 0);
    CHECK(ftruncate(fd, place + 3) == 0 && pwrite(fd, "end", 3, place) == 3);
    unsigned char *bytes = map(fd, 3, PROT_READ | PROT_WRITE, MAP_SHARED, place);
    CHECK(bytes != MAP_FAILED && memcmp(bytes, "end", 3) == 0);
    bytes[0] = 'A';
    CHECK(munmap(bytes, 3) == 0 && close(fd) == 0);
    CHECK(file_byte("large", place) == 'A' && file_byte("large", place - ((off_t)1 << 32)) == 0);
    CHECK(file_size("large") == place + 3 && unlink("large") == 0);
    return true;
}

CASE("a mapping begins at a page boundary, never at 0 or in another mapping") {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    int fd = new_file("page", 10);
    unsigned char *maps[3] = {map(fd, 10, PROT_READ, MAP_PRIVATE, 0), map_shared(fd, 10),
                              map(-1, 10, PROT_READ, MAP_PRIVATE | MAP_ANON, 0)};
    for (size_t number = 0; number < 3; number++) {
        CHECK(maps[number] != MAP_FAILED && maps[number] != NULL);
        CHECK((uintptr_t)maps[number] % page == 0 && PAGE % page == 0);
    }
    CHECK(maps[0] != maps[1] && maps[1] != maps[2] && maps[0] != maps[2]);
    for (size_t number = 0; number < 3; number++) {
        CHECK(munmap(maps[number], 10) == 0);
    }
    CHECK(close(fd) == 0);
    return true;
}

CASE("bytes past the end of the file are zero") {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    // Fills the heap, from which a mapping is made, with other bytes than zeros.
    unsigned char *dirt = map(-1, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, 0);
    CHECK(dirt != MAP_FAILED);
    memset(dirt, 'x', PAGE);
    CHECK(munmap(dirt, PAGE) == 0);
    int fd = new_file("tail", 100);
    unsigned char *bytes = map_shared(fd, page);
    CHECK(bytes != MAP_FAILED && bytes[99] == byte_at(99));
    for (size_t place = 100; place < page; place++) {
        CHECK(bytes[place] == 0);
    }
    CHECK(munmap(bytes, page) == 0 && close(fd) == 0);
    return true;
}

CASE("anonymous memory is zero") {
    unsigned char *bytes = map(-1, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, 0);
    CHECK(bytes != MAP_FAILED);
    for (size_t place = 0; place < 2 * PAGE; place++) {
        CHECK(bytes[place] == 0);
    }
    bytes[0] = 'A';
    CHECK(msync(bytes, 2 * PAGE, MS_SYNC) == 0 && bytes[0] == 'A' && munmap(bytes, 2 * PAGE) == 0);
    return true;
}

CASE("writes to a shared mapping reach the file") {
    int fd = new_file("shared", 3 * PAGE);
    unsigned char *bytes = map_shared(fd, 3 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    bytes[PAGE + 7] = 'B';
    bytes[3 * PAGE - 1] = 'C';
    CHECK(munmap(bytes, 3 * PAGE) == 0 && close(fd) == 0);
    CHECK(file_byte("shared", 0) == 'A' && file_byte("shared", 1) == byte_at(1));
    CHECK(file_byte("shared", PAGE + 7) == 'B' && file_byte("shared", 3 * PAGE - 1) == 'C');
    return true;
}

CASE("writes to a shared mapping fill a file of zeros") {
    int fd = new_file("zeros", 0);
    CHECK(ftruncate(fd, 5 * (off_t)PAGE + 11) == 0);
    unsigned char *bytes = map_shared(fd, 5 * PAGE + 11);
    CHECK(bytes != MAP_FAILED);
    for (size_t place = 0; place < 5 * PAGE + 11; place++) {
        bytes[place] = byte_at(place);
    }
    CHECK(munmap(bytes, 5 * PAGE + 11) == 0);
    unsigned char *again = map(fd, 5 * PAGE + 11, PROT_READ, MAP_PRIVATE, 0);
    CHECK(again != MAP_FAILED);
    for (size_t place = 0; place < 5 * PAGE + 11; place++) {
        CHECK(again[place] == byte_at(place));
    }
    CHECK(munmap(again, 5 * PAGE + 11) == 0 && close(fd) == 0);
    return true;
}

CASE("writes to a private mapping do not reach the file") {
    int fd = new_file("private", PAGE);
    unsigned char *bytes = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(msync(bytes, PAGE, MS_SYNC) == 0 && msync(bytes, PAGE, MS_ASYNC | MS_INVALIDATE) == 0);
    CHECK(bytes[0] == 'A' && file_byte("private", 0) == byte_at(0));
    CHECK(munmap(bytes, PAGE) == 0 && close(fd) == 0 && file_byte("private", 0) == byte_at(0));
    return true;
}

CASE("a private mapping can be written without write access to the file") {
    CHECK(close(new_file("readable", PAGE)) == 0);
    int fd = open("readable", O_RDONLY);
    unsigned char *bytes = map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(munmap(bytes, PAGE) == 0 && close(fd) == 0 && file_byte("readable", 0) == byte_at(0));
    return true;
}

CASE("writes past the end of the file do not extend it") {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int fd = new_file("short", 100);
    unsigned char *bytes = map_shared(fd, page);
    CHECK(bytes != MAP_FAILED);
    bytes[99] = 'A';
    bytes[100] = 'B';
    bytes[page - 1] = 'C';
    CHECK(msync(bytes, page, MS_SYNC) == 0 && file_size("short") == 100);
    bytes[101] = 'D';
    CHECK(munmap(bytes, page) == 0 && close(fd) == 0);
    CHECK(file_size("short") == 100 && file_byte("short", 99) == 'A');
    return true;
}

CASE("writes to a truncated file do not extend it again") {
    int fd = new_file("cut", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    bytes[20] = 'B';
    bytes[PAGE] = 'C';
    CHECK(ftruncate(fd, 10) == 0 && msync(bytes, PAGE, MS_SYNC) == 0 && file_size("cut") == 10);
    CHECK(munmap(bytes, 2 * PAGE) == 0 && close(fd) == 0);
    CHECK(file_size("cut") == 10 && file_byte("cut", 0) == 'A' && file_byte("cut", 9) == byte_at(9));
    return true;
}

CASE("bytes that were truncated are zero") {
    int fd = new_file("cut2", 100);
    unsigned char *bytes = map_shared(fd, 100);
    CHECK(bytes != MAP_FAILED && ftruncate(fd, 10) == 0);
    CHECK(msync(bytes, 100, MS_SYNC | MS_INVALIDATE) == 0);
    CHECK(bytes[9] == byte_at(9) && bytes[10] == 0 && bytes[99] == 0);
    CHECK(munmap(bytes, 100) == 0 && close(fd) == 0 && file_size("cut2") == 10);
    return true;
}

CASE("writes change the file's time") {
    int fd = new_file("time", PAGE);
    const struct timespec long_ago[2] = {{.tv_sec = 0}, {.tv_sec = 0}};
    struct stat status;
    CHECK(futimens(fd, long_ago) == 0 && fstat(fd, &status) == 0 && status.st_mtim.tv_sec == 0);
    unsigned char *bytes = map_shared(fd, PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(msync(bytes, PAGE, MS_SYNC) == 0 && fstat(fd, &status) == 0 && status.st_mtim.tv_sec > 0);
    CHECK(munmap(bytes, PAGE) == 0 && close(fd) == 0);
    return true;
}

CASE("a hint never leads to an address in use") {
    int fd = new_file("hint", 10);
    unsigned char *first = map_shared(fd, 10);
    CHECK(first != MAP_FAILED);
    // The address is in use, so the second mapping gets another.
    unsigned char *second = mmap(first, 10, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(second != MAP_FAILED && second != first && second[0] == byte_at(0));
    CHECK(munmap(first, 10) == 0 && munmap(second, 10) == 0 && close(fd) == 0);
    return true;
}

CASE("mmap refuses anything except an open regular file") {
    CHECK(fails_to_map(map(-1, 10, PROT_READ, MAP_PRIVATE, 0), EBADF));
    CHECK(fails_to_map(map(1000, 10, PROT_READ, MAP_SHARED, 0), EBADF));
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0 && fails_to_map(map(fd, 10, PROT_READ, MAP_PRIVATE, 0), ENODEV) && close(fd) == 0);
    return true;
}

CASE("mmap refuses access that the descriptor does not have") {
    CHECK(close(new_file("access", PAGE)) == 0);
    int fd = open("access", O_RDONLY);
    CHECK(fd >= 0 && fails_to_map(map(fd, 10, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES));
    CHECK(fails_to_map(map(fd, 10, PROT_WRITE, MAP_SHARED, 0), EACCES) && close(fd) == 0);
    fd = open("access", O_WRONLY);
    CHECK(fd >= 0 && fails_to_map(map(fd, 10, PROT_READ, MAP_PRIVATE, 0), EACCES));
    CHECK(fails_to_map(map(fd, 10, PROT_WRITE, MAP_SHARED, 0), EACCES) && close(fd) == 0);
    return true;
}

CASE("mmap refuses invalid lengths, offsets and flags") {
    int fd = new_file("arguments", PAGE);
    CHECK(fails_to_map(map(fd, 0, PROT_READ, MAP_PRIVATE, 0), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ, MAP_PRIVATE, 1), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ, MAP_SHARED, 100), EINVAL));
    CHECK(fails_to_map(map(fd, 10, PROT_READ, 0, 0), EINVAL));
    CHECK(fails_to_map(map(fd, SIZE_MAX, PROT_READ, MAP_PRIVATE, 0), ENOMEM));
    CHECK(fails_to_map(map(fd, SIZE_MAX - 4 * PAGE, PROT_READ, MAP_PRIVATE, 0), ENOMEM));
    const off_t last = (off_t)(INT64_MAX - INT64_MAX % (int64_t)PAGE);
    CHECK(fails_to_map(map(fd, 2 * PAGE, PROT_READ, MAP_PRIVATE, last), EOVERFLOW));
    CHECK(close(fd) == 0);
    return true;
}

// close

CASE("a mapping outlives its descriptor") {
    int fd = new_file("closed", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED && close(fd) == 0);
    bytes[0] = 'A';
    CHECK(msync(bytes, PAGE, MS_SYNC) == 0 && file_byte("closed", 0) == 'A');
    bytes[PAGE] = 'B';
    CHECK(munmap(bytes, 2 * PAGE) == 0 && file_byte("closed", PAGE) == 'B');
    return true;
}

CASE("a mapping never writes into a file that was opened later") {
    int fd = new_file("one", PAGE);
    unsigned char *bytes = map_shared(fd, PAGE);
    CHECK(bytes != MAP_FAILED && close(fd) == 0);
    int other = new_file("other", PAGE);
    bytes[0] = 'A';
    CHECK(munmap(bytes, PAGE) == 0);
    CHECK(file_byte("one", 0) == 'A' && file_byte("other", 0) == byte_at(0));
    CHECK(pwrite(other, "B", 1, 0) == 1 && close(other) == 0 && file_byte("other", 0) == 'B');
    return true;
}

CASE("a descriptor is closed once") {
    int fd = new_file("once", PAGE);
    unsigned char *first = map_shared(fd, PAGE);
    unsigned char *second = map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
    CHECK(first != MAP_FAILED && second != MAP_FAILED && close(fd) == 0);
    CHECK(fails(close(fd), EBADF) && fails_to_map(map(fd, PAGE, PROT_READ, MAP_PRIVATE, 0), EBADF));
    CHECK(munmap(first, PAGE) == 0 && fails(close(fd), EBADF));
    CHECK(munmap(second, PAGE) == 0 && fails(close(fd), EBADF) && fails(fcntl(fd, F_GETFL), EBADF));
    return true;
}

CASE("a mapping outlives the stream that it was made from") {
    FILE *stream = fdopen(new_file("stream", PAGE), "r+");
    CHECK(stream != NULL);
    unsigned char *bytes = map_shared(fileno(stream), PAGE);
    bool closed = fclose(stream) == 0;
    CHECK(bytes != MAP_FAILED && closed);
    bytes[0] = 'A';
    CHECK(munmap(bytes, PAGE) == 0 && file_byte("stream", 0) == 'A');
    return true;
}

CASE("a descriptor that is not closed stays open") {
    int fd = new_file("open", PAGE);
    unsigned char *bytes = map_shared(fd, PAGE);
    CHECK(bytes != MAP_FAILED && munmap(bytes, PAGE) == 0);
    CHECK(pwrite(fd, "A", 1, 0) == 1 && close(fd) == 0 && file_byte("open", 0) == 'A');
    return true;
}

// munmap

CASE("munmap removes a part of a mapping") {
    int fd = new_file("part", 3 * PAGE);
    unsigned char *bytes = map_shared(fd, 3 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    bytes[PAGE] = 'B';
    bytes[2 * PAGE] = 'C';
    CHECK(munmap(bytes + PAGE, PAGE) == 0 && file_byte("part", PAGE) == 'B');
    CHECK(fails(msync(bytes + PAGE, PAGE, MS_SYNC), ENOMEM));
    bytes[1] = 'D';
    bytes[2 * PAGE + 1] = 'E';
    CHECK(munmap(bytes, 3 * PAGE) == 0 && close(fd) == 0);
    CHECK(file_byte("part", 0) == 'A' && file_byte("part", 1) == 'D');
    CHECK(file_byte("part", 2 * PAGE) == 'C' && file_byte("part", 2 * PAGE + 1) == 'E');
    return true;
}

CASE("munmap removes whole pages") {
    int fd = new_file("whole", PAGE);
    unsigned char *bytes = map_shared(fd, PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[PAGE - 1] = 'A';
    CHECK(munmap(bytes, PAGE - 1) == 0 && close(fd) == 0 && file_byte("whole", PAGE - 1) == 'A');
    CHECK(fails(msync(bytes, PAGE, MS_ASYNC), ENOMEM));
    return true;
}

CASE("munmap of unmapped pages does nothing") {
    unsigned char *bytes = map(-1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON, 0);
    CHECK(bytes != MAP_FAILED && munmap(bytes, PAGE) == 0);
    CHECK(munmap(bytes, PAGE) == 0);
    return true;
}

CASE("munmap refuses invalid addresses and lengths") {
    unsigned char *bytes = map(-1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON, 0);
    CHECK(bytes != MAP_FAILED);
    CHECK(fails(munmap(bytes + 1, PAGE), EINVAL));
    CHECK(fails(munmap(bytes, 0), EINVAL));
    CHECK(fails(munmap(bytes, SIZE_MAX - 2 * PAGE), EINVAL));
    CHECK(munmap(bytes, PAGE) == 0);
    return true;
}

// msync

CASE("msync writes the changes") {
    int fd = new_file("sync", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(msync(bytes, PAGE, MS_SYNC) == 0 && file_byte("sync", 0) == 'A');
    bytes[1] = 'B';
    CHECK(msync(bytes, PAGE, MS_ASYNC) == 0 && file_byte("sync", 1) == 'B');
    bytes[PAGE] = 'C';
    CHECK(msync(bytes + PAGE, 1, MS_SYNC | MS_INVALIDATE) == 0 && file_byte("sync", PAGE) == 'C');
    bytes[2] = byte_at(2);
    CHECK(msync(bytes, 0, MS_SYNC) == 0 && munmap(bytes, 2 * PAGE) == 0 && close(fd) == 0);
    CHECK(file_byte("sync", 0) == 'A' && file_byte("sync", 1) == 'B' && file_byte("sync", 2) == byte_at(2));
    return true;
}

CASE("msync with MS_INVALIDATE shows other programs' changes") {
    int fd = new_file("again", 2 * PAGE);
    unsigned char *reader = map(fd, 2 * PAGE, PROT_READ, MAP_SHARED, 0);
    unsigned char *writer = map_shared(fd, 2 * PAGE);
    CHECK(reader != MAP_FAILED && writer != MAP_FAILED);
    CHECK(pwrite(fd, "AB", 2, PAGE) == 2);
    writer[0] = 'C';
    CHECK(msync(writer, 2 * PAGE, MS_SYNC | MS_INVALIDATE) == 0);
    CHECK(writer[0] == 'C' && writer[1] == byte_at(1) && memcmp(writer + PAGE, "AB", 2) == 0);
    CHECK(msync(reader, 2 * PAGE, MS_ASYNC | MS_INVALIDATE) == 0);
    CHECK(reader[0] == 'C' && reader[1] == byte_at(1) && memcmp(reader + PAGE, "AB", 2) == 0);
    CHECK(munmap(reader, 2 * PAGE) == 0 && munmap(writer, 2 * PAGE) == 0 && close(fd) == 0);
    return true;
}

CASE("msync refuses unmapped pages and invalid flags") {
    int fd = new_file("flags", 3 * PAGE);
    unsigned char *bytes = map_shared(fd, 3 * PAGE);
    CHECK(bytes != MAP_FAILED);
    CHECK(fails(msync(bytes, PAGE, MS_SYNC | MS_ASYNC), EINVAL));
    CHECK(fails(msync(bytes, PAGE, 0x4000), EINVAL));
    CHECK(fails(msync(bytes + 1, PAGE, MS_SYNC), EINVAL));
    CHECK(fails(msync(bytes, SIZE_MAX - 2 * PAGE, MS_SYNC), ENOMEM));
    bytes[2 * PAGE] = 'A';
    // A hole is an error, but the mappings on both sides of it are synchronized.
    CHECK(munmap(bytes + PAGE, PAGE) == 0 && fails(msync(bytes, 3 * PAGE, MS_SYNC), ENOMEM));
    CHECK(file_byte("flags", 2 * PAGE) == 'A');
    CHECK(munmap(bytes, 3 * PAGE) == 0 && fails(msync(bytes, PAGE, MS_SYNC), ENOMEM) && close(fd) == 0);
    return true;
}

CASE("msync of a read-only mapping does nothing") {
    CHECK(close(new_file("reader", PAGE)) == 0);
    int fd = open("reader", O_RDONLY);
    unsigned char *bytes = map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
    CHECK(bytes != MAP_FAILED && msync(bytes, PAGE, MS_SYNC) == 0);
    CHECK(munmap(bytes, PAGE) == 0 && close(fd) == 0);
    return true;
}

CASE("advice changes nothing") {
    int fd = new_file("advice", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[1] = 'A';
    CHECK(posix_madvise(bytes, 2 * PAGE, POSIX_MADV_SEQUENTIAL) == 0);
    CHECK(posix_madvise(bytes, 2 * PAGE, POSIX_MADV_DONTNEED) == 0);
    CHECK(madvise(bytes + PAGE, PAGE, MADV_WILLNEED) == 0);
    CHECK(bytes[1] == 'A' && bytes[2 * PAGE - 1] == byte_at(2 * PAGE - 1));
    CHECK(posix_madvise(bytes + 1, PAGE, POSIX_MADV_NORMAL) == EINVAL);
    CHECK(posix_madvise(bytes, PAGE, 1000) == EINVAL && fails(madvise(bytes, PAGE, 1000), EINVAL));
    CHECK(munmap(bytes, 2 * PAGE) == 0 && close(fd) == 0);
    CHECK(posix_madvise(bytes, PAGE, POSIX_MADV_NORMAL) == ENOMEM && file_byte("advice", 1) == 'A');
    return true;
}

// Several writers

CASE("other programs' writes survive, in the same page and in others") {
    int fd = new_file("others", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'A';
    int other = open("others", O_WRONLY);
    CHECK(pwrite(other, "B", 1, 1) == 1 && pwrite(other, "C", 1, PAGE) == 1 && close(other) == 0);
    CHECK(munmap(bytes, 2 * PAGE) == 0 && close(fd) == 0);
    CHECK(file_byte("others", 0) == 'A' && file_byte("others", 1) == 'B' && file_byte("others", PAGE) == 'C');
    return true;
}

CASE("two mappings of one page both reach the file") {
    int fd = new_file("two", 100);
    int again = open("two", O_RDWR);
    unsigned char *one = map_shared(fd, 100);
    unsigned char *two = map_shared(again, 100);
    CHECK(one != MAP_FAILED && two != MAP_FAILED);
    one[0] = 'A';
    two[1] = 'B';
    CHECK(msync(one, 100, MS_SYNC) == 0 && msync(two, 100, MS_SYNC | MS_INVALIDATE) == 0);
    CHECK(two[0] == 'A' && two[1] == 'B');
    CHECK(msync(one, 100, MS_SYNC | MS_INVALIDATE) == 0 && one[0] == 'A' && one[1] == 'B');
    one[2] = 'C';
    two[3] = 'D';
    CHECK(munmap(one, 100) == 0 && munmap(two, 100) == 0 && close(fd) == 0 && close(again) == 0);
    CHECK(file_byte("two", 2) == 'C' && file_byte("two", 3) == 'D' && file_size("two") == 100);
    return true;
}

CASE("if two mappings change one byte, the later change wins") {
    int fd = new_file("last", 100);
    unsigned char *one = map_shared(fd, 100);
    unsigned char *two = map_shared(fd, 100);
    CHECK(one != MAP_FAILED && two != MAP_FAILED);
    one[0] = 'A';
    CHECK(msync(one, 100, MS_SYNC) == 0);
    two[0] = 'B';
    CHECK(msync(two, 100, MS_SYNC) == 0 && file_byte("last", 0) == 'B');
    CHECK(munmap(one, 100) == 0 && munmap(two, 100) == 0 && close(fd) == 0 && file_byte("last", 0) == 'B');
    return true;
}

CASE("the changes of three writers to the same pages all reach the file") {
    enum { SIZE = 300000, CHANGES = 5000 };
    static unsigned char expected[SIZE];
    int fd = new_file("random", SIZE);
    unsigned char *maps[2] = {map_shared(fd, SIZE), map_shared(fd, SIZE)};
    CHECK(maps[0] != MAP_FAILED && maps[1] != MAP_FAILED);
    for (size_t place = 0; place < SIZE; place++) {
        expected[place] = byte_at(place);
    }
    uint32_t random = 1;
    for (int change = 0; change < CHANGES; change++) {
        random = random * 1664525 + 1013904223;
        // Each of three writers owns every third byte.
        size_t place = (random >> 8) % SIZE;
        size_t writer = place % 3;
        expected[place] = (unsigned char)(random >> 24);
        if (writer == 2) {
            CHECK(pwrite(fd, &expected[place], 1, (off_t)place) == 1);
        } else {
            maps[writer][place] = expected[place];
        }
        if (change % 500 == 0) {
            CHECK(msync(maps[change / 500 % 2], SIZE, MS_ASYNC | MS_INVALIDATE) == 0);
        }
    }
    CHECK(munmap(maps[0], SIZE) == 0 && munmap(maps[1], SIZE) == 0);
    unsigned char *content = map(fd, SIZE, PROT_READ, MAP_PRIVATE, 0);
    CHECK(content != MAP_FAILED && memcmp(content, expected, SIZE) == 0);
    CHECK(munmap(content, SIZE) == 0 && close(fd) == 0);
    return true;
}

// Many

CASE("a thousand mappings stay separate") {
    enum { COUNT = 1000 };
    static unsigned char *maps[COUNT];
    int fd = new_file("many", COUNT);
    for (size_t number = 0; number < COUNT; number++) {
        maps[number] = map_shared(fd, COUNT);
        CHECK(maps[number] != MAP_FAILED);
        maps[number][number] = 'A';
    }
    CHECK(close(fd) == 0);
    for (size_t number = 0; number < COUNT; number++) {
        CHECK(munmap(maps[number], COUNT) == 0);
    }
    for (off_t place = 0; place < COUNT; place += 99) {
        CHECK(file_byte("many", place) == 'A');
    }
    return true;
}

CASE("unmapping frees memory") {
    // In sum more than an address space of 32 bits.
    const size_t length = 1024 * PAGE;
    int fd = new_file("memory", 10);
    for (int round = 0; round < 70; round++) {
        unsigned char *bytes = map_shared(fd, length);
        CHECK(bytes != MAP_FAILED);
        bytes[0] = (unsigned char)round;
        CHECK(munmap(bytes, length) == 0 && file_byte("memory", 0) == round);
    }
    CHECK(close(fd) == 0);
    return true;
}

/// Writes through a mapping of a file of ten bytes, whose descriptor appends.
static bool writes_in_place(int fd, unsigned char *bytes, const char *name) {
    CHECK(fd >= 0 && bytes != MAP_FAILED);
    bytes[0] = 'A';
    CHECK(msync(bytes, 10, MS_SYNC) == 0 && file_size(name) == 10);
    bytes[1] = 'B';
    CHECK(munmap(bytes, 10) == 0 && file_size(name) == 10);
    CHECK(file_byte(name, 0) == 'A' && file_byte(name, 1) == 'B' && file_byte(name, 2) == byte_at(2));
    // The descriptor still appends.
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "C", 1) == 1);
    CHECK(file_size(name) == 11 && file_byte(name, 10) == 'C' && file_byte(name, 0) == 'A');
    return true;
}

CASE("a descriptor with O_APPEND is written in place") {
    CHECK(close(new_file("append", 10)) == 0);
    int fd = open("append", O_RDWR | O_APPEND);
    CHECK(writes_in_place(fd, map_shared(fd, 10), "append") && close(fd) == 0);
    return true;
}

CASE("a stream that appends is written in place") {
    CHECK(close(new_file("stream", 10)) == 0);
    FILE *stream = fopen("stream", "a+");
    CHECK(stream != NULL);
    bool is_in_place = writes_in_place(fileno(stream), map_shared(fileno(stream), 10), "stream");
    CHECK(fclose(stream) == 0 && is_in_place);
    return true;
}

CASE("a descriptor that gets O_APPEND after mmap is written in place") {
    int fd = new_file("later", 10);
    unsigned char *bytes = map_shared(fd, 10);
    CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
    CHECK(writes_in_place(fd, bytes, "later") && (fcntl(fd, F_GETFL) & O_APPEND) != 0 && close(fd) == 0);
    return true;
}

/// What `leave` has mapped; NULL otherwise.
static unsigned char *left;

static void change_in_handler(void) {
    memcpy(left + PAGE + 16, "handler", sizeof("handler"));
}

__attribute__((destructor)) static void change_in_destructor(void) {
    if (left) {
        memcpy(left + PAGE + 32, "destructor", sizeof("destructor"));
    }
}

// The lowest priority that a program may have, so the last destructor.
__attribute__((destructor(101))) static void change_in_last_destructor(void) {
    if (left) {
        memcpy(left + PAGE + 48, "the last one", sizeof("the last one"));
    }
}

/// Ends without unmapping. The file must have the changes anyway.
static int leave(void) {
    int fd = new_file("left", 2 * PAGE);
    unsigned char *bytes = map_shared(fd, 2 * PAGE);
    if (bytes == MAP_FAILED || atexit(change_in_handler) != 0) {
        return 1;
    }
    memcpy(bytes + PAGE, "left behind", sizeof("left behind"));
    left = bytes;
    return 0;
}

int main(int argc, char *argv[]) {
    return argc == 2 && strcmp(argv[1], "leave") == 0 ? leave() : run_table();
}
