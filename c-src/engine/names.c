#include "names.h"

#include <stdlib.h>
#include <string.h>

bool mapcp_names_push(struct mapcp_names *names, const char *name) {
    size_t length = strlen(name) + 1;
    if (names->length + length > names->capacity) {
        size_t capacity = 2 * (names->length + length);
        char *text = realloc(names->text, capacity);
        if (!text) {
            return false;
        }
        names->text = text;
        names->capacity = capacity;
    }
    memcpy(names->text + names->length, name, length);
    names->length += length;
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
