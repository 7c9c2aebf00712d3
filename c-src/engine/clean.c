#include "clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temporary.h"
#include "tree.h"

/// What is done and what failed, of a walk.
struct cleaning {
    struct mapcp_tree tree;
    struct mapcp_names *files;
    struct mapcp_problems *failures;
};

/// What has failed on the entry that the walk is at, or on `directory` before it has begun.
static struct mapcp_problem problem_of(const struct cleaning *cleaning, const char *directory,
                                       const struct mapcp_error *error) {
    const char *path = cleaning->tree.source->text ? cleaning->tree.source->text : directory;
    return (struct mapcp_problem){.error = *error, .source = strdup(path), .target = strdup(path)};
}

/// Notes a failure on the entry that the walk is at. False without memory, and sets `error`.
static bool note(struct cleaning *cleaning, struct mapcp_error *error) {
    struct mapcp_problem problem = problem_of(cleaning, "", error);
    if (problem.source && problem.target && mapcp_problems_add(cleaning->failures, problem)) {
        return true;
    }
    mapcp_problem_free(&problem);
    return mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

/// Removes an entry of the walk if it is a temporary file, and notes its path. False without memory, and sets
/// `error`.
static bool clean_entry(struct cleaning *cleaning, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    if (entry->kind == MAPCP_TREE_SPECIAL || !mapcp_is_temporary_name(entry->source.name)) {
        return true;
    }
    if (!cleaning->tree.options->dry_run && unlinkat(entry->source.directory, entry->source.name, 0) != 0) {
        if (errno == ENOENT) {
            return true;
        }
        mapcp_fail_number(error, MAPCP_REMOVE, MAPCP_SOURCE, errno);
        return note(cleaning, error);
    }
    return mapcp_names_push(cleaning->files, cleaning->tree.source->text) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static bool clean_tree(struct cleaning *cleaning, struct mapcp_error *error) {
    if (!mapcp_tree_begin(&cleaning->tree, error)) {
        return false;
    }
    for (;;) {
        struct mapcp_tree_entry entry;
        switch (mapcp_tree_next(&cleaning->tree, &entry, error)) {
        case MAPCP_TREE_ENTERED:
            break;
        case MAPCP_TREE_FOUND:
            if (!clean_entry(cleaning, &entry, error)) {
                return false;
            }
            break;
        case MAPCP_TREE_FAILED:
            // No temporary file has a name that is not UTF-8.
            if (!(error->code == MAPCP_INVALID_NAME && error->operation == MAPCP_INSPECT) &&
                !note(cleaning, error)) {
                return false;
            }
            break;
        default:
            return true;
        }
    }
}

bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_names *files,
                 struct mapcp_problems *failures, struct mapcp_problem *problem) {
    const struct mapcp_options options = {.symlinks = MAPCP_PRESERVE_LINKS, .dry_run = dry_run};
    struct mapcp_path source = {.text = NULL};
    struct mapcp_path target = {.text = NULL};
    struct cleaning cleaning = {
        .tree =
            {
                .purpose = MAPCP_TREE_MEASURE,
                .options = &options,
                .source = &source,
                .target = &target,
            },
        .files = files,
        .failures = failures,
    };
    struct mapcp_error error;
    *files = (struct mapcp_names){.text = NULL};
    *failures = (struct mapcp_problems){.items = NULL};
    mapcp_fail_number(&error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
    bool good = mapcp_path_set(&source, directory) && mapcp_path_set(&target, directory) &&
                clean_tree(&cleaning, &error);
    if (!good) {
        *problem = problem_of(&cleaning, directory, &error);
    }
    mapcp_tree_end(&cleaning.tree);
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}
