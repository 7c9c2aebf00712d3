#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __wasi__
#include <wasi/libc-find-relpath.h>
#endif

#include "target.h"

// The maximum number of directories that each level of remove_made holds open.
#define MOST_PARTS 16

#define DIRECTORY (MAPCP_O_SEARCH | O_DIRECTORY | O_CLOEXEC)

// --- Parts of the path -------------------------------------------------------------------------------------

/// The end of the name at `start`.
static size_t end_of(const struct mapcp_way *way, size_t start) {
    return start + strcspn(way->path + start, "/");
}

/// The start of the name after the one at `start`.
static size_t start_after(const struct mapcp_way *way, size_t start) {
    const size_t end = end_of(way, start);
    return end + strspn(way->path + end, "/");
}

static bool is_last(const struct mapcp_way *way, size_t start) {
    // A slash at the end belongs to the last name.
    return way->path[start_after(way, start)] == '\0';
}

/// Whether the name at `start` is "." or "..".
static bool is_dots(const struct mapcp_way *way, size_t start) {
    const size_t length = end_of(way, start) - start;
    return length <= 2 && strncmp(way->path + start, "..", length) == 0;
}

/// A cut in the path, which ends there until put_back undoes it.
struct part {
    char *end;
    char after;
};

static struct part cut_at(const struct mapcp_way *way, size_t end) {
    const struct part part = {.end = way->path + end, .after = way->path[end]};
    *part.end = '\0';
    return part;
}

static void put_back(struct part part) {
    const int number = errno;
    *part.end = part.after;
    errno = number;
}

/// Opens the directory at the path between two offsets, relative to an open directory that it begins in.
static int open_between(const struct mapcp_way *way, int directory, size_t from, size_t to) {
    const struct part part = cut_at(way, to);
    const int opened = openat(directory, from == to ? "." : way->path + from, DIRECTORY);
    put_back(part);
    return opened;
}

// --- Walking -----------------------------------------------------------------------------------------------

/// Goes into an open directory, whose path ends before `next`.
static void enter(struct mapcp_way *way, int directory, size_t next) {
    mapcp_way_close(way);
    way->directory = directory;
    way->from = next;
    way->next = next;
}

/// Opens the first directory, and sets `next`. Returns -1 with errno set on failure.
static int open_first(struct mapcp_way *way) {
#ifdef __wasi__
    const char *preopen = NULL;
    char *rest = NULL;
    const int directory = __wasilibc_find_relpath(way->path, &preopen, &rest, 0);
    if (directory < 0) {
        return -1;
    }
    const size_t length = strlen(way->path);
    const size_t left = strlen(rest);
    // The rest of the preopen's own path is ".", which need not be a part of it.
    const bool is_part = left <= length && strcmp(way->path + length - left, rest) == 0;
    way->next = is_part ? length - left : length;
    way->is_preopen = true;
    return directory;
#else
    way->next = strspn(way->path, "/");
    return open(way->next > 0 ? "/" : ".", DIRECTORY);
#endif
}

bool mapcp_way_begin(struct mapcp_way *way, const char *path, bool seeks_above) {
    *way = MAPCP_NO_WAY;
    way->seeks_above = seeks_above;
    way->path = strdup(path);
    if (!way->path) {
        return false;
    }
    way->directory = open_first(way);
    way->from = way->next;
    way->number = way->directory < 0 ? errno : 0;
    return true;
}

/// Passes an open or known directory. If it was not reached by its name in the one before, those above it are
/// next.
static enum mapcp_way_event pass(struct mapcp_way *way, bool is_elsewhere) {
    way->is_elsewhere = is_elsewhere;
    way->elsewhere = is_elsewhere ? way->next : way->elsewhere;
    if (is_elsewhere && way->seeks_above) {
        const struct part part = cut_at(way, way->next);
        const bool good = mapcp_path_set(&way->above, way->next == 0 ? "." : way->path);
        put_back(part);
        if (!good) {
            way->number = ENOMEM;
            return MAPCP_WAY_FAILED;
        }
    }
    return MAPCP_WAY_PASSED;
}

static enum mapcp_way_event stop(struct mapcp_way *way, int number) {
    way->number = number;
    return number == ENOENT ? MAPCP_WAY_MISSING : MAPCP_WAY_FAILED;
}

