#include "removal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "target.h"

/// Keeps the first error.
static void note(struct mapcp_removal *removal, const struct mapcp_error *error) {
    if (!removal->has_failed) {
        removal->has_failed = true;
        removal->error = *error;
        // WASI cannot name an entry that is not UTF-8, so it cannot be removed.
        removal->error.side = error->code == MAPCP_CODE_INVALID_NAME ? MAPCP_SIDE_SOURCE : MAPCP_SIDE_TARGET;
        // If memory runs out, the path is that of the whole tree.
        (void)mapcp_path_set(&removal->failed, removal->source.text ? removal->source.text : "");
    }
}

void mapcp_removal_begin(struct mapcp_removal *removal, struct mapcp_place place, const char *path,
                         const struct stat *which) {
    const struct mapcp_place nowhere = {.directory = MAPCP_NOWHERE, .name = path};
    struct mapcp_error error;
    *removal = (struct mapcp_removal){
        .options = {.symlinks = MAPCP_SYMLINKS_PRESERVE},
        .tree = {.purpose = MAPCP_TREE_REMOVE},
    };
    removal->tree.options = &removal->options;
    removal->tree.source = &removal->source;
    removal->tree.target = &removal->target;
    if (!mapcp_path_set(&removal->source, path) || !mapcp_path_set(&removal->target, path)) {
        (void)mapcp_fail_number(&error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, ENOMEM);
        note(removal, &error);
        return;
    }
    struct stat status;
    if (fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
        return;
    }
    if (!mapcp_tree_begin_at(&removal->tree, place, nowhere, &error)) {
        note(removal, &error);
    } else if (which && !mapcp_is_same_file(which, mapcp_tree_source_status(&removal->tree))) {
        // Another directory has its name, and is not ours to remove.
        (void)mapcp_fail_number(&error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, ENOENT);
        note(removal, &error);
        mapcp_tree_end(&removal->tree);
    }
}

bool mapcp_removal_next(struct mapcp_removal *removal) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    switch (mapcp_tree_next(&removal->tree, &entry, &error)) {
    case MAPCP_TREE_ENTERED:
    case MAPCP_TREE_PASSED:
        return true;
    case MAPCP_TREE_FOUND:
        if (unlinkat(entry.source.directory, entry.source.name, 0) != 0 && errno != ENOENT) {
            (void)mapcp_fail_number(&error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, errno);
            note(removal, &error);
        }
        return true;
    case MAPCP_TREE_FAILED:
        note(removal, &error);
        return true;
    default:
        return false;
    }
}

void mapcp_removal_end(struct mapcp_removal *removal) {
    mapcp_tree_end(&removal->tree);
    mapcp_path_free(&removal->source);
    mapcp_path_free(&removal->target);
    mapcp_path_free(&removal->failed);
}

bool mapcp_remove_tree(struct mapcp_place place, const char *path, const struct stat *which,
                       struct mapcp_path *failed, struct mapcp_error *error) {
    struct mapcp_removal removal;
    mapcp_removal_begin(&removal, place, path, which);
    while (mapcp_removal_next(&removal)) {
    }
    *failed = removal.failed;
    removal.failed = (struct mapcp_path){.text = NULL};
    mapcp_removal_end(&removal);
    *error = removal.error;
    return !removal.has_failed;
}
