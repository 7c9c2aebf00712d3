#include "guided_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "limits.h"
#include "list.h"
#include "source.h"
#include "tree_frame.h"
#include "tree_names.h"

bool mapcp_guided_walk_go_to(struct mapcp_tree *tree, const char *path, bool is_directory) {
    tree->goal.is_set = mapcp_path_set(&tree->goal.path, path);
    tree->goal.is_directory = is_directory;
    tree->goal.is_known = false;
    return tree->goal.is_set;
}

void mapcp_guided_walk_end(struct mapcp_tree *tree) {
    tree->is_guided = false;
}

// In the functions below, `rest` is the part of the goal's path that is below the top directory.

/// Returns the rest of the goal's path. NULL if the goal is not in the top directory.
static char *rest_of_goal(const struct mapcp_tree *tree) {
    const char *directory = mapcp_tree_path_below(tree);
    const size_t length = strlen(directory);
    char *rest = tree->goal.path.text + length;
    if (strncmp(tree->goal.path.text, directory, length) != 0 ||
        (length > 0 && *rest != '/' && *rest != '\0')) {
        return NULL;
    }
    return rest + (length > 0 && *rest == '/');
}

/// Whether the filters admit the goal and the directories between it and the top one. If the goal's type is
/// unknown, whether they may admit it.
static bool admits_goal(const struct mapcp_tree *tree, char *rest) {
    const struct mapcp_goal *goal = &tree->goal;
    bool admitted = goal->is_known ? mapcp_filter_admits(tree->options, goal->path.text, goal->type == DT_DIR)
                                   : mapcp_filter_may_admit(tree->options, goal->path.text);
    for (char *slash = strchr(rest, '/'); admitted && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        admitted = mapcp_filter_admits(tree->options, goal->path.text, true);
        *slash = '/';
    }
    return admitted;
}

/// The number of names in a path below the source.
static uint64_t names_in(const char *path) {
    uint64_t count = 1;
    for (; *path; path++) {
        count += *path == '/';
    }
    return count;
}

/// Inspects the goal, whose paths are set, and drops it if it must not be copied. On failure returns false
/// and sets `error`.
///
/// The walk does this before it enters a directory on the way to the goal. So a path that cannot be copied
/// creates no directory.
static bool inspect_goal(struct mapcp_tree *tree, char *rest, struct mapcp_error *error) {
    const struct mapcp_options *options = tree->options;
    struct mapcp_goal *goal = &tree->goal;
    const struct mapcp_place place = mapcp_tree_source_place(tree, rest);
    const bool is_in_shard = mapcp_shard_has(options->shard, goal->path.text);
    struct stat status;
    if (!mapcp_limits_allow_listed(options, ++tree->listed, error)) {
        return false;
    }
    // With `recursive`, a directory may contain entries of this shard.
    goal->is_set = is_in_shard || options->recursive;
    if (!goal->is_set) {
        return true;
    }
    goal->is_known = mapcp_stat_source(place, mapcp_tree_follows(tree), &status, error);
    goal->type = goal->is_known ? mapcp_tree_type_of(&status) : DT_UNKNOWN;
    if (goal->type != DT_DIR && !is_in_shard) {
        goal->is_set = false;
        return true;
    }
    const bool is_skipped_link = goal->type == DT_LNK && options->symlinks == MAPCP_SYMLINKS_SKIP;
    if (is_skipped_link || !admits_goal(tree, rest)) {
        goal->is_set = false;
        tree->left_out += is_in_shard;
        return true;
    }
    return goal->is_known && mapcp_limits_allow_depth(options, names_in(goal->path.text), error) &&
           (goal->type == DT_DIR || !goal->is_directory ||
            mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY));
}

/// Enters the directory `name` on the way to the goal, or as the goal itself.
static bool enter_towards_goal(struct mapcp_tree *tree, const char *name, bool is_goal,
                               struct mapcp_error *error) {
    if (!mapcp_tree_push(tree, name, error) || !mapcp_tree_accept_name(tree, name, error) ||
        !mapcp_tree_count_directory(tree, error)) {
        return false;
    }
    if (!mapcp_tree_enter(tree, mapcp_tree_source_place(tree, name), mapcp_tree_target_place(tree, name),
                          error)) {
        mapcp_tree_uncount_directory(tree);
        return false;
    }
    mapcp_tree_guide(tree, !is_goal || !tree->options->recursive);
    return true;
}

