#include "filter.h"

#include <string.h>

#include "glob.h"

/// What patterns are matched against.
struct candidate {
    const char *name;
    /// The path below the source; NULL for the source itself, which has none.
    const char *path;
    bool is_directory;
};

/// Matches a pattern without alternatives. Changes the pattern.
static bool entry_matches(char *pattern, const struct candidate *candidate) {
    const size_t length = strlen(pattern);
    if (length > 1 && pattern[length - 1] == '/') {
        if (!candidate->is_directory) {
            return false;
        }
        pattern[length - 1] = '\0';
    }
    if (!strchr(pattern, '/')) {
        return *pattern != '\0' && mapcp_glob_matches(pattern, candidate->name);
    }
    return candidate->path && mapcp_glob_matches(pattern + (*pattern == '/'), candidate->path);
}

static bool any_matches(struct mapcp_patterns patterns, const struct candidate *candidate) {
    char pattern[MAPCP_LONGEST_PATTERN + 1];
    for (size_t index = 0; index < patterns.count; index++) {
        for (size_t number = 0; mapcp_glob_expand(patterns.items[index], number, pattern); number++) {
            if (entry_matches(pattern, candidate)) {
                return true;
            }
        }
    }
    return false;
}

static bool admits(const struct mapcp_options *options, const struct candidate *candidate) {
    if (any_matches(options->exclude, candidate)) {
        return false;
    }
    return candidate->is_directory || options->include.count == 0 || any_matches(options->include, candidate);
}

bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory) {
    const char *slash = strrchr(path, '/');
    const struct candidate candidate = {
        .name = slash ? slash + 1 : path,
        .path = path,
        .is_directory = is_directory,
    };
    return admits(options, &candidate);
}

bool mapcp_filter_admits_source(const struct mapcp_options *options, char *path, bool is_directory) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    const char end = path[length];
    path[length] = '\0';
    const char *slash = strrchr(path, '/');
    const struct candidate candidate = {.name = slash ? slash + 1 : path, .is_directory = is_directory};
    const bool has_name =
        *candidate.name != '\0' && strcmp(candidate.name, ".") != 0 && strcmp(candidate.name, "..") != 0;
    const bool admitted = !has_name || admits(options, &candidate);
    path[length] = end;
    return admitted;
}

const char *mapcp_filter_fault(const struct mapcp_options *options) {
    const struct mapcp_patterns lists[] = {options->include, options->exclude};
    for (size_t list = 0; list < 2; list++) {
        for (size_t index = 0; index < lists[list].count; index++) {
            const char *fault = mapcp_glob_fault(lists[list].items[index]);
            if (fault) {
                return fault;
            }
        }
    }
    return NULL;
}
