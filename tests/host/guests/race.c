// Makes every kind of call on names that another process swaps, for as many rounds as its argument says.
// Prints how often each call had each result, as lines `CALL: RESULT COUNT`. The calls are those of
// race.test.ts.

#include "errors.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RESULTS = 16 };

static const char *escape = "ESCAPE";

static const char *result(bool good) {
    const char *name = error_name(errno);
    return good ? "ok" : name ? name : strerror(errno);
}

static const char *result_inside(bool inside) {
    return inside ? "ok" : escape;
}

static const char *read_from(const char *path) {
    char bytes[8] = {0};
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return result(false);
    }
    ssize_t count = pread(file, bytes, sizeof(bytes) - 1, 0);
    close(file);
    return result_inside(count == 4 && strcmp(bytes, "fine") == 0);
}

static const char *size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? result_inside(status.st_size == 4) : result(false);
}

static const char *write_to(const char *path, int flags) {
    int file = open(path, O_WRONLY | flags, 0666);
    if (file < 0) {
        return result(false);
    }
    ssize_t count = write(file, "fine", 4);
    close(file);
    return result_inside(count == 4);
}

static const char *read_inside(void) {
    return read_from("/dir/secret");
}

static const char *read_file(void) {
    return read_from("/file");
}

static const char *stat_inside(void) {
    return size_of("/dir/secret");
}

static const char *stat_file(void) {
    return size_of("/file");
}

static const char *list(void) {
    DIR *directory = opendir("/dir");
    if (!directory) {
        return result(false);
    }
    bool inside = false;
    for (struct dirent *entry; (entry = readdir(directory));) {
        inside = inside || strcmp(entry->d_name, "inside") == 0;
    }
    closedir(directory);
    return result_inside(inside);
}

static const char *read_link(void) {
    char target[8] = {0};
    ssize_t length = readlink("/dir/pointer", target, sizeof(target) - 1);
    return length < 0 ? result(false) : result_inside(strcmp(target, "inside") == 0);
}

static const char *create(void) {
    unlink("/dir/new");
    return write_to("/dir/new", O_CREAT);
}

static const char *truncate_file(void) {
    return write_to("/file", O_TRUNC);
}

static const char *set_times(void) {
    return result(utimensat(AT_FDCWD, "/dir/secret", NULL, 0) == 0);
}

static const char *unlink_inside(void) {
    close(open("/dir/kept", O_CREAT | O_WRONLY, 0666));
    return result(unlink("/dir/kept") == 0);
}

static const char *make_directory(void) {
    rmdir("/dir/made");
    return result(mkdir("/dir/made", 0777) == 0);
}

static const char *remove_directory(void) {
    mkdir("/dir/empty", 0777);
    return result(rmdir("/dir/empty") == 0);
}

static const char *make_symbolic(void) {
    unlink("/dir/symbolic");
    return result(symlink("x", "/dir/symbolic") == 0);
}

static const char *link_out(void) {
    unlink("/linked");
    return result(link("/dir/secret", "/linked") == 0);
}

static const char *link_in(void) {
    unlink("/dir/linked");
    return result(link("/anchor", "/dir/linked") == 0);
}

static const char *rename_out(void) {
    return result(rename("/dir/moving", "/moving") == 0);
}

static const char *rename_in(void) {
    return result(rename("/moving", "/dir/moving") == 0);
}

static const char *open_pipe(void) {
    return read_from("/pipe");
}

static const char *look_and_open_pipe(void) {
    struct stat status;
    stat("/pipe", &status);
    return read_from("/pipe");
}

static const char *write_pipe(void) {
    return write_to("/pipe", 0);
}

static const char *truncate_pipe(void) {
    return write_to("/pipe", O_TRUNC);
}

static const struct {
    const char *name;
    const char *(*make)(void);
} calls[] = {
    {"read", read_inside},
    {"read a file", read_file},
    {"stat", stat_inside},
    {"stat a file", stat_file},
    {"list", list},
    {"read a link", read_link},
    {"create", create},
    {"truncate", truncate_file},
    {"set times", set_times},
    {"unlink", unlink_inside},
    {"mkdir", make_directory},
    {"rmdir", remove_directory},
    {"symlink", make_symbolic},
    {"link out", link_out},
    {"link in", link_in},
    {"rename out", rename_out},
    {"rename in", rename_in},
    {"open a pipe", open_pipe},
    {"look at a pipe and open it", look_and_open_pipe},
    {"write to a pipe", write_pipe},
    {"truncate a pipe", truncate_pipe},
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static struct {
    const char *result;
    long count;
} seen[CALLS][RESULTS];

static void count_result(size_t call, const char *result) {
    size_t i = 0;
    while (i < RESULTS - 1 && seen[call][i].result && strcmp(seen[call][i].result, result) != 0) {
        i++;
    }
    seen[call][i].result = result;
    seen[call][i].count++;
}

int main(int count, char **arguments) {
    long rounds = count > 1 ? strtol(arguments[1], NULL, 10) : 0;
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < CALLS; i++) {
            count_result(i, calls[i].make());
        }
    }
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t k = 0; k < RESULTS && seen[i][k].result; k++) {
            printf("%s: %s %ld\n", calls[i].name, seen[i][k].result, seen[i][k].count);
        }
    }
    return 0;
}
