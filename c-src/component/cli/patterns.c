#include "patterns.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

/// Whether a source has an entry that is called as a pattern begins. Without memory it may have one.
static bool has_first_name(const char *source, const char *pattern) {
    struct stat status;
    const char *name = pattern + (*pattern == '/');
    const size_t length = strcspn(name, "/");
    char *path = malloc(strlen(source) + 1 + length + 1);
    if (!path) {
        return true;
    }
    (void)sprintf(path, "%s/%.*s", source, (int)length, name);
    const bool has = lstat(path, &status) == 0;
    free(path);
    return has;
}

/// What is left of a pattern that begins with the path of a source; NULL if it does not, or may match.
static const char *rest_below(const char *source, const char *pattern) {
    const char *path = source;
    while (path[0] == '.' && path[1] == '/') {
        path += 2 + strspn(path + 2, "/");
    }
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    const char *text = pattern + (*pattern == '/' && *path != '/');
    const bool is_below =
        length > 0 && strncmp(text, path, length) == 0 && text[length] == '/' && text[length + 1];
    return is_below && !has_first_name(source, pattern) ? text + length : NULL;
}

static void warn(const char *source, struct mapcp_patterns patterns) {
    for (size_t index = 0; index < patterns.count; index++) {
        const char *rest = rest_below(source, patterns.items[index]);
        if (rest) {
            fputs("mapcp: warning: the pattern ", stderr);
            mapcp_put_quoted(stderr, patterns.items[index]);
            fputs(" matches nothing in ", stderr);
            mapcp_put_quoted(stderr, source);
            fputs(": it is about paths below that, so write ", stderr);
            mapcp_put_quoted(stderr, rest);
            fputc('\n', stderr);
        }
    }
}

void mapcp_warn_of_patterns(const struct mapcp_flags *flags, const char *const *sources, size_t count) {
    for (size_t index = 0; !flags->quiet && index < count; index++) {
        warn(sources[index], flags->options.include);
        warn(sources[index], flags->options.exclude);
    }
}
