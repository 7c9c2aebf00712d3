#include "whole_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parents.h"

#define DIRECTORY (MAPCP_O_SEARCH | O_DIRECTORY | O_CLOEXEC)

static const char NO_NAME[] =
    "with `atomic`, the target needs a name of its own: name the directory, not . or ..";

static const char NOT_REACHABLE[] =
    "with `atomic`, the target is renamed, so the directory that holds it must be in the sandbox";

static const char OLD_NAME_TOO_LONG[] =
    "with `atomic`, the old tree is moved aside under a longer name, and this name has no room for that";

static const char EXISTS[] = "it already exists; to replace it as a whole, use `overwrite=always`";

static const char MADE_MEANWHILE[] = "another process has made it during the copy; copy again";

static const char IS_LINK[] =
    "it is a symbolic link, which `atomic` does not replace; copy to a new name, and then change the link";

static const char SOURCE_INSIDE[] = "the source is in it, and would be removed with it";

static const char OLD_IS_ASIDE[] =
    "the old tree could not get its name back; cleaning the directory of the target gives it back; "
    "until then its name ends in .old. and the target's name";

static const char IMMOVABLE[] =
    "its file system cannot rename this directory, as overlayfs cannot rename a directory of a lower layer, "
    "such as one of a container's image; remove it first, or copy to a new name, or into a volume";

static const char REPLACED[] = "another process has moved or replaced the temporary tree; copy it again";

static const char TARGET_REPLACED[] = "another process has replaced it during the copy; copy again";

/// Sets the target's path and name. Returns false and sets `error` if it has no name of its own.
static bool set_path(struct mapcp_whole_tree *tree, const char *target, struct mapcp_error *error) {
    size_t length = strlen(target);
    while (length > 1 && target[length - 1] == '/') {
        length--;
    }
    tree->path = strndup(target, length);
    if (!tree->path) {
        return mapcp_fail_number(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, ENOMEM);
    }
    tree->name = mapcp_path_name(tree->path);
    return !mapcp_path_enters(tree->path) ||
           mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INVALID_ARGUMENT,
                              NO_NAME);
}

static bool open_parent(struct mapcp_whole_tree *tree, struct mapcp_error *error) {
    const size_t length = (size_t)(tree->name - tree->path);
    char *parent = length > 0 ? strndup(tree->path, length) : strdup(".");
    tree->parent = parent ? open(parent, DIRECTORY) : -1;
    const int number = parent ? errno : ENOMEM;
    free(parent);
    if (tree->parent >= 0) {
        return true;
    }
    // A preopened directory can be reached by its own path even if its parent cannot.
    struct stat status;
    if (stat(tree->path, &status) == 0) {
        mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INVALID_ARGUMENT,
                           NOT_REACHABLE);
    } else {
        mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
    }
    return false;
}

/// Whether the target is the source under another spelling of its name. Some file systems give each spelling
/// an inode number of its own.
static bool is_alias(const struct mapcp_whole_tree *tree, const char *source,
                     const struct stat *source_status, struct mapcp_namer *namer) {
    if (!mapcp_alias_is_name(source, tree->path) || !mapcp_alias_is_possible(&tree->old, source_status)) {
        return false;
    }
    int one = openat(tree->parent, tree->name, DIRECTORY | O_NOFOLLOW);
    int other = open(source, DIRECTORY);
    bool is_same = one >= 0 && other >= 0 && mapcp_alias_is_directory(one, other, namer);
    if (one >= 0) {
        (void)close(one);
    }
    if (other >= 0) {
        (void)close(other);
    }
    return is_same;
}

