#include "copies.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool is_link(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/// The directory `path`, by a name that is not a link's: a copy does not go through a link that has its name.
/// To be freed by the caller; NULL without memory.
static char *enter(const char *path) {
    if (!is_link(path)) {
        return strdup(path);
    }
    size_t length = strlen(path);
    char *entered = malloc(length + sizeof("/."));
    if (entered) {
        memcpy(entered, path, length);
        memcpy(entered + length, "/.", sizeof("/."));
    }
    return entered;
}

/// The last name of a path, without slashes behind it, and its length.
static const char *last_name(const char *path, size_t *length) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    *length = end - start;
    return path + start;
}

/// Whether a path ends in a name that it can have in another directory: "." and ".." are none.
static bool has_name(const char *path) {
    size_t length = 0;
    const char *name = last_name(path, &length);
    return length > 2 || (length > 0 && memcmp(name, "..", length) != 0);
}

/// The source's name in the directory `target`. A source without a name of its own goes, as in cp, into the
/// directory itself, and nothing beside it. To be freed by the caller; NULL without memory.
static char *target_in(const char *source, const char *target) {
    if (!has_name(source)) {
        return enter(target);
    }
    size_t name_length = 0;
    const char *name = last_name(source, &name_length);
    size_t length = strlen(target);
    while (length > 0 && target[length - 1] == '/') {
        length--;
    }
    char *path = malloc(length + 1 + name_length + 1);
    if (path) {
        memcpy(path, target, length);
        path[length] = '/';
        memcpy(path + length + 1, name, name_length);
        path[length + 1 + name_length] = '\0';
    }
    return path;
}

bool mapcp_copies_new(struct mapcp_copies *copies, const char *const *sources, size_t count,
                      const char *target, bool is_into_directory) {
    *copies = (struct mapcp_copies){.items = calloc(count, sizeof(*copies->items))};
    bool good = copies->items != NULL;
    for (size_t index = 0; good && index < count; index++) {
        const char *source = sources[index];
        struct mapcp_copy *copy = &copies->items[copies->count++];
        copy->source = source;
        copy->target = is_into_directory ? target_in(source, target) : strdup(target);
        good = copy->target != NULL;
    }
    return good;
}

/// Whether a name is one and the same to a file system only if it is spelled the same, but for the case of
/// letters. Some normalise others than those of ASCII, leave out dots and spaces at the end, or have short
/// names with a tilde for long ones.
static bool is_plain(const char *name) {
    const size_t length = strlen(name);
    bool plain = length > 0 && name[length - 1] != '.' && name[length - 1] != ' ';
    for (const char *at = name; plain && *at; at++) {
        plain = (unsigned char)*at < 0x80 && *at != '~';
    }
    return plain;
}

static int compare_names(const void *one, const void *other) {
    return strcasecmp(*(const char *const *)one, *(const char *const *)other);
}

bool mapcp_copies_may_meet(const struct mapcp_copies *copies) {
    if (copies->count < 2) {
        return false;
    }
    const char **names = calloc(copies->count, sizeof(*names));
    bool may_meet = names == NULL;
    for (size_t index = 0; !may_meet && index < copies->count; index++) {
        const struct mapcp_copy *copy = &copies->items[index];
        may_meet = !has_name(copy->source);
        if (!may_meet) {
            // Several copies all go into a directory.
            names[index] = strrchr(copy->target, '/') + 1;
            may_meet = !is_plain(names[index]);
        }
    }
    if (!may_meet) {
        qsort((void *)names, copies->count, sizeof(*names), compare_names);
    }
    for (size_t index = 1; !may_meet && index < copies->count; index++) {
        may_meet = strcasecmp(names[index - 1], names[index]) == 0;
    }
    free((void *)names);
    return may_meet;
}

void mapcp_copies_free(struct mapcp_copies *copies) {
    for (size_t index = 0; index < copies->count; index++) {
        free(copies->items[index].target);
    }
    free(copies->items);
    *copies = (struct mapcp_copies){.items = NULL};
}
