#include "filter.h"

#include <stdlib.h>
#include <string.h>

/// Matches one character against a set such as `[a-z]`, whose bracket is at `*pattern`; moves it behind the
/// set.
static bool set_matches(const char **pattern, char character) {
    const char *at = *pattern + 1;
    bool negated = *at == '!' || *at == '^';
    at += negated;
    bool matches = false;
    // A bracket that comes first is a member.
    for (const char *first = at; *at != '\0' && (at == first || *at != ']'); at++) {
        if (at[1] == '-' && at[2] != '\0' && at[2] != ']') {
            matches |= (unsigned char)at[0] <= (unsigned char)character &&
                       (unsigned char)character <= (unsigned char)at[2];
            at += 2;
        } else {
            matches |= *at == character;
        }
    }
    if (*at == '\0') {
        // A set without an end is no set but a bracket.
        *pattern += 1;
        return character == '[';
    }
    *pattern = at + 1;
    return matches != negated && character != '/';
}

/// Matches one character, other than an asterisk, of the pattern; moves the pattern on where it matches.
static bool one_matches(const char **pattern, char character) {
    const char *at = *pattern;
    bool matches = false;
    if (*at == '[') {
        matches = set_matches(&at, character);
    } else if (*at == '?') {
        matches = character != '/';
        at++;
    } else {
        at += *at == '\\' && at[1] != '\0';
        matches = *at == character && *at != '\0';
        at++;
    }
    if (matches) {
        *pattern = at;
    }
    return matches;
}

/// Where the pattern and the path are taken up again when what follows an asterisk does not match.
struct retry {
    const char *pattern;
    const char *path;
    /// Whether it is of a name `**`, which goes on name by name.
    bool whole_names;
};

static bool try_again(struct retry *retry, const char **pattern, const char **path) {
    if (!retry->pattern) {
        return false;
    }
    if (retry->whole_names) {
        const char *slash = strchr(retry->path, '/');
        if (!slash) {
            return false;
        }
        retry->path = slash + 1;
    } else {
        if (*retry->path == '\0' || *retry->path == '/') {
            return false;
        }
        retry->path++;
    }
    *pattern = retry->pattern;
    *path = retry->path;
    return true;
}

/// Whether a name `**` begins here; `before` is what precedes it in the pattern.
static bool is_any_names(const char *start, const char *pattern) {
    return pattern[0] == '*' && pattern[1] == '*' && (pattern == start || pattern[-1] == '/') &&
           (pattern[2] == '/' || pattern[2] == '\0');
}

bool mapcp_glob_matches(const char *pattern, const char *path) {
    const char *start = pattern;
    struct retry names = {.whole_names = true};
    struct retry characters = {.whole_names = false};
    for (;;) {
        if (is_any_names(start, pattern)) {
            if (pattern[2] == '\0') {
                return *path != '\0';
            }
            pattern += 3;
            names.pattern = pattern;
            names.path = path;
            characters.pattern = NULL;
        } else if (*pattern == '*') {
            characters.pattern = ++pattern;
            characters.path = path;
        } else if (*pattern == '\0' && *path == '\0') {
            return true;
        } else if (*path != '\0' && one_matches(&pattern, *path)) {
            path++;
        } else if (!try_again(&characters, &pattern, &path)) {
            characters.pattern = NULL;
            if (!try_again(&names, &pattern, &path)) {
                return false;
            }
        }
    }
}

static bool entry_matches(const char *given, const char *path, bool is_directory) {
    char pattern[4096];
    size_t length = strlen(given);
    if (length == 0 || length >= sizeof(pattern)) {
        return false;
    }
    memcpy(pattern, given, length + 1);
    if (length > 1 && pattern[length - 1] == '/') {
        if (!is_directory) {
            return false;
        }
        pattern[length - 1] = '\0';
    }
    if (!strchr(pattern, '/')) {
        const char *slash = strrchr(path, '/');
        return mapcp_glob_matches(pattern, slash ? slash + 1 : path);
    }
    return mapcp_glob_matches(pattern[0] == '/' ? pattern + 1 : pattern, path);
}

static bool any_matches(struct mapcp_patterns patterns, const char *path, bool is_directory) {
    for (size_t index = 0; index < patterns.count; index++) {
        if (entry_matches(patterns.items[index], path, is_directory)) {
            return true;
        }
    }
    return false;
}

bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory) {
    if (any_matches(options->exclude, path, is_directory)) {
        return false;
    }
    return is_directory || options->include.count == 0 || any_matches(options->include, path, is_directory);
}
