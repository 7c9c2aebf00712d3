#include "tree.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "guided_walk.h"
#include "limits.h"
#include "listing.h"
#include "source.h"
#include "target.h"
#include "tree_frame.h"
#include "tree_names.h"

bool mapcp_tree_begin(struct mapcp_tree *tree, struct mapcp_error *error) {
    const bool has_target = tree->purpose == MAPCP_TREE_COPY || tree->purpose == MAPCP_TREE_DRY_RUN;
    struct mapcp_place source = {.directory = AT_FDCWD, .name = tree->source->text};
    struct mapcp_place target = {
        .directory = has_target ? AT_FDCWD : MAPCP_NOWHERE,
        .name = tree->target->text,
    };
    return mapcp_tree_begin_at(tree, source, target, error);
}

bool mapcp_tree_begin_at(struct mapcp_tree *tree, struct mapcp_place source, struct mapcp_place target,
                         struct mapcp_error *error) {
    tree->root = source;
    if (!mapcp_tree_count_directory(tree, error) || !mapcp_tree_enter(tree, source, target, error)) {
        return false;
    }
    mapcp_tree_guide(tree, tree->is_guided);
    return true;
}

int mapcp_tree_target_root(const struct mapcp_tree *tree) {
    return tree->frames[0].target;
}

const char *mapcp_tree_target_below(const struct mapcp_tree *tree) {
    const char *path = tree->target->text + tree->frames[0].target_length;
    return path + strspn(path, "/");
}

const struct stat *mapcp_tree_source_status(const struct mapcp_tree *tree) {
    return &tree->frames[0].source_status;
}

const struct stat *mapcp_tree_target_status(const struct mapcp_tree *tree) {
    return &tree->frames[0].target_status;
}

// --- Names that are not UTF-8 ------------------------------------------------------------------------------

/// Whether a name is escaped. WASI cannot express a name that is not valid UTF-8, so our host lists it with
/// escapes such as `\xff`, and with a slash at its end.
static bool is_escaped(const char *name) {
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '/';
}

