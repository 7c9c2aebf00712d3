#include "path.h"

#include <stdlib.h>
#include <string.h>

void *mapcp_array_reserve(void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return items;
    }
    size_t larger = 2 * *capacity + 4;
    void *moved = realloc(items, larger * size);
    if (moved) {
        *capacity = larger;
    }
    return moved;
}

static bool reserve(struct mapcp_path *path, size_t length) {
    if (length < path->capacity) {
        return true;
    }
    size_t capacity = 2 * length + 64;
    char *text = realloc(path->text, capacity);
    if (!text) {
        return false;
    }
    path->text = text;
    path->capacity = capacity;
    return true;
}

bool mapcp_path_set(struct mapcp_path *path, const char *text) {
    size_t length = strlen(text);
    if (!reserve(path, length)) {
        return false;
    }
    memcpy(path->text, text, length + 1);
    path->length = length;
    return true;
}

bool mapcp_path_push(struct mapcp_path *path, const char *name) {
    size_t length = strlen(name);
    if (!reserve(path, path->length + 1 + length)) {
        return false;
    }
    if (path->length > 0 && path->text[path->length - 1] != '/') {
        path->text[path->length++] = '/';
    }
    memcpy(path->text + path->length, name, length + 1);
    path->length += length;
    return true;
}

void mapcp_path_cut(struct mapcp_path *path, size_t length) {
    path->length = length;
    path->text[length] = '\0';
}

const char *mapcp_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
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

void mapcp_path_free(struct mapcp_path *path) {
    free(path->text);
    *path = (struct mapcp_path){.text = NULL};
}
