// An ordinary program, for running one from its bytes: does what its arguments say, one after the other.
//
//   args               prints its arguments, the program's name first
//   env NAME           prints an environment variable
//   cat                copies standard input to standard output
//   read PATH          prints a file
//   write PATH TEXT    makes a file
//   warn TEXT          prints to standard error
//   exit STATUS        exits
//   abort, recurse     end it by a trap
//   time, random       ask for what must be granted
//   read-nothing PATH  reads no bytes of a file at once
//   much-random        gets 20 MiB of random bytes at once
//   open COUNT PATH    opens a file so many times, or until that fails, and prints how often it succeeded
//   empty PATH         removes all entries of a directory while it lists them, and prints their number

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

static int copy(FILE *from, FILE *to) {
    char bytes[4096];
    size_t count;
    while ((count = fread(bytes, 1, sizeof bytes, from)) > 0) {
        fwrite(bytes, 1, count, to);
    }
    return ferror(from) || ferror(to) ? 1 : 0;
}

static int read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return 1;
    }
    const int status = copy(file, stdout);
    fclose(file);
    return status;
}

static int write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

static int read_nothing(const char *path) {
    char byte;
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, &byte, 0) != 0 || pread(fd, &byte, 0, 1) != 0) {
        perror(path);
        return 1;
    }
    return close(fd);
}

static int get_much_random(void) {
    enum { SIZE = 20 << 20, PART = 64 };
    unsigned char *bytes = calloc(SIZE, 1);
    if (!bytes || __wasi_random_get(bytes, SIZE) != 0) {
        return 1;
    }
    for (size_t start = PART; start < SIZE; start += PART) {
        if (memcmp(bytes, bytes + start, PART) == 0) {
            return 1;
        }
    }
    free(bytes);
    return 0;
}

static void open_often(int most, const char *path) {
    int count = 0;
    while (count < most && open(path, O_RDONLY) >= 0) {
        count++;
    }
    if (count < most) {
        perror(path);
    }
    printf("%d\n", count);
    fflush(stdout);
}

static int empty(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) {
        perror(path);
        return 1;
    }
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
        }
    }
    printf("%d\n", count);
    return closedir(directory);
}

// More calls than any stack has room for.
static int recurse(int depth) {
    volatile char room[100] = {0};
    return depth == -1 ? 0 : room[0] + recurse(depth + 1) + room[depth & 1];
}

int main(int argc, char *argv[]) {
    int status = 0;
    for (int i = 1; i < argc && status == 0; i++) {
        const char *what = argv[i];
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(what, "args") == 0) {
            for (int j = 0; j < argc; j++) {
                puts(argv[j]);
            }
            return 0;
        }
        if (strcmp(what, "env") == 0) {
            const char *value = getenv(next);
            puts(value ? value : "(none)");
            i++;
        } else if (strcmp(what, "cat") == 0) {
            status = copy(stdin, stdout);
        } else if (strcmp(what, "read") == 0) {
            status = read_file(next);
            i++;
        } else if (strcmp(what, "write") == 0) {
            status = write_file(next, i + 2 < argc ? argv[i + 2] : "");
            i += 2;
        } else if (strcmp(what, "warn") == 0) {
            fprintf(stderr, "%s\n", next);
            i++;
        } else if (strcmp(what, "exit") == 0) {
            fflush(stdout);
            exit(atoi(next));
        } else if (strcmp(what, "abort") == 0) {
            abort();
        } else if (strcmp(what, "recurse") == 0) {
            status = recurse(argc);
        } else if (strcmp(what, "time") == 0) {
            status = time(NULL) > 1600000000 ? 0 : 1;
        } else if (strcmp(what, "random") == 0) {
            unsigned char byte;
            status = getentropy(&byte, 1) == 0 ? 0 : 1;
        } else if (strcmp(what, "read-nothing") == 0) {
            status = read_nothing(next);
            i++;
        } else if (strcmp(what, "open") == 0) {
            open_often(atoi(next), i + 2 < argc ? argv[i + 2] : "");
            i += 2;
        } else if (strcmp(what, "empty") == 0) {
            status = empty(next);
            i++;
        } else if (strcmp(what, "much-random") == 0) {
            status = get_much_random();
        } else {
            fprintf(stderr, "unknown: %s\n", what);
            return 2;
        }
    }
    return status;
}
