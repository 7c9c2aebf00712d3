// Calls of WASI preview 1 itself, with what they return. tests/run/against-wasmtime.test.ts compares the
// lines of two hosts. Works below the directory `box`.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { PREOPEN = 3, UNUSED = 1000 };

static const __wasi_rights_t reading = __WASI_RIGHTS_FD_READ;
static const __wasi_rights_t writing = __WASI_RIGHTS_FD_WRITE;

#define SAY(call) printf("%s: %d\n", #call, (call))

static __wasi_fd_t open_at(const char *path, __wasi_oflags_t how, __wasi_rights_t rights,
                           __wasi_fdflags_t flags) {
    __wasi_fd_t fd = UNUSED;
    const __wasi_errno_t error = __wasi_path_open(PREOPEN, 0, path, how, rights, 0, flags, &fd);
    printf("open %s %u %u: %d\n", path, how, flags, error);
    return fd;
}

static void write_to(__wasi_fd_t fd, const char *text) {
    const __wasi_ciovec_t vector = {(const uint8_t *)text, strlen(text)};
    __wasi_size_t count = 99;
    const __wasi_errno_t error = __wasi_fd_write(fd, &vector, 1, &count);
    printf("write %s: %d %zu\n", text, error, error ? 0 : count);
}

static void read_at(__wasi_fd_t fd, __wasi_filesize_t offset) {
    char text[64] = "";
    const __wasi_iovec_t vector = {(uint8_t *)text, sizeof text - 1};
    __wasi_size_t count = 0;
    const __wasi_errno_t error = __wasi_fd_pread(fd, &vector, 1, offset, &count);
    printf("pread %" PRIu64 ": %d %zu '%s'\n", offset, error, count, text);
}

static void tell(__wasi_fd_t fd) {
    __wasi_filesize_t offset = 0;
    const __wasi_errno_t error = __wasi_fd_tell(fd, &offset);
    printf("tell: %d %" PRIu64 "\n", error, offset);
}

static void describe_fd(__wasi_fd_t fd) {
    __wasi_fdstat_t fdstat = {0};
    const __wasi_errno_t error = __wasi_fd_fdstat_get(fd, &fdstat);
    printf("fdstat: %d %d %d %" PRIx64 " %" PRIx64 "\n", error, fdstat.fs_filetype, fdstat.fs_flags,
           fdstat.fs_rights_base, fdstat.fs_rights_inheriting);
    __wasi_filestat_t status = {0};
    printf("filestat: %d", __wasi_fd_filestat_get(fd, &status));
    printf(" %" PRIu64 " %d %" PRIu64 "\n", status.dev, status.filetype, status.size);
}

