// Fuzzes the globs: input is a pattern, a NUL, and a path. What the matcher says is held against one that
// tries everything, which is slow and plain.

#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "fuzz.h"

#define LONGEST 64

/// Whether a set such as `[a-z]` at `pattern` matches; `*length` is that of the set, 0 where it has no end.
static bool in_set(const char *pattern, char character, size_t *length) {
    size_t at = 1;
    bool negated = pattern[at] == '!' || pattern[at] == '^';
    at += negated;
    bool found = false;
    for (size_t first = at; pattern[at] != ']' || at == first; at++) {
        if (pattern[at] == '\0') {
            *length = 0;
            return false;
        }
        unsigned char low = (unsigned char)pattern[at];
        unsigned char high = low;
        if (pattern[at + 1] == '-' && pattern[at + 2] != ']' && pattern[at + 2] != '\0') {
            high = (unsigned char)pattern[at + 2];
            at += 2;
        }
        found = found || (low <= (unsigned char)character && (unsigned char)character <= high);
    }
    *length = at + 1;
    return found != negated && character != '/';
}

/// What has been tried already and does not match, by the places in pattern and path.
static bool hopeless[LONGEST + 1][LONGEST + 1];

struct texts {
    const char *pattern;
    const char *path;
};

static bool matches(struct texts whole, size_t pattern, size_t path);

/// Whether what follows matches from any of the names on.
static bool matches_names(struct texts whole, size_t rest, size_t path) {
    bool found = matches(whole, rest, path);
    for (size_t at = path; !found && whole.path[at] != '\0'; at++) {
        found = whole.path[at] == '/' && matches(whole, rest, at + 1);
    }
    return found;
}

static bool matches_characters(struct texts whole, size_t rest, size_t path) {
    bool found = matches(whole, rest, path);
    for (size_t at = path; !found && whole.path[at] != '\0' && whole.path[at] != '/'; at++) {
        found = matches(whole, rest, at + 1);
    }
    return found;
}

static bool matches_one(struct texts whole, size_t pattern, size_t path) {
    const char *token = whole.pattern + pattern;
    char character = whole.path[path];
    size_t length = 1;
    bool good = token[0] == character;
    if (token[0] == '?') {
        good = character != '/';
    } else if (token[0] == '\\' && token[1] != '\0') {
        length = 2;
        good = token[1] == character;
    } else if (token[0] == '[') {
        good = in_set(token, character, &length);
        if (length == 0) {
            length = 1;
            good = character == '[';
        }
    }
    return good && character != '\0' && matches(whole, pattern + length, path + 1);
}

static bool matches_anew(struct texts whole, size_t pattern, size_t path) {
    const char *token = whole.pattern + pattern;
    bool begins_name = pattern == 0 || token[-1] == '/';
    if (begins_name && strncmp(token, "**", 2) == 0 && (token[2] == '/' || token[2] == '\0')) {
        return token[2] == '\0' ? whole.path[path] != '\0' : matches_names(whole, pattern + 3, path);
    }
    if (token[0] == '*') {
        return matches_characters(whole, pattern + 1, path);
    }
    return token[0] == '\0' ? whole.path[path] == '\0' : matches_one(whole, pattern, path);
}

static bool matches(struct texts whole, size_t pattern, size_t path) {
    if (hopeless[pattern][path]) {
        return false;
    }
    bool good = matches_anew(whole, pattern, path);
    hopeless[pattern][path] = !good;
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    char pattern[LONGEST + 1] = "";
    char path[LONGEST + 1] = "";
    fuzz_take_string(&input, pattern, sizeof(pattern));
    fuzz_take_string(&input, path, sizeof(path));
    memset(hopeless, 0, sizeof(hopeless));
    const struct texts whole = {.pattern = pattern, .path = path};
    FUZZ_CHECK(mapcp_glob_matches(pattern, path) == matches(whole, 0, 0));

    const char *item = pattern;
    const struct mapcp_options options = {.include = {.items = &item, .count = 1}};
    const struct mapcp_options opposite = {.exclude = {.items = &item, .count = 1}};
    FUZZ_CHECK(mapcp_filter_admits(&options, path, false) != mapcp_filter_admits(&opposite, path, false));
    return 0;
}
