#include "path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return items;
    }
    // If the product overflowed, the array would be too small.
    if (*capacity > (SIZE_MAX / size - 4) / 2) {
        return NULL;
    }
    size_t larger = 2 * *capacity + 4;
    void *moved = realloc(items, larger * size);
    if (moved) {
        *capacity = larger;
    }
    return moved;
}

/// Makes room for `size` bytes.
static bool reserve(char **text, size_t *capacity, size_t size) {
    if (size <= *capacity) {
        return true;
    }
    if (size > (SIZE_MAX - 64) / 2) {
        return false;
    }
    size_t larger = 2 * size + 64;
    char *moved = realloc(*text, larger);
    if (!moved) {
        return false;
    }
    *text = moved;
    *capacity = larger;
    return true;
}

bool mapcp_path_set(struct mapcp_path *path, const char *text) {
    size_t length = strlen(text);
    if (!reserve(&path->text, &path->capacity, length + 1)) {
        return false;
    }
    memcpy(path->text, text, length + 1);
    path->length = length;
    return true;
}

bool mapcp_path_push(struct mapcp_path *path, const char *name) {
    size_t length = strlen(name);
    if (!reserve(&path->text, &path->capacity, path->length + length + 2)) {
        return false;
    }
    if (path->length > 0 && path->text[path->length - 1] != '/') {
        path->text[path->length++] = '/';
    }
    memcpy(path->text + path->length, name, length + 1);
    path->length += length;
    return true;
}

bool mapcp_path_append(struct mapcp_path *path, const char *bytes, size_t length) {
    if (!reserve(&path->text, &path->capacity, path->length + length + 1)) {
        return false;
    }
    memcpy(path->text + path->length, bytes, length);
    mapcp_path_cut(path, path->length + length);
    return true;
}

void mapcp_path_cut(struct mapcp_path *path, size_t length) {
    path->length = length;
    path->text[length] = '\0';
}

void mapcp_path_free(struct mapcp_path *path) {
    free(path->text);
    *path = (struct mapcp_path){.text = NULL};
}

const char *mapcp_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *mapcp_path_beside(const char *path, const char *name) {
    const size_t directory = (size_t)(mapcp_path_name(path) - path);
    const size_t length = strlen(name);
    char *result = malloc(directory + length + 1);
    if (result) {
        memcpy(result, path, directory);
        memcpy(result + directory, name, length + 1);
    }
    return result;
}

bool mapcp_path_is_ascii(const char *path) {
    const char *name = mapcp_path_name(path);
    while (*name != '\0' && (unsigned char)*name < 0x80) {
        name++;
    }
    return *name == '\0';
}

bool mapcp_path_enters(const char *path) {
    const char *name = mapcp_path_name(path);
    return name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool mapcp_names_push(struct mapcp_names *names, const char *name) {
    size_t size = strlen(name) + 1;
    if (!reserve(&names->text, &names->capacity, names->length + size)) {
        return false;
    }
    memcpy(names->text + names->length, name, size);
    names->length += size;
    return true;
}

const char *mapcp_names_pop(struct mapcp_names *names) {
    if (names->length == 0) {
        return NULL;
    }
    size_t start = names->length - 1;
    while (start > 0 && names->text[start - 1] != '\0') {
        start--;
    }
    names->length = start;
    return names->text + start;
}

const char *mapcp_names_next(const struct mapcp_names *names, const char *name) {
    const char *next = name ? name + strlen(name) + 1 : names->text;
    return next < names->text + names->length ? next : NULL;
}

size_t mapcp_names_count(const struct mapcp_names *names) {
    size_t count = 0;
    for (const char *name = NULL; (name = mapcp_names_next(names, name));) {
        count++;
    }
    return count;
}

void mapcp_names_free(struct mapcp_names *names) {
    free(names->text);
    *names = (struct mapcp_names){.text = NULL};
}