bool mapcp_whole_tree_decide(struct mapcp_whole_tree *tree, const char *target, const char *source,
                             const struct stat *source_status, const struct mapcp_options *options,
                             struct mapcp_namer *namer, enum mapcp_decision *decision,
                             struct mapcp_error *error) {
    *decision = MAPCP_DECISION_NEW;
    tree->source = *source_status;
    if (!set_path(tree, target, error)) {
        return false;
    }
    if (!open_parent(tree, error)) {
        // A dry run does not make the directory.
        return options->dry_run && options->make_parents && error->code == MAPCP_CODE_NOT_FOUND;
    }
    if (fstatat(tree->parent, tree->name, &tree->old, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT || mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    if (!S_ISDIR(tree->old.st_mode)) {
        return mapcp_fail_because(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_NOT_DIRECTORY,
                                  S_ISLNK(tree->old.st_mode) ? IS_LINK : NULL);
    }
    if (mapcp_is_same_file(&tree->old, source_status) ||
        (!options->dry_run && is_alias(tree, source, source_status, namer))) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_SAME_FILE);
    }
    if (options->overwrite == MAPCP_OVERWRITE_ERROR) {
        return mapcp_fail_because(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS,
                                  EXISTS);
    }
    tree->replaces = options->overwrite == MAPCP_OVERWRITE_ALWAYS;
    if (tree->replaces) {
        tree->held_old = openat(tree->parent, tree->name, DIRECTORY | O_NOFOLLOW);
    }
    *decision = tree->replaces ? MAPCP_DECISION_REPLACE : MAPCP_DECISION_SKIP;
    return true;
}

// --- Inspecting the old tree -------------------------------------------------------------------------------

bool mapcp_whole_tree_inspect(const struct mapcp_whole_tree *tree, struct mapcp_tree *walk,
                              struct mapcp_error *error) {
    const struct mapcp_place old = {.directory = tree->parent, .name = tree->name};
    const struct mapcp_place nowhere = {.directory = MAPCP_NOWHERE, .name = tree->name};
    if (!mapcp_tree_begin_at(walk, old, nowhere, error)) {
        error->side = MAPCP_SIDE_TARGET;
        return false;
    }
    return true;
}

bool mapcp_whole_tree_inspect_next(const struct mapcp_whole_tree *tree, struct mapcp_tree *walk, bool *done,
                                   struct mapcp_error *error) {
    struct mapcp_tree_entry entry;
    // A directory that cannot be listed cannot be removed either, so its error does not matter.
    const enum mapcp_tree_event event = mapcp_tree_next(walk, &entry, error);
    *done = event == MAPCP_TREE_END;
    return event != MAPCP_TREE_ENTERED || !mapcp_is_same_file(entry.status, &tree->source) ||
           mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INTO_ITSELF,
                              SOURCE_INSIDE);
}

// --- The new tree ------------------------------------------------------------------------------------------

/// Opens the root of the new tree, which was just made, to hold it.
static bool hold(struct mapcp_whole_tree *tree, const struct mapcp_tree *walk, struct mapcp_error *error) {
    struct stat held;
    tree->made = *mapcp_tree_target_status(walk);
    tree->is_made = true;
    tree->root = openat(tree->parent, tree->temporary, DIRECTORY | O_NOFOLLOW);
    if (tree->root < 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_TARGET, errno);
    }
    if (fstat(tree->root, &held) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    return mapcp_is_same_file(&held, &tree->made) ||
           mapcp_fail_because(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_TARGET, MAPCP_CODE_SOURCE_CHANGED,
                              REPLACED);
}

bool mapcp_whole_tree_enter(struct mapcp_whole_tree *tree, struct mapcp_tree *walk, struct mapcp_place source,
                            struct mapcp_namer *namer, struct mapcp_error *error) {
    tree->temporary = mapcp_temporary_path_beside(tree->name, namer);
    if (!tree->temporary) {
        return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, errno);
    }
    walk->private_name = tree->temporary;
    const struct mapcp_place target = {.directory = tree->parent, .name = tree->temporary};
    return mapcp_tree_begin_at(walk, source, target, error) && hold(tree, walk, error);
}

// --- The commit --------------------------------------------------------------------------------------------

