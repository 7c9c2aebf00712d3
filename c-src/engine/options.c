#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "filter.h"

bool mapcp_patterns_copy(struct mapcp_patterns *result, struct mapcp_patterns from) {
    const char **items = (const char **)calloc(from.count + 1, sizeof(*items));
    *result = (struct mapcp_patterns){.items = items};
    while (items && result->count < from.count &&
           (items[result->count] = strdup(from.items[result->count]))) {
        result->count++;
    }
    return items && result->count == from.count;
}

void mapcp_patterns_free(struct mapcp_patterns *patterns) {
    for (size_t index = 0; index < patterns->count; index++) {
        free((char *)patterns->items[index]);
    }
    free((void *)patterns->items);
    *patterns = (struct mapcp_patterns){.items = NULL};
}

static bool refuse(const char *because, struct mapcp_error *error) {
    return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, MAPCP_CODE_INVALID_ARGUMENT,
                              because);
}

/// Refuses options that cannot be used with a tree that appears as a whole.
static bool accept_atomic(const struct mapcp_options *options, struct mapcp_error *error) {
    if (options->keep_going) {
        return refuse(
            "`atomic` copies a tree as a whole or not at all, so `keep-going` cannot be used with it", error);
    }
    if (options->overwrite == MAPCP_OVERWRITE_NEWER) {
        return refuse("`atomic` replaces a tree as a whole, so `overwrite=newer` cannot be used with it",
                      error);
    }
    return options->shard.count <= 1 ||
           refuse("`atomic` copies a tree as a whole, so `shard` cannot be used with it", error);
}

bool mapcp_options_accept(struct mapcp_options *options, struct mapcp_error *error) {
    if (options->window_size > MAPCP_LARGEST_WINDOW) {
        return refuse("the window is larger than 1 GiB", error);
    }
    const char *pattern = NULL;
    const char *const fault = mapcp_filter_fault(options, &pattern);
    if (fault) {
        (void)refuse(fault, error);
        error->about = pattern;
        return false;
    }
    if (!mapcp_shard_is_valid(options->shard)) {
        return refuse("there is no such shard: n shards are numbered from 0 to n - 1", error);
    }
    if (options->atomic == MAPCP_ATOMICITY_TREE && !accept_atomic(options, error)) {
        return false;
    }
    if (options->shard.count > 1 && (options->max_bytes.is_set || options->max_files.is_set)) {
        return refuse("a limit on all bytes or files cannot be shared among shards; "
                      "limit the size of a file instead, or copy all shards in one job",
                      error);
    }
    const bool has_list = options->input == MAPCP_INPUT_PATHS || options->input == MAPCP_INPUT_LINES;
    if (options->names == MAPCP_NAME_POLICY_PORTABLE && options->shard.count > 1 && has_list) {
        return refuse(
            "names of a list cannot be compared among shards; divide the list by directories, or leave "
            "`shard` out",
            error);
    }
    uint32_t wanted = options->window_size == 0 ? MAPCP_DEFAULT_WINDOW : options->window_size;
    options->window_size = (wanted + MAPCP_PAGE - 1) / MAPCP_PAGE * MAPCP_PAGE;
    return true;
}
