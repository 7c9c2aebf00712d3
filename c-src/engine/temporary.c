#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "times.h"

#define PREFIX ".mapcp-"
#define SUFFIX ".tmp"
#define ASIDE ".old."
// An é as one character, and as an e with an accent.
#define COMPOSED "\xc3\xa9"
#define DECOMPOSED "e\xcc\x81"
#define DIGITS 16
// Two names of 64 random bits never collide by chance. More tries help if somebody made the name on purpose.
#define TRIES 3

static const char hexadecimal[] = "0123456789abcdef";

/// Sets the number of the next name. The first is random, and each further one is larger by a large odd
/// number. Returns 0 or the errno value.
static int next_number(struct mapcp_namer *namer, uint64_t *number) {
    if (!namer->seeded) {
        if (getentropy(&namer->next, sizeof(namer->next)) != 0) {
            return errno;
        }
        namer->seeded = true;
    }
    namer->next += UINT64_C(0x9e3779b97f4a7c15);
    *number = namer->next;
    return 0;
}

/// The path of something beside `target` whose name ends in `suffix`, in which the caller must fill in
/// `*digits`. NULL if memory runs out.
static char *path_with(const char *target, const char *suffix, char **digits) {
    size_t directory = (size_t)(mapcp_path_name(target) - target);
    char *path = malloc(directory + sizeof(PREFIX) + DIGITS + strlen(suffix));
    if (path) {
        memcpy(path, target, directory);
        memcpy(path + directory, PREFIX, sizeof(PREFIX) - 1);
        *digits = path + directory + sizeof(PREFIX) - 1;
        memcpy(*digits + DIGITS, suffix, strlen(suffix) + 1);
    }
    return path;
}

/// The same for a temporary name.
static char *path_beside(const char *target, char **digits) {
    return path_with(target, mapcp_path_is_ascii(target) ? SUFFIX : COMPOSED SUFFIX, digits);
}

/// Writes the next number into `digits`. Returns 0 or the errno value.
static int fill_in(char *digits, struct mapcp_namer *namer) {
    uint64_t number = 0;
    int result = next_number(namer, &number);
    for (int digit = 0; digit < DIGITS; digit++) {
        digits[digit] = hexadecimal[(number >> (4 * digit)) & 0xf];
    }
    return result;
}

/// Creates a link if there is a text, and a file otherwise. Returns 0 or the errno value.
static int create_once(struct mapcp_temporary *temporary, const char *text) {
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    if (!text) {
        temporary->descriptor = openat(temporary->directory, temporary->name, flags, 0666);
    }
    bool good =
        text ? symlinkat(text, temporary->directory, temporary->name) == 0 : temporary->descriptor >= 0;
    int number = good ? 0 : errno;
    // A host can fail after it has created the file. No other file has this name, unless the error says so.
    if (number != 0 && number != EEXIST) {
        (void)unlinkat(temporary->directory, temporary->name, 0);
    }
    return number;
}

/// Begins a file or link beside the target, which has no times yet.
static void begin(struct mapcp_temporary *temporary, struct mapcp_place target) {
    temporary->directory = target.directory;
    temporary->times_refused = 0;
    temporary->has_other_time = false;
}

static int create(struct mapcp_temporary *temporary, struct mapcp_place target, const char *text,
                  struct mapcp_namer *namer) {
    char *digits = NULL;
    begin(temporary, target);
    temporary->name = path_beside(target.name, &digits);
    if (!temporary->name) {
        return ENOMEM;
    }
    int result = EEXIST;
    for (int try = 0; try < TRIES && result == EEXIST; try++) {
        result = fill_in(digits, namer);
        result = result ? result : create_once(temporary, text);
    }
    if (result) {
        mapcp_temporary_forget(temporary);
    }
    return result;
}

int mapcp_temporary_create(struct mapcp_temporary *temporary, struct mapcp_place target,
                           struct mapcp_namer *namer) {
    return create(temporary, target, NULL, namer);
}

int mapcp_temporary_link(struct mapcp_temporary *temporary, struct mapcp_place target, const char *text,
                         struct mapcp_namer *namer) {
    return create(temporary, target, text, namer);
}

/// Creates a link if there is a text, and a file otherwise, under the target's own name.
static int create_in_place(struct mapcp_temporary *temporary, struct mapcp_place target, const char *text) {
    begin(temporary, target);
    temporary->name = strdup(target.name);
    int result = temporary->name ? create_once(temporary, text) : ENOMEM;
    if (result) {
        mapcp_temporary_forget(temporary);
    }
    return result;
}

int mapcp_temporary_create_in_place(struct mapcp_temporary *temporary, struct mapcp_place target) {
    return create_in_place(temporary, target, NULL);
}

int mapcp_temporary_link_in_place(struct mapcp_temporary *temporary, struct mapcp_place target,
                                  const char *text) {
    return create_in_place(temporary, target, text);
}