/// Whether the file with this status has the name `name`.
static bool has_name(const struct mapcp_whole_tree *tree, const char *name, const struct stat *which) {
    struct stat status;
    return fstatat(tree->parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           mapcp_is_same_file(&status, which);
}

static int move(const struct mapcp_whole_tree *tree, const char *from, const char *to) {
    return renameat(tree->parent, from, tree->parent, to) == 0 ? 0 : errno;
}

static void forget(char **name) {
    free(*name);
    *name = NULL;
}

/// Gives the old tree its name back. If that fails, `aside` stays set.
static void restore(struct mapcp_whole_tree *tree) {
    // A host can fail after it has renamed the directory.
    if (tree->aside && (move(tree, tree->aside, tree->name) == 0 || has_name(tree, tree->name, &tree->old))) {
        forget(&tree->aside);
    }
}

/// Moves the old tree aside. Fails if another one has its name now: nothing is known of that one, not even
/// whether the source is in it.
static bool move_aside(struct mapcp_whole_tree *tree, struct mapcp_namer *namer, struct mapcp_error *error) {
    tree->aside = mapcp_aside_path(tree->name, namer);
    if (!tree->aside) {
        return mapcp_fail_number(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, errno);
    }
    const int number = move(tree, tree->name, tree->aside);
    struct stat moved;
    const int looked = fstatat(tree->parent, tree->aside, &moved, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    // A host can fail after it has renamed the directory.
    if (number != 0 && looked != 0) {
        forget(&tree->aside);
    }
    if (number == ENOENT && !tree->aside) {
        // Another process has removed it, so there is nothing to replace.
        return true;
    }
    if (number == ENAMETOOLONG) {
        return mapcp_fail_because(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, MAPCP_CODE_NAME_TOO_LONG,
                                  OLD_NAME_TOO_LONG);
    }
    if (number == EXDEV) {
        return mapcp_fail_because(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, MAPCP_CODE_UNSUPPORTED,
                                  IMMOVABLE);
    }
    if (number != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, number);
    }
    if (looked != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, looked);
    }
    if (!S_ISDIR(moved.st_mode)) {
        return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_NOT_DIRECTORY);
    }
    return mapcp_is_same_file(&moved, &tree->old) ||
           mapcp_fail_because(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS,
                              TARGET_REPLACED);
}

/// Fails because something has taken the target's name, which was free.
static bool fail_as_taken(const struct mapcp_options *options, struct mapcp_error *error) {
    return mapcp_fail_because(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS,
                              options->overwrite == MAPCP_OVERWRITE_ERROR ? EXISTS : MADE_MEANWHILE);
}

