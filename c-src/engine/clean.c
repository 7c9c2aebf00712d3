#include "clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temporary.h"
#include "tree.h"

struct cleaning {
    struct mapcp_tree tree;
    struct mapcp_names *files;
    struct mapcp_copy_errors *errors;
};

static bool out_of_memory(struct mapcp_error *error) {
    return mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, ENOMEM);
}

/// An error about the entry that the walk is at, or about `directory` if the walk has not started.
static struct mapcp_copy_error error_at(const struct cleaning *cleaning, const char *directory,
                                        const struct mapcp_error *error) {
    const char *path = cleaning->tree.source->text ? cleaning->tree.source->text : directory;
    return (struct mapcp_copy_error){.error = *error, .source = strdup(path), .target = strdup(path)};
}

/// Reports an error about the entry that the walk is at. Returns false and sets `error` if memory runs out.
static bool report(struct cleaning *cleaning, struct mapcp_error *error) {
    return mapcp_copy_errors_add(cleaning->errors, error_at(cleaning, "", error)) || out_of_memory(error);
}

/// Removes an entry of the walk if it is a temporary file, and reports its path. Returns false and sets
/// `error` if memory runs out.
static bool clean_entry(struct cleaning *cleaning, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    if (entry->kind == MAPCP_TREE_SPECIAL || !mapcp_is_temporary_name(entry->source.name)) {
        return true;
    }
    if (!cleaning->tree.options->dry_run && unlinkat(entry->source.directory, entry->source.name, 0) != 0) {
        if (errno == ENOENT) {
            return true;
        }
        mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_SOURCE, errno);
        return report(cleaning, error);
    }
    return mapcp_names_push(cleaning->files, cleaning->tree.source->text) || out_of_memory(error);
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
            if (!(error->code == MAPCP_CODE_INVALID_NAME && error->operation == MAPCP_OPERATION_INSPECT) &&
                !report(cleaning, error)) {
                return false;
            }
            break;
        default:
            return true;
        }
    }
}

bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_names *files,
                 struct mapcp_copy_errors *errors, struct mapcp_copy_error *error) {
    const struct mapcp_options options = {.symlinks = MAPCP_SYMLINKS_PRESERVE, .dry_run = dry_run};
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
        .errors = errors,
    };
    struct mapcp_error cause;
    *files = (struct mapcp_names){.text = NULL};
    *errors = (struct mapcp_copy_errors){.items = NULL};
    out_of_memory(&cause);
    bool good = mapcp_path_set(&source, directory) && mapcp_path_set(&target, directory) &&
                clean_tree(&cleaning, &cause);
    if (!good) {
        *error = error_at(&cleaning, directory, &cause);
    }
    mapcp_tree_end(&cleaning.tree);
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}