/// Passes the directory that was entered. Only a walk that seeks those above needs its status.
static enum mapcp_way_event pass_entered(struct mapcp_way *way, bool is_elsewhere) {
    // Not fstat, because some hosts refuse it for a preopen.
    const bool good = !way->seeks_above || fstatat(way->directory, ".", &way->status, 0) == 0;
    return good ? pass(way, is_elsewhere) : stop(way, errno);
}

/// Goes up by "..", which is right for links on the way, until the root of the sandbox.
static bool go_up(struct mapcp_way *way) {
    const struct stat below = way->status;
    const bool is_higher = mapcp_path_push(&way->above, "..") && stat(way->above.text, &way->status) == 0 &&
                           !mapcp_is_same_file(&below, &way->status);
    if (!is_higher) {
        mapcp_path_cut(&way->above, 0);
    }
    return is_higher;
}

/// Goes to the next directory, which cannot be opened by its name in the one before. The host refuses that
/// for ".." and for links that lead further up. It may also refuse to open what it lets a path lead through.
static enum mapcp_way_event go_by_path(struct mapcp_way *way) {
    const size_t end = end_of(way, way->next);
    const size_t next = start_after(way, way->next);
    const struct part part = cut_at(way, end);
    const int opened = open(way->path, DIRECTORY);
    const int status = opened >= 0 ? fstat(opened, &way->status)
                                   : fstatat(way->directory, way->path + way->from, &way->status, 0);
    const int number = status == 0 && !S_ISDIR(way->status.st_mode) ? ENOTDIR : errno;
    put_back(part);
    if (opened >= 0) {
        enter(way, opened, next);
    }
    if (status != 0 || !S_ISDIR(way->status.st_mode)) {
        return stop(way, number);
    }
    way->next = next;
    return pass(way, true);
}

enum mapcp_way_event mapcp_way_next(struct mapcp_way *way) {
    if (way->directory < 0) {
        return stop(way, way->number);
    }
    if (way->above.length > 0 && go_up(way)) {
        return pass(way, false);
    }
    if (!way->has_begun) {
        way->has_begun = true;
        return pass_entered(way, true);
    }
    if (is_last(way, way->next)) {
        return MAPCP_WAY_END;
    }
    const size_t next = start_after(way, way->next);
    const struct part part = cut_at(way, end_of(way, way->next));
    const char *const name = way->path + way->from;
    if (strcmp(name, ".") == 0) {
        put_back(part);
        way->from = next;
        way->next = next;
        return pass(way, false);
    }
    const int opened = mapcp_path_enters(name) ? -1 : openat(way->directory, name, DIRECTORY | O_NOFOLLOW);
    const int number = opened < 0 && !mapcp_path_enters(name) ? errno : 0;
    put_back(part);
    if (opened < 0) {
        return number == ENOENT ? stop(way, number) : go_by_path(way);
    }
    enter(way, opened, next);
    return pass_entered(way, false);
}

size_t mapcp_way_left(const struct mapcp_way *way) {
    size_t count = 0;
    for (size_t at = way->next; !is_last(way, at); at = start_after(way, at)) {
        count += !is_dots(way, at);
    }
    return count;
}

bool mapcp_way_has_dots(const struct mapcp_way *way) {
    bool has_dots = false;
    for (size_t at = way->next; !has_dots && way->path[at] != '\0'; at = start_after(way, at)) {
        has_dots = is_dots(way, at);
    }
    return has_dots;
}

bool mapcp_way_leads_to_directory(const struct mapcp_way *way) {
    const char *const rest = way->path + way->from;
    struct stat status;
    // A link can lead to a directory, but the target is the link.
    const int flags = mapcp_path_enters(way->path) ? 0 : AT_SYMLINK_NOFOLLOW;
    return way->directory >= 0 && is_last(way, way->next) &&
           fstatat(way->directory, *rest == '\0' ? "." : rest, &status, flags) == 0 &&
           S_ISDIR(status.st_mode);
}

