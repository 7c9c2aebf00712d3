#include "values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

/// The place of a value among choices, which a NULL ends; -1 where it is none of them.
static int place_of(const char *value, const char *const *choices) {
    for (int place = 0; choices[place]; place++) {
        if (strcmp(value, choices[place]) == 0) {
            return place;
        }
    }
    return -1;
}

const char *mapcp_take_symlinks(struct mapcp_flags *flags, const char *value) {
    static const char *const choices[] = {"preserve", "follow", "skip", NULL};
    const int place = place_of(value, choices);
    flags->options.symlinks = (enum mapcp_symlinks)place;
    return place < 0 ? "Allowed choices are preserve, follow, skip." : NULL;
}

const char *mapcp_take_overwrite(struct mapcp_flags *flags, const char *value) {
    static const char *const choices[] = {"always", "never", "newer", "error", NULL};
    const int place = place_of(value, choices);
    flags->options.overwrite = (enum mapcp_overwrite)place;
    return place < 0 ? "Allowed choices are always, never, newer, error." : NULL;
}

const char *mapcp_take_sparse(struct mapcp_flags *flags, const char *value) {
    static const char *const choices[] = {"auto", "always", "never", NULL};
    const int place = place_of(value, choices);
    flags->options.sparse = (enum mapcp_sparse)place;
    return place < 0 ? "Allowed choices are auto, always, never." : NULL;
}

/// Reads a whole number that ends at `end`; false where there is none, or one that is too large.
static bool read_number(const char *text, char end, uint32_t *number) {
    const size_t digits = strspn(text, "0123456789");
    const unsigned long long value = strtoull(text, NULL, 10);
    *number = (uint32_t)value;
    return digits > 0 && text[digits] == end && value <= UINT32_MAX;
}

const char *mapcp_take_shard(struct mapcp_flags *flags, const char *value) {
    struct mapcp_shard *shard = &flags->options.shard;
    const char *slash = strchr(value, '/');
    const bool good = slash && read_number(value, '/', &shard->index) &&
                      read_number(slash + 1, '\0', &shard->count) && shard->index < shard->count;
    return good ? NULL : "It is I/N with I from 0 to N - 1.";
}

const char *mapcp_take_window_size(struct mapcp_flags *flags, const char *value) {
    static const char units[] = "KMG";
    const char *end = value + strspn(value, "0123456789");
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    uint32_t number = 0;
    const bool is_number = read_number(value, *end, &number) && (*end == '\0' || (unit && end[1] == '\0'));
    const uint64_t size = (uint64_t)number << (unit ? 10 * (unit - units + 1) : 0);
    flags->options.window_size = (uint32_t)size;
    return is_number && size > 0 && size <= MAPCP_LARGEST_WINDOW
               ? NULL
               : "A size is from 1 to 1G bytes, such as 65536, 64K or 4M.";
}

static const char *add_pattern(struct mapcp_patterns *patterns, const char *pattern) {
    ((const char **)patterns->items)[patterns->count++] = pattern;
    return mapcp_glob_fault(pattern);
}

const char *mapcp_take_include(struct mapcp_flags *flags, const char *value) {
    return add_pattern(&flags->options.include, value);
}

const char *mapcp_take_exclude(struct mapcp_flags *flags, const char *value) {
    return add_pattern(&flags->options.exclude, value);
}

const char *mapcp_take_target_directory(struct mapcp_flags *flags, const char *value) {
    const bool is_second = flags->target_directory != NULL;
    flags->target_directory = value;
    return is_second ? "There can be only one." : NULL;
}