int mapcp_temporary_hard_link(struct mapcp_temporary *temporary, struct mapcp_place target, bool in_place,
                              struct mapcp_place from, struct mapcp_namer *namer) {
    begin(temporary, target);
    temporary->is_hard_link = true;
    temporary->name = in_place ? strdup(target.name) : mapcp_temporary_path_beside(target.name, namer);
    if (!temporary->name) {
        return errno;
    }
    if (linkat(from.directory, from.name, temporary->directory, temporary->name, 0) == 0) {
        return 0;
    }
    const int number = errno;
    if (number != EEXIST) {
        // A host can fail after it has created the name, which no other file has.
        (void)unlinkat(temporary->directory, temporary->name, 0);
    }
    mapcp_temporary_forget(temporary);
    return number;
}

/// Finds out whether the file or link got a time other than its source's.
static bool compare_time(struct mapcp_temporary *temporary, const struct timespec *source,
                         struct mapcp_error *error) {
    struct stat status;
    if ((temporary->descriptor >= 0
             ? fstat(temporary->descriptor, &status)
             : fstatat(temporary->directory, temporary->name, &status, AT_SYMLINK_NOFOLLOW)) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    temporary->has_other_time = mapcp_is_other_time(status.st_mtim, source);
    return true;
}

bool mapcp_temporary_set_times(struct mapcp_temporary *temporary, const struct stat *source,
                               struct mapcp_error *error) {
    const struct timespec times[2] = {source->st_atim, source->st_mtim};
    const bool is_open = temporary->descriptor >= 0;
    if ((is_open ? futimens(temporary->descriptor, times)
                 : utimensat(temporary->directory, temporary->name, times, AT_SYMLINK_NOFOLLOW)) != 0) {
        const int number = errno;
        (void)mapcp_fail_number(error, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, number);
        temporary->times_refused = mapcp_times_are_refused(error) ? number : 0;
        return temporary->times_refused != 0;
    }
    if (!compare_time(temporary, &source->st_mtim, error)) {
        return false;
    }
    // preview2-shim 0.26 sets wrong times by a descriptor and the right ones by a name.
    return !temporary->has_other_time || !is_open ||
           utimensat(temporary->directory, temporary->name, times, AT_SYMLINK_NOFOLLOW) != 0 ||
           compare_time(temporary, &source->st_mtim, error);
}

int mapcp_temporary_close(struct mapcp_temporary *temporary) {
    int descriptor = temporary->descriptor;
    temporary->descriptor = -1;
    return descriptor >= 0 && close(descriptor) != 0 ? errno : 0;
}

int mapcp_temporary_rename(struct mapcp_temporary *temporary, struct mapcp_place target) {
    if (renameat(temporary->directory, temporary->name, target.directory, target.name) != 0) {
        return errno;
    }
    if (temporary->is_hard_link && unlinkat(temporary->directory, temporary->name, 0) != 0 &&
        errno != ENOENT) {
        return errno;
    }
    mapcp_temporary_forget(temporary);
    return 0;
}

bool mapcp_lacks_hard_links(int number) {
    switch (number) {
    case EPERM:
#ifdef ENOTCAPABLE
    case ENOTCAPABLE:
#endif
    case ENOSYS:
    case ENOTSUP:
#if EOPNOTSUPP != ENOTSUP
    case EOPNOTSUPP:
#endif
    case EMLINK:
        return true;
    default:
        return false;
    }
}

int mapcp_temporary_take_free_name(struct mapcp_temporary *temporary, struct mapcp_place target) {
    if (linkat(temporary->directory, temporary->name, target.directory, target.name, 0) == 0) {
        if (unlinkat(temporary->directory, temporary->name, 0) != 0 && errno != ENOENT) {
            return errno;
        }
        mapcp_temporary_forget(temporary);
        return 0;
    }
    if (!mapcp_lacks_hard_links(errno)) {
        return errno;
    }
    // An empty file could reserve the name until the rename. But if the process were killed, it would stay.
    struct stat status;
    if (fstatat(target.directory, target.name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return EEXIST;
    }
    return errno == ENOENT ? mapcp_temporary_rename(temporary, target) : errno;
}

/// Changes the spelling of a temporary name at the end of a path. Returns false if there is no other
/// spelling.
static bool respell(char *path, enum mapcp_spelling spelling) {
    char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (spelling == MAPCP_SPELLING_CASE) {
        for (char *letter = name; *letter != '\0'; letter++) {
            *letter = (char)(*letter >= 'a' && *letter <= 'z' ? *letter - 'a' + 'A' : *letter);
        }
        return true;
    }
    char *mark = name + sizeof(PREFIX) - 1 + DIGITS;
    if (memcmp(mark, COMPOSED, sizeof(COMPOSED) - 1) != 0) {
        return false;
    }
    memcpy(mark, DECOMPOSED SUFFIX, sizeof(DECOMPOSED SUFFIX));
    return true;
}

enum mapcp_spellings mapcp_temporary_spellings(const struct mapcp_temporary *temporary,
                                               enum mapcp_spelling spelling) {
    enum mapcp_spellings spellings = MAPCP_SPELLINGS_UNKNOWN;
    size_t length = strlen(temporary->name);
    char *other = malloc(length + sizeof(DECOMPOSED));
    if (other) {
        struct stat status;
        memcpy(other, temporary->name, length + 1);
        if (respell(other, spelling)) {
            bool is_there = fstatat(temporary->directory, other, &status, AT_SYMLINK_NOFOLLOW) == 0;
            spellings = is_there          ? MAPCP_SPELLINGS_MEET
                        : errno == ENOENT ? MAPCP_SPELLINGS_DIFFER
                                          : MAPCP_SPELLINGS_UNKNOWN;
        }
    }
    free(other);
    return spellings;
}

bool mapcp_temporary_is_there(const struct mapcp_temporary *temporary) {
    struct stat status;
    return fstatat(temporary->directory, temporary->name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool mapcp_temporary_discard(struct mapcp_temporary *temporary) {
    // The content is discarded, so an error from close does not matter.
    (void)mapcp_temporary_close(temporary);
    if (temporary->name && unlinkat(temporary->directory, temporary->name, 0) != 0 && errno != ENOENT) {
        return false;
    }
    mapcp_temporary_forget(temporary);
    return true;
}

void mapcp_temporary_drop(struct mapcp_temporary *temporary) {
    if (!mapcp_temporary_discard(temporary)) {
        mapcp_temporary_forget(temporary);
    }
}

void mapcp_temporary_forget(struct mapcp_temporary *temporary) {
    free(temporary->name);
    temporary->name = NULL;
    temporary->is_hard_link = false;
}

/// Fills in the digits of a path. Frees it and returns NULL with errno set if that fails.
static char *finish_path(char *path, char *digits, struct mapcp_namer *namer) {
    int number = path ? fill_in(digits, namer) : ENOMEM;
    if (number != 0) {
        free(path);
        errno = number;
        return NULL;
    }
    return path;
}

char *mapcp_temporary_path_beside(const char *target, struct mapcp_namer *namer) {
    char *digits = NULL;
    char *path = path_beside(target, &digits);
    return finish_path(path, digits, namer);
}

char *mapcp_aside_path(const char *target, struct mapcp_namer *namer) {
    const char *name = mapcp_path_name(target);
    char *digits = NULL;
    char *path = NULL;
    char *suffix = malloc(sizeof(ASIDE) + strlen(name));
    if (suffix) {
        memcpy(suffix, ASIDE, sizeof(ASIDE) - 1);
        memcpy(suffix + sizeof(ASIDE) - 1, name, strlen(name) + 1);
        path = path_with(target, suffix, &digits);
    }
    free(suffix);
    return finish_path(path, digits, namer);
}

/// The part of a name after the digits. NULL if the name does not begin with our prefix and digits.
static const char *after_digits(const char *name) {
    const size_t prefix = sizeof(PREFIX) - 1;
    const bool is_ours = strncmp(name, PREFIX, prefix) == 0 && strspn(name + prefix, hexadecimal) >= DIGITS;
    return is_ours ? name + prefix + DIGITS : NULL;
}

static bool is_end(char character) {
    return character == '\0' || character == '/';
}

/// Whether `suffix` is the rest of a name.
static bool is_rest(const char *name, const char *suffix) {
    const size_t length = strlen(suffix);
    return strncmp(name, suffix, length) == 0 && is_end(name[length]);
}

bool mapcp_is_temporary_name(const char *name) {
    // The file system may have changed the form of the é.
    const char *end = after_digits(name);
    return end && (is_rest(end, SUFFIX) || is_rest(end, COMPOSED SUFFIX) || is_rest(end, DECOMPOSED SUFFIX));
}

const char *mapcp_name_before_aside(const char *name) {
    const size_t length = sizeof(ASIDE) - 1;
    const char *end = after_digits(name);
    return end && strncmp(end, ASIDE, length) == 0 && !is_end(end[length]) ? end + length : NULL;
}

bool mapcp_is_unfinished_name(const char *name) {
    return mapcp_is_temporary_name(name) || mapcp_name_before_aside(name);
}

bool mapcp_fail_unfinished(enum mapcp_side side, struct mapcp_error *error) {
    return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, side, MAPCP_CODE_INVALID_ARGUMENT,
                              "only unfinished copies have such a name, and cleaning removes them");
}

bool mapcp_refuse_unfinished_names(const char *path, enum mapcp_side side, struct mapcp_error *error) {
    while (*path != '\0') {
        if (mapcp_is_unfinished_name(path)) {
            return mapcp_fail_unfinished(side, error);
        }
        path += strcspn(path, "/");
        path += strspn(path, "/");
    }
    return true;
}

bool mapcp_temporary_can_be_made(struct mapcp_place target, struct mapcp_namer *namer) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    if (mapcp_temporary_create(&temporary, target, namer) != 0) {
        return false;
    }
    mapcp_temporary_drop(&temporary);
    return true;
}

bool mapcp_fail_to_create(struct mapcp_place target, struct mapcp_namer *namer, int number,
                          struct mapcp_error *error) {
    const bool may_be_name = number == ENOENT || number == EINVAL;
    const bool is_name = may_be_name && mapcp_temporary_can_be_made(target, namer);
    return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, is_name ? EILSEQ : number);
}