struct mapcp_listing *mapcp_way_list(struct mapcp_way *way) {
    if (way->directory < 0) {
        errno = way->number;
        return NULL;
    }
    const struct part part = cut_at(way, way->next);
    struct mapcp_listing *listing =
        mapcp_listing_open_at(way->directory, way->from == way->next ? "." : way->path + way->from);
    put_back(part);
    return listing;
}

// --- Making ------------------------------------------------------------------------------------------------

static bool fail(struct mapcp_error *error, int number) {
    return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

bool mapcp_way_make(struct mapcp_way *way, struct mapcp_error *error) {
    size_t *made = mapcp_array_reserve(way->made, way->made_count, &way->made_capacity, sizeof(*made));
    way->made = made ? made : way->made;
    if (!made) {
        return fail(error, ENOMEM);
    }
    // A link that leads nowhere has the name, or another process has removed the directory.
    if (way->directory < 0 || way->tried == way->next + 1) {
        return fail(error, ENOENT);
    }
    const struct part part = cut_at(way, end_of(way, way->next));
    const bool is_made = mkdirat(way->directory, way->path + way->from, 0777) == 0;
    const int number = is_made ? 0 : errno;
    put_back(part);
    way->tried = way->next + 1;
    if (is_made) {
        way->made[way->made_count++] = way->next;
    }
    return is_made || number == EEXIST || fail(error, number);
}

void mapcp_way_close(struct mapcp_way *way) {
    if (way->directory >= 0 && !way->is_preopen) {
        // It only reached entries, so closing it loses nothing.
        (void)close(way->directory);
    }
    way->directory = -1;
    way->is_preopen = false;
}

/// Removes the directories that were made, from the one at index `first` to the one before `last`, and begins
/// with the deepest. The host walks the whole path to each.
static void remove_by_path(const struct mapcp_way *way, size_t first, size_t last) {
    for (size_t index = last; index > first; index--) {
        const struct part part = cut_at(way, end_of(way, way->made[index - 1]));
        (void)unlinkat(AT_FDCWD, way->path, AT_REMOVEDIR);
        put_back(part);
    }
}

/// As remove_by_path, for any number of directories. `directory` holds the first of them. Divides them into
/// parts, so that only a few are open at a time and the host walks each name only a few times.
static void remove_made(const struct mapcp_way *way, int directory, size_t first, size_t last) {
    const size_t *made = way->made;
    const size_t parts = last - first < MOST_PARTS ? last - first : MOST_PARTS;
    size_t starts[MOST_PARTS + 1] = {first};
    int held[MOST_PARTS] = {directory};
    if (last - first == 1) {
        const struct part part = cut_at(way, end_of(way, made[first]));
        // A directory that is not empty is in use, so it stays.
        (void)unlinkat(directory, way->path + made[first], AT_REMOVEDIR);
        put_back(part);
        return;
    }
    for (size_t part = 1; part < parts; part++) {
        starts[part] = first + (last - first) * part / parts;
        const int above = held[part - 1];
        held[part] = above < 0 ? -1 : open_between(way, above, made[starts[part - 1]], made[starts[part]]);
        if (held[part] < 0) {
            // A ".." in the path can lead out of the directory.
            held[part] = open_between(way, AT_FDCWD, 0, made[starts[part]]);
        }
    }
    starts[parts] = last;
    for (size_t part = parts; part > 0; part--) {
        if (held[part - 1] < 0) {
            // It may only be searched, or no descriptor is left.
            remove_by_path(way, starts[part - 1], starts[part]);
            continue;
        }
        remove_made(way, held[part - 1], starts[part - 1], starts[part]);
        if (part > 1) {
            (void)close(held[part - 1]);
        }
    }
}

void mapcp_way_undo(struct mapcp_way *way) {
    mapcp_way_close(way);
    const int directory = way->made_count > 0 ? open_between(way, AT_FDCWD, 0, way->made[0]) : -1;
    if (directory >= 0) {
        remove_made(way, directory, 0, way->made_count);
        (void)close(directory);
    } else {
        remove_by_path(way, 0, way->made_count);
    }
    way->made_count = 0;
}

void mapcp_way_end(struct mapcp_way *way) {
    mapcp_way_close(way);
    mapcp_path_free(&way->above);
    free(way->path);
    free(way->made);
    *way = MAPCP_NO_WAY;
}