/// Takes one step towards the goal. On failure the caller must call fail_goal.
static enum mapcp_tree_step approach_goal(struct mapcp_tree *tree, char *rest, struct mapcp_tree_entry *entry,
                                          struct mapcp_error *error) {
    struct mapcp_goal *goal = &tree->goal;
    if (*rest == '\0') {
        mapcp_tree_top(tree)->listed = !tree->options->recursive;
        goal->is_set = false;
        return MAPCP_TREE_STEP_PASSED;
    }
    if (!mapcp_tree_reopen_top(tree, error)) {
        return MAPCP_TREE_STEP_FAILED;
    }
    if (!goal->is_known) {
        if (!mapcp_tree_push(tree, rest, error) || !inspect_goal(tree, rest, error)) {
            return MAPCP_TREE_STEP_FAILED;
        }
        mapcp_tree_cut(tree);
        return MAPCP_TREE_STEP_PASSED;
    }
    char *slash = strchr(rest, '/');
    if (!slash && goal->type != DT_DIR) {
        if (!mapcp_tree_push(tree, rest, error) || !mapcp_tree_accept_name(tree, rest, error)) {
            return MAPCP_TREE_STEP_FAILED;
        }
        goal->is_set = false;
        mapcp_tree_put_entry(tree, goal->type, rest, entry);
        return MAPCP_TREE_STEP_FOUND;
    }
    if (slash) {
        *slash = '\0';
    }
    const bool good = enter_towards_goal(tree, rest, !slash, error);
    if (slash) {
        *slash = '/';
    }
    goal->is_set = slash != NULL;
    return good ? MAPCP_TREE_STEP_PASSED : MAPCP_TREE_STEP_FAILED;
}

/// Whether a directory between the top one and the goal is a link.
static bool leads_through_link(const struct mapcp_tree *tree, char *rest) {
    const int top = mapcp_listing_descriptor(mapcp_tree_top(tree)->listing);
    struct stat status;
    int directory = top;
    bool found = false;
    char *slash = NULL;
    // Each directory is opened in the one before, because a host walks a path name by name.
    for (char *name = rest; directory >= 0 && !found && (slash = strchr(name, '/')); name = slash + 1) {
        *slash = '\0';
        const int below = openat(directory, name, MAPCP_O_SEARCH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        found = below < 0 && fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISLNK(status.st_mode);
        *slash = '/';
        if (directory != top) {
            (void)close(directory);
        }
        directory = below;
    }
    if (directory >= 0 && directory != top) {
        (void)close(directory);
    }
    return found;
}

/// What is probably wrong with a list that has a path that does not exist. NULL if nothing is known.
static const char *fault_of_list(const char *path, enum mapcp_code code) {
    if (strchr(path, '\n')) {
        return code == MAPCP_CODE_NOT_FOUND ? "no such file or directory; " MAPCP_LIST_HAS_LINES
                                            : "the path is too long; " MAPCP_LIST_HAS_LINES;
    }
    return code == MAPCP_CODE_NOT_FOUND && strncmp(path, "\xef\xbb\xbf", 3) == 0
               ? "no such file or directory; it begins with a byte order mark, so remove that from the list"
               : NULL;
}

/// Gives the goal up after an error. Sets the paths to the goal's, because the error is about it.
static void fail_goal(struct mapcp_tree *tree, char *rest, struct mapcp_error *error) {
    if (error->side == MAPCP_SIDE_SOURCE && !mapcp_tree_follows(tree) && mapcp_tree_top(tree)->listing &&
        leads_through_link(tree, rest)) {
        mapcp_fail_because(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY,
                           "a directory on its path is a symbolic link; follow it, with `symlinks=follow`");
    }
    const bool may_be_list = error->code == MAPCP_CODE_NOT_FOUND || error->code == MAPCP_CODE_NAME_TOO_LONG;
    if (error->side == MAPCP_SIDE_SOURCE && may_be_list && !error->because) {
        error->because = fault_of_list(tree->goal.path.text, error->code);
    }
    tree->goal.is_set = false;
    mapcp_tree_cut(tree);
    if (*rest != '\0') {
        (void)mapcp_tree_push(tree, rest, error);
    }
}

enum mapcp_tree_step mapcp_guided_walk_step(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                            struct mapcp_error *error) {
    if (!tree->is_guided || !mapcp_tree_top(tree)->is_guided) {
        return MAPCP_TREE_STEP_LEAVE;
    }
    if (!tree->goal.is_set) {
        return MAPCP_TREE_STEP_WAITS;
    }
    char *rest = rest_of_goal(tree);
    if (!rest) {
        return MAPCP_TREE_STEP_LEAVE;
    }
    const enum mapcp_tree_step step = approach_goal(tree, rest, entry, error);
    if (step == MAPCP_TREE_STEP_FAILED) {
        fail_goal(tree, rest, error);
    }
    return step;
}