static void descriptors(void) {
    for (__wasi_fd_t fd = 0; fd < 6; fd++) {
        __wasi_prestat_t prestat = {0};
        uint8_t name[16] = "";
        printf("%u\n", fd);
        describe_fd(fd);
        tell(fd);
        SAY(__wasi_fd_prestat_get(fd, &prestat));
        printf("name of %zu bytes: %d", prestat.u.dir.pr_name_len,
               __wasi_fd_prestat_dir_name(fd, name, sizeof name));
        printf(" '%s'\n", (const char *)name);
        SAY(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
        SAY(__wasi_fd_fdstat_set_rights(fd, 0, 0));
        SAY(__wasi_fd_sync(fd));
        SAY(__wasi_fd_datasync(fd));
        SAY(__wasi_fd_allocate(fd, 0, 1));
        SAY(__wasi_fd_advise(fd, 0, 1, __WASI_ADVICE_NORMAL));
        SAY(__wasi_fd_filestat_set_size(fd, 1));
    }
    uint8_t name[1];
    SAY(__wasi_fd_prestat_dir_name(PREOPEN, name, 0));
    const __wasi_fd_t first = open_at("box/first", __WASI_OFLAGS_CREAT, reading | writing, 0);
    const __wasi_fd_t second = open_at("box/second", __WASI_OFLAGS_CREAT, reading | writing, 0);
    write_to(first, "one");
    SAY(__wasi_fd_renumber(first, UNUSED));
    SAY(__wasi_fd_renumber(UNUSED, first));
    SAY(__wasi_fd_renumber(first, first));
    SAY(__wasi_fd_renumber(first, second));
    tell(second);
    write_to(second, "two");
    read_at(second, 0);
    SAY(__wasi_fd_close(first));
    SAY(__wasi_fd_close(second));
    SAY(__wasi_fd_close(second));
}

static void positions(void) {
    const __wasi_fd_t fd = open_at("box/file", __WASI_OFLAGS_CREAT, reading | writing, 0);
    describe_fd(fd);
    write_to(fd, "hello world");
    tell(fd);
    static const struct {
        __wasi_filedelta_t offset;
        __wasi_whence_t whence;
    } seeks[] = {
        {0, __WASI_WHENCE_SET},  {5, __WASI_WHENCE_SET},         {-1, __WASI_WHENCE_SET},
        {-6, __WASI_WHENCE_CUR}, {-5, __WASI_WHENCE_CUR},        {-3, __WASI_WHENCE_END},
        {9, __WASI_WHENCE_END},  {INT64_MAX, __WASI_WHENCE_CUR}, {INT64_MAX, __WASI_WHENCE_SET},
        {2, __WASI_WHENCE_SET},
    };
    for (size_t i = 0; i < sizeof seeks / sizeof *seeks; i++) {
        __wasi_filesize_t offset = 0;
        printf("seek %" PRId64 " %d: ", seeks[i].offset, seeks[i].whence);
        printf("%d", __wasi_fd_seek(fd, seeks[i].offset, seeks[i].whence, &offset));
        printf(" %" PRIu64 "\n", offset);
        tell(fd);
    }
    write_to(fd, "LL");
    read_at(fd, 0);
    read_at(fd, 11);
    read_at(fd, 1000);
    SAY(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    describe_fd(fd);
    write_to(fd, "!");
    tell(fd);
    const __wasi_ciovec_t vector = {(const uint8_t *)"?", 1};
    __wasi_size_t count = 0;
    SAY(__wasi_fd_pwrite(fd, &vector, 1, 0, &count));
    tell(fd);
    SAY(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK));
    SAY(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
    describe_fd(fd);
    write_to(fd, "#");
    read_at(fd, 0);
    SAY(__wasi_fd_filestat_set_size(fd, 4));
    tell(fd);
    read_at(fd, 0);
    SAY(__wasi_fd_close(fd));
    const __wasi_fd_t reader = open_at("box/file", 0, reading, __WASI_FDFLAGS_APPEND);
    describe_fd(reader);
    write_to(reader, "x");
    const __wasi_fd_t writer = open_at("box/file", 0, writing, __WASI_FDFLAGS_APPEND);
    describe_fd(writer);
    tell(writer);
    read_at(writer, 0);
    write_to(writer, "y");
    read_at(reader, 0);
}

static int by_name(const void *one, const void *other) {
    return strcmp(one, other);
}

// Reads a directory with a buffer that has room for a few entries, as C libraries do.
static void list(const char *path, __wasi_size_t room) {
    const __wasi_fd_t fd = open_at(path, __WASI_OFLAGS_DIRECTORY, reading, 0);
    static char names[64][32];
    size_t found = 0;
    __wasi_dircookie_t cookie = 0;
    for (int rounds = 0; rounds < 64; rounds++) {
        uint8_t buffer[512];
        __wasi_size_t used = 0;
        const __wasi_errno_t error = __wasi_fd_readdir(fd, buffer, room, cookie, &used);
        if (error) {
            printf("readdir: %d\n", error);
            break;
        }
        __wasi_size_t at = 0;
        __wasi_dirent_t entry;
        while (at + sizeof entry <= used) {
            memcpy(&entry, buffer + at, sizeof entry);
            if (at + sizeof entry + entry.d_namlen > used) {
                break;
            }
            at += sizeof entry + entry.d_namlen;
            snprintf(names[found++], sizeof *names, "%.*s %d", (int)entry.d_namlen,
                     (const char *)buffer + at - entry.d_namlen, entry.d_type);
            cookie = entry.d_next;
        }
        if (used < room) {
            printf("the end, cookie %" PRIu64 "\n", cookie);
            break;
        }
    }
    qsort(names, found, sizeof *names, by_name);
    for (size_t i = 0; i < found; i++) {
        puts(names[i]);
    }
    uint8_t byte[1];
    __wasi_size_t used = 9;
    SAY(__wasi_fd_readdir(fd, byte, 0, 0, &used));
    printf("%zu\n", used);
    SAY(__wasi_fd_readdir(fd, byte, 1, 1, &used));
    printf("%zu\n", used);
    SAY(__wasi_fd_readdir(fd, byte, 1, UINT64_MAX, &used));
    printf("%zu\n", used);
    SAY(__wasi_fd_close(fd));
}

static void directories(void) {
    SAY(__wasi_path_create_directory(PREOPEN, "box/dir"));
    for (char name[] = "box/dir/a"; name[8] <= 't'; name[8]++) {
        SAY(__wasi_fd_close(open_at(name, __WASI_OFLAGS_CREAT, writing, 0)));
    }
    SAY(__wasi_path_symlink("a", PREOPEN, "box/dir/link"));
    list("box/dir", 64);
    list("box/dir", 512);
    list("box", 60);
    uint8_t target[2] = {9, 9};
    __wasi_size_t used = 0;
    SAY(__wasi_path_readlink(PREOPEN, "box/dir/link", target, sizeof target, &used));
    printf("%zu %c %d\n", used, target[0], target[1]);
    SAY(__wasi_path_readlink(PREOPEN, "box/dir/link", target, 0, &used));
    printf("%zu\n", used);
}

static void wrong(void) {
    const __wasi_fd_t file = open_at("box/file", __WASI_OFLAGS_CREAT, reading | writing, 0);
    const __wasi_fd_t dir = open_at("box", __WASI_OFLAGS_DIRECTORY, reading, 0);
    __wasi_fd_t fd = 0;
    __wasi_size_t size = 0;
    __wasi_timestamp_t time = 0;
    __wasi_filestat_t status;
    uint8_t byte = 0;
    const __wasi_iovec_t vector = {&byte, 1};
    const __wasi_ciovec_t given = {&byte, 1};
    for (__wasi_fd_t each = 0; each < 7; each++) {
        const __wasi_fd_t from = each == 4 ? file : each == 5 ? dir : each == 6 ? UNUSED : each;
        printf("%u\n", each);
        SAY(__wasi_path_open(from, 0, "x/y", 0, reading, 0, 0, &fd));
        SAY(__wasi_path_filestat_get(from, 0, "x/y", &status));
        SAY(__wasi_path_create_directory(from, "x/y"));
        SAY(__wasi_path_unlink_file(from, "x/y"));
        SAY(__wasi_path_rename(from, "x/y", dir, "z"));
        SAY(__wasi_path_rename(dir, "x/y", from, "z"));
        SAY(__wasi_path_link(dir, 0, "x/y", from, "z"));
        SAY(__wasi_fd_readdir(from, &byte, 0, 0, &size));
        SAY(__wasi_fd_pread(from, &vector, 1, 0, &size));
        SAY(__wasi_fd_pwrite(from, &given, 1, 0, &size));
        SAY(__wasi_sock_shutdown(from, 1));
        SAY(__wasi_sock_accept(from, 0, &fd));
    }
    SAY(__wasi_fd_read(1, &vector, 1, &size));
    SAY(__wasi_fd_read(dir, &vector, 1, &size));
    SAY(__wasi_fd_write(0, &given, 1, &size));
    SAY(__wasi_fd_write(dir, &given, 1, &size));
    SAY(__wasi_path_open(dir, 0, "\xff", 0, reading, 0, 0, &fd));
    SAY(__wasi_fd_filestat_set_times(file, 1, 1, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
    SAY(__wasi_fd_filestat_set_times(0, 1, 1, __WASI_FSTFLAGS_ATIM));
    for (__wasi_clockid_t clock = 0; clock < 4; clock++) {
        printf("clock %u: %d", clock, __wasi_clock_time_get(clock, 1, &time));
        printf(" %d\n", __wasi_clock_res_get(clock, &time));
    }
    SAY(__wasi_sched_yield());
}

static void times(void) {
    const __wasi_fd_t file = open_at("box/file", __WASI_OFLAGS_CREAT, reading | writing, 0);
    __wasi_filestat_t status;
    SAY(__wasi_fd_filestat_set_times(file, 1234567890123456789, 2000000001, 5));
    SAY(__wasi_fd_filestat_get(file, &status));
    printf("%" PRIu64 " %" PRIu64 " %d\n", status.atim, status.mtim, status.ctim > status.atim);
    SAY(__wasi_path_filestat_set_times(PREOPEN, 0, "box/file", 3000000007, 0, 1));
    SAY(__wasi_path_filestat_get(PREOPEN, 0, "box/file", &status));
    printf("%" PRIu64 " %" PRIu64 "\n", status.atim, status.mtim);
    SAY(__wasi_path_filestat_set_times(PREOPEN, 0, "box/file", 0, 0, 8));
    SAY(__wasi_path_filestat_get(PREOPEN, 0, "box/file", &status));
    printf("%" PRIu64 " %d\n", status.atim, status.mtim > 1234567890123456789);
}

static void show(const char *what, const __wasi_event_t *events, __wasi_errno_t error, __wasi_size_t count) {
    printf("%s: %d %zu\n", what, error, error ? 0 : count);
    for (__wasi_size_t i = 0; !error && i < count; i++) {
        printf("%" PRIu64 " %d %d %d\n", events[i].userdata, events[i].error, events[i].type,
               events[i].fd_readwrite.flags);
    }
}

static __wasi_subscription_t clock_at(uint64_t data, __wasi_clockid_t id, __wasi_timestamp_t time,
                                      uint16_t flags) {
    __wasi_subscription_t made = {.userdata = data, .u.tag = __WASI_EVENTTYPE_CLOCK};
    made.u.u.clock.id = id;
    made.u.u.clock.timeout = time;
    made.u.u.clock.flags = flags;
    return made;
}

static __wasi_subscription_t file_at(uint64_t data, uint8_t tag, __wasi_fd_t fd) {
    __wasi_subscription_t made = {.userdata = data, .u.tag = tag};
    made.u.u.fd_read.file_descriptor = fd;
    return made;
}

static void polling(void) {
    const __wasi_fd_t file = open_at("box/file", __WASI_OFLAGS_CREAT, reading | writing, 0);
    __wasi_event_t events[4];
    __wasi_size_t count = 0;
    __wasi_subscription_t asked[4] = {
        clock_at(7, __WASI_CLOCKID_MONOTONIC, 1000, 0),
        clock_at(8, __WASI_CLOCKID_REALTIME, UINT64_C(3600000000000), 0),
        file_at(9, __WASI_EVENTTYPE_FD_READ, file),
        file_at(10, __WASI_EVENTTYPE_FD_WRITE, file),
    };
    SAY(__wasi_poll_oneoff(asked, events, 0, &count));
    show("a clock", events, __wasi_poll_oneoff(asked, events, 1, &count), count);
    asked[2] = clock_at(9, __WASI_CLOCKID_MONOTONIC, UINT64_C(3600000000000), 0);
    show("a file", events, __wasi_poll_oneoff(asked + 1, events, 3, &count), count);
    asked[2] = file_at(9, __WASI_EVENTTYPE_FD_READ, file);
    write_to(file, "text");
    __wasi_filesize_t offset;
    SAY(__wasi_fd_seek(file, 1, __WASI_WHENCE_SET, &offset));
    show("a file with text", events, __wasi_poll_oneoff(asked + 2, events, 1, &count), count);
    asked[0] = clock_at(1, __WASI_CLOCKID_REALTIME, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    asked[1] = clock_at(2, __WASI_CLOCKID_MONOTONIC, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    show("the past", events, __wasi_poll_oneoff(asked, events, 2, &count), count);
    asked[0] = file_at(1, __WASI_EVENTTYPE_FD_WRITE, 1);
    show("standard output", events, __wasi_poll_oneoff(asked, events, 1, &count), count);
    for (__wasi_fd_t fd = 0; fd < 4; fd++) {
        asked[0] = file_at(1, fd == 0 ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ, fd);
        show("the wrong kind", events, __wasi_poll_oneoff(asked, events, 1, &count), count);
    }
    asked[0] = file_at(1, __WASI_EVENTTYPE_FD_READ, UNUSED);
    show("an unused descriptor", events, __wasi_poll_oneoff(asked, events, 1, &count), count);
    asked[0] = clock_at(1, __WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, 0);
    asked[1] = asked[0];
    show("another clock", events, __wasi_poll_oneoff(asked, events, 2, &count), count);
}

int main(int argc, char *argv[]) {
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"descriptors", descriptors},
        {"positions", positions},
        {"directories", directories},
        {"wrong", wrong},
        {"times", times},
        {"polling", polling},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    return 2;
}