/// Makes the target's name free, or fails if it is taken and must stay.
static bool free_name(struct mapcp_whole_tree *tree, const struct mapcp_options *options,
                      struct mapcp_namer *namer, struct mapcp_error *error) {
    struct stat status;
    if (options->overwrite == MAPCP_OVERWRITE_ALWAYS && tree->replaces) {
        return move_aside(tree, namer, error);
    }
    if (fstatat(tree->parent, tree->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return fail_as_taken(options, error);
    }
    return errno == ENOENT || mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
}

/// Gives the new tree its name.
static bool take_name(struct mapcp_whole_tree *tree, const struct mapcp_options *options,
                      struct mapcp_error *error) {
    int number = move(tree, tree->temporary, tree->name);
    if (number == 0 && has_name(tree, tree->name, &tree->made)) {
        return true;
    }
    const bool is_there = has_name(tree, tree->temporary, &tree->made);
    if ((number == ENOENT || number == EINVAL) && is_there) {
        // The file system cannot have the name.
        number = EILSEQ;
    }
    if (!is_there) {
        // Either the rename took place in spite of the error, or something else had the temporary name.
        (void)move(tree, tree->name, tree->temporary);
    }
    if (number == EEXIST || number == ENOTEMPTY) {
        return fail_as_taken(options, error);
    }
    return number != 0 ? mapcp_fail_number(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, number)
                       : mapcp_fail_because(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET,
                                            MAPCP_CODE_SOURCE_CHANGED, REPLACED);
}

bool mapcp_whole_tree_commit(struct mapcp_whole_tree *tree, const struct mapcp_options *options,
                             struct mapcp_namer *namer, struct mapcp_error *error) {
    if (!has_name(tree, tree->temporary, &tree->made)) {
        return mapcp_fail_because(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, MAPCP_CODE_SOURCE_CHANGED,
                                  REPLACED);
    }
    if (!free_name(tree, options, namer, error) || !take_name(tree, options, error)) {
        restore(tree);
        return false;
    }
    forget(&tree->temporary);
    tree->is_committed = true;
    return !options->sync || mapcp_sync_directory(tree->parent) ||
           mapcp_fail_number(error, MAPCP_OPERATION_SYNC, MAPCP_SIDE_TARGET, errno);
}

bool mapcp_whole_tree_discard_old(struct mapcp_whole_tree *tree, struct mapcp_namer *namer,
                                  struct mapcp_error *error) {
    if (!tree->aside) {
        return true;
    }
    // Otherwise `clean` could give the target's name to a tree of which only a part is left.
    tree->temporary = mapcp_temporary_path_beside(tree->name, namer);
    int number = tree->temporary ? move(tree, tree->aside, tree->temporary) : errno;
    if (number != 0) {
        forget(&tree->temporary);
        return mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, number);
    }
    forget(&tree->aside);
    return true;
}

// --- Removing ----------------------------------------------------------------------------------------------

/// Begins to remove the tree that has the temporary name. Returns false if there is none.
static bool begin_removal(struct mapcp_whole_tree *tree) {
    if (!tree->temporary) {
        return false;
    }
    if (!tree->is_made) {
        // The job failed before anything could be in it.
        (void)unlinkat(tree->parent, tree->temporary, AT_REMOVEDIR);
        forget(&tree->temporary);
        return false;
    }
    const struct mapcp_place place = {.directory = tree->parent, .name = tree->temporary};
    mapcp_removal_end(&tree->removal);
    mapcp_removal_begin(&tree->removal, place, tree->temporary,
                        tree->is_committed ? &tree->old : &tree->made);
    tree->is_removing = true;
    return true;
}

bool mapcp_whole_tree_remove_next(struct mapcp_whole_tree *tree) {
    if (!tree->is_removing && !begin_removal(tree)) {
        return false;
    }
    if (mapcp_removal_next(&tree->removal)) {
        return true;
    }
    tree->is_removing = false;
    if (!tree->removal.has_failed) {
        forget(&tree->temporary);
    }
    return false;
}

void mapcp_whole_tree_explain(const struct mapcp_whole_tree *tree, struct mapcp_copy_error *error) {
    if (tree->aside && !tree->is_committed) {
        error->error.because = OLD_IS_ASIDE;
    }
    const char *left = tree->temporary ? tree->temporary : tree->is_committed ? tree->aside : NULL;
    if (left) {
        free(error->leftover);
        error->leftover = mapcp_path_beside(tree->path, left);
    }
}

void mapcp_whole_tree_end(struct mapcp_whole_tree *tree) {
    // If a removal has failed, another one would fail as well.
    while (!tree->removal.has_failed && mapcp_whole_tree_remove_next(tree)) {
    }
    mapcp_removal_end(&tree->removal);
    const int held[] = {tree->parent, tree->root, tree->held_old};
    for (size_t index = 0; index < sizeof(held) / sizeof(*held); index++) {
        if (held[index] >= 0) {
            // It only reached entries, so closing it loses nothing.
            (void)close(held[index]);
        }
    }
    free(tree->path);
    free(tree->temporary);
    free(tree->aside);
    *tree = MAPCP_NO_WHOLE_TREE;
}