/// The value of a hexadecimal digit.
static int digit_of(char digit) {
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/// The path with its last name unescaped. The caller must free it. NULL if memory runs out.
static char *unescape(const char *path) {
    char *result = strdup(path);
    if (!result) {
        return NULL;
    }
    const char *from = mapcp_path_name(path);
    char *to = result + (from - path);
    while (*from != '\0') {
        const bool is_escape = from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
                               isxdigit((unsigned char)from[3]);
        if (is_escape) {
            *to++ = (char)(16 * digit_of(from[2]) + digit_of(from[3]));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return result;
}

/// Whether the filters admit an entry with an escaped name. A pattern may match it with or without the
/// escapes.
static bool admits_escaped(const struct mapcp_options *options, const char *shown, const char *path,
                           bool is_directory) {
    const struct mapcp_options excluding = {.exclude = options->exclude};
    const struct mapcp_options including = {.include = options->include};
    return mapcp_filter_admits(&excluding, shown, is_directory) &&
           mapcp_filter_admits(&excluding, path, is_directory) &&
           (mapcp_filter_admits(&including, shown, is_directory) ||
            mapcp_filter_admits(&including, path, is_directory));
}

/// Refuses an entry with an escaped name, unless it must be left out anyway. The paths are set, and lose the
/// slash.
static bool refuse_escaped(struct mapcp_tree *tree, unsigned char type, struct mapcp_error *error) {
    const bool is_directory = type == DT_DIR;
    mapcp_path_cut(tree->source, tree->source->length - 1);
    mapcp_path_cut(tree->target, tree->target->length - 1);
    const char *path = mapcp_tree_path_below(tree);
    const bool may_be_directory = is_directory || type == DT_UNKNOWN;
    if ((tree->purpose == MAPCP_TREE_CLEAN && !may_be_directory) ||
        !mapcp_shard_has(tree->options->shard, path)) {
        return true;
    }
    char *unescaped = unescape(path);
    if (!unescaped) {
        return mapcp_out_of_memory(error);
    }
    bool admitted = admits_escaped(tree->options, path, unescaped, is_directory);
    free(unescaped);
    return !admitted ||
           mapcp_fail(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, MAPCP_CODE_INVALID_NAME);
}

// --- Listing -----------------------------------------------------------------------------------------------

/// Finds the type of a listed entry, following it if requested. On failure returns false and sets `error`.
static bool find_type(const struct mapcp_tree *tree, const struct mapcp_listed *entry, unsigned char *type,
                      struct mapcp_error *error) {
    *type = entry->type;
    if (*type != DT_UNKNOWN && !(*type == DT_LNK && mapcp_tree_follows(tree))) {
        return true;
    }
    struct stat status;
    struct mapcp_place place = mapcp_tree_source_place(tree, entry->name);
    if (!mapcp_stat_source(place, mapcp_tree_follows(tree), &status, error)) {
        return false;
    }
    *type = mapcp_tree_type_of(&status);
    return true;
}

/// Whether the filters admit the current entry. If its type is unknown, whether they may admit it.
static bool is_admitted(const struct mapcp_tree *tree, unsigned char type, bool is_known) {
    const char *path = mapcp_tree_path_below(tree);
    return is_known ? mapcp_filter_admits(tree->options, path, type == DT_DIR)
                    : mapcp_filter_may_admit(tree->options, path);
}

/// Decides about an entry that the top directory lists.
static enum mapcp_tree_step take_listed(struct mapcp_tree *tree, const struct mapcp_listed *listed,
                                        struct mapcp_tree_entry *entry, struct mapcp_error *error) {
    unsigned char type = DT_UNKNOWN;
    if (!mapcp_limits_allow_listed(tree->options, ++tree->listed, error)) {
        return MAPCP_TREE_STEP_FAILED;
    }
    if (strcmp(listed->name, ".") == 0 || strcmp(listed->name, "..") == 0) {
        return MAPCP_TREE_STEP_PASSED;
    }
    if (!mapcp_tree_push(tree, listed->name, error)) {
        return MAPCP_TREE_STEP_FAILED;
    }
    if (is_escaped(listed->name)) {
        return refuse_escaped(tree, listed->type, error) ? MAPCP_TREE_STEP_PASSED : MAPCP_TREE_STEP_FAILED;
    }
    bool is_in_shard = mapcp_shard_has(tree->options->shard, mapcp_tree_path_below(tree));
    bool is_known = find_type(tree, listed, &type, error);
    // If it may be a directory, it may contain entries of this shard.
    if (type != DT_DIR && !is_in_shard && (is_known || !mapcp_is_transient(error))) {
        return MAPCP_TREE_STEP_PASSED;
    }
    bool is_skipped_link = type == DT_LNK && tree->options->symlinks == MAPCP_SYMLINKS_SKIP;
    if (is_skipped_link || !is_admitted(tree, type, is_known)) {
        tree->left_out += is_in_shard;
        return MAPCP_TREE_STEP_PASSED;
    }
    if (!is_known || !mapcp_limits_allow_depth(tree->options, tree->depth, error)) {
        return MAPCP_TREE_STEP_FAILED;
    }
    if (type == DT_DIR && tree->private_name && strcmp(listed->name, tree->private_name) == 0) {
        return MAPCP_TREE_STEP_PASSED;
    }
    if (!mapcp_tree_accept_name(tree, listed->name, error)) {
        return MAPCP_TREE_STEP_FAILED;
    }
    if (type == DT_DIR && !(tree->is_entry && tree->is_entry(listed->name))) {
        return mapcp_tree_count_directory(tree, error) &&
                       (mapcp_names_push(&mapcp_tree_top(tree)->pending, listed->name) ||
                        mapcp_out_of_memory(error))
                   ? MAPCP_TREE_STEP_PASSED
                   : MAPCP_TREE_STEP_FAILED;
    }
    mapcp_tree_put_entry(tree, type, listed->name, entry);
    return MAPCP_TREE_STEP_FOUND;
}

/// Lists the next entry of the top directory.
static enum mapcp_tree_step list_next(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                      struct mapcp_error *error) {
    assert(mapcp_tree_top(tree)->listing);
    mapcp_tree_cut(tree);
    struct mapcp_listed listed;
    if (mapcp_listing_next(mapcp_tree_top(tree)->listing, &listed)) {
        return take_listed(tree, &listed, entry, error);
    }
    const int number = errno;
    mapcp_tree_top(tree)->listed = true;
    mapcp_tree_forget_names(mapcp_tree_top(tree));
    return number == 0 || mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, number)
               ? MAPCP_TREE_STEP_PASSED
               : MAPCP_TREE_STEP_FAILED;
}

// --- Walking -----------------------------------------------------------------------------------------------

/// Enters a subdirectory of the top one.
static bool enter_pending(struct mapcp_tree *tree, const char *name, struct mapcp_error *error) {
    if (!mapcp_tree_reopen_top(tree, error)) {
        return false;
    }
    return mapcp_tree_push(tree, name, error) && mapcp_tree_enter(tree, mapcp_tree_source_place(tree, name),
                                                                  mapcp_tree_target_place(tree, name), error);
}

/// Removes the directory that the walk has just left. The source's path is still that of the directory.
static bool remove_left(struct mapcp_tree *tree, struct mapcp_error *error) {
    struct mapcp_place place = tree->root;
    if (tree->depth > 0) {
        if (!mapcp_tree_reopen_top(tree, error)) {
            return false;
        }
        place = mapcp_tree_source_place(tree, mapcp_path_name(tree->source->text));
    }
    return unlinkat(place.directory, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
           mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_SOURCE, errno);
}

/// Takes the next step in the top directory: lists it, enters its subdirectories, or goes on towards the
/// goal.
static enum mapcp_tree_step step(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                 struct mapcp_error *error) {
    if (!mapcp_tree_top(tree)->listed) {
        return list_next(tree, entry, error);
    }
    mapcp_tree_cut(tree);
    const char *name = mapcp_names_pop(&mapcp_tree_top(tree)->pending);
    if (!name) {
        return mapcp_guided_walk_step(tree, entry, error);
    }
    if (!enter_pending(tree, name, error)) {
        mapcp_tree_uncount_directory(tree);
        return MAPCP_TREE_STEP_FAILED;
    }
    return MAPCP_TREE_STEP_PASSED;
}

/// Finishes the top directory, and leaves it.
static bool leave(struct mapcp_tree *tree, struct mapcp_error *error) {
    const bool is_finished = mapcp_tree_finish_top(tree, error);
    mapcp_tree_leave_top(tree);
    return is_finished && (tree->purpose != MAPCP_TREE_REMOVE || remove_left(tree, error));
}

enum mapcp_tree_event mapcp_tree_next(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                      struct mapcp_error *error) {
    while (tree->depth > 0) {
        struct mapcp_tree_frame *top = mapcp_tree_top(tree);
        if (!top->announced) {
            const bool is_in_shard = mapcp_shard_has(tree->options->shard, mapcp_tree_path_below(tree));
            top->announced = true;
            *entry = (struct mapcp_tree_entry){
                .target_is_new = top->target_is_new,
                .status = is_in_shard ? &top->source_status : NULL,
            };
            return MAPCP_TREE_ENTERED;
        }
        switch (step(tree, entry, error)) {
        case MAPCP_TREE_STEP_FOUND:
            return MAPCP_TREE_FOUND;
        case MAPCP_TREE_STEP_FAILED:
            return MAPCP_TREE_FAILED;
        case MAPCP_TREE_STEP_WAITS:
            return MAPCP_TREE_WAITS;
        case MAPCP_TREE_STEP_PASSED:
            return MAPCP_TREE_PASSED;
        case MAPCP_TREE_STEP_LEAVE:
            if (!leave(tree, error)) {
                return MAPCP_TREE_FAILED;
            }
        }
    }
    return MAPCP_TREE_END;
}

void mapcp_tree_end(struct mapcp_tree *tree) {
    while (tree->depth > 0) {
        mapcp_tree_leave_top(tree);
    }
    free(tree->frames);
    mapcp_path_free(&tree->goal.path);
    tree->frames = NULL;
    tree->capacity = 0;
}
