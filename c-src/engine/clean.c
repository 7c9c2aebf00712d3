#include "clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temporary.h"
#include "tree.h"

/// Removes an entry of the walk if it is a temporary file, and notes its path.
static bool clean_entry(const struct mapcp_tree *tree, const struct mapcp_tree_entry *entry,
                        struct mapcp_names *files, struct mapcp_error *error) {
    if (entry->kind == MAPCP_TREE_SPECIAL || !mapcp_is_temporary_name(entry->source.name)) {
        return true;
    }
    if (!tree->options->dry_run && unlinkat(entry->source.directory, entry->source.name, 0) != 0) {
        return errno == ENOENT || mapcp_fail_number(error, MAPCP_REMOVE, MAPCP_SOURCE, errno);
    }
    return mapcp_names_push(files, tree->source->text) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static bool clean_tree(struct mapcp_tree *tree, struct mapcp_names *files, struct mapcp_error *error) {
    if (!mapcp_tree_begin(tree, error)) {
        return false;
    }
    for (;;) {
        struct mapcp_tree_entry entry;
        switch (mapcp_tree_next(tree, &entry, error)) {
        case MAPCP_TREE_ENTERED:
            break;
        case MAPCP_TREE_FOUND:
            if (!clean_entry(tree, &entry, files, error)) {
                return false;
            }
            break;
        case MAPCP_TREE_FAILED:
            // No temporary file has such a name.
            if (error->code == MAPCP_INVALID_NAME && error->operation == MAPCP_INSPECT) {
                break;
            }
            return false;
        default:
            return true;
        }
    }
}

bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_names *files,
                 struct mapcp_problem *problem) {
    const struct mapcp_options options = {.symlinks = MAPCP_PRESERVE_LINKS, .dry_run = dry_run};
    struct mapcp_path source = {.text = NULL};
    struct mapcp_path target = {.text = NULL};
    struct mapcp_tree tree = {
        .purpose = MAPCP_TREE_MEASURE,
        .options = &options,
        .source = &source,
        .target = &target,
    };
    struct mapcp_error error;
    *files = (struct mapcp_names){.text = NULL};
    mapcp_fail_number(&error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
    bool good = mapcp_path_set(&source, directory) && mapcp_path_set(&target, directory) &&
                clean_tree(&tree, files, &error);
    if (!good) {
        const char *path = source.text ? source.text : directory;
        *problem = (struct mapcp_problem){.error = error, .source = strdup(path), .target = strdup(path)};
    }
    mapcp_tree_end(&tree);
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}
