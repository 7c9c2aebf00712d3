#include "tree_names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "limits.h"
#include "listing.h"
#include "names.h"

/// The names in a directory of the source and of the target.
struct mapcp_tree_names {
    struct mapcp_name_set source;
    struct mapcp_name_set target;
};

/// Whether an entry of the top directory, which has the path `path` below the root, is copied. True if its
/// type is unknown and it may be copied.
static bool may_be_copied(const struct mapcp_tree *tree, const struct mapcp_listed *listed,
                          const char *path) {
    const struct mapcp_options *options = tree->options;
    const bool is_link = listed->type == DT_LNK;
    const bool is_unknown = listed->type == DT_UNKNOWN || (is_link && mapcp_tree_follows(tree));
    const bool is_special = !is_unknown && !is_link && listed->type != DT_REG && listed->type != DT_DIR;
    const bool is_dot = strcmp(listed->name, ".") == 0 || strcmp(listed->name, "..") == 0;
    if (is_dot || is_special || (is_link && options->symlinks == MAPCP_SYMLINKS_SKIP) ||
        (tree->private_name && strcmp(listed->name, tree->private_name) == 0)) {
        return false;
    }
    return is_unknown ? mapcp_filter_may_admit(options, path)
                      : mapcp_filter_admits(options, path, listed->type == DT_DIR);
}

/// Adds the names of the top directory's entries that are copied.
static bool add_source(const struct mapcp_tree *tree, struct mapcp_name_set *set, struct mapcp_error *error) {
    const struct mapcp_tree_frame *top = mapcp_tree_top(tree);
    struct mapcp_listing *listing = mapcp_listing_open_at(mapcp_listing_descriptor(top->listing), ".");
    if (!listing) {
        return mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, errno);
    }
    struct mapcp_listed listed;
    struct mapcp_path path = {.text = NULL};
    const char *directory = mapcp_tree_path_below(tree);
    const size_t end = top->source_length;
    const size_t start = (size_t)(directory - tree->source->text);
    const size_t length = end > start ? end - start : 0;
    uint64_t count = tree->listed;
    bool good = mapcp_path_append(&path, directory, length) || mapcp_out_of_memory(error);
    while (good && mapcp_listing_next(listing, &listed)) {
        mapcp_path_cut(&path, length);
        good = mapcp_limits_allow_listed(tree->options, ++count, error) &&
               ((length == 0 ? mapcp_path_append(&path, listed.name, strlen(listed.name))
                             : mapcp_path_push(&path, listed.name)) ||
                mapcp_out_of_memory(error));
        good = good && (!may_be_copied(tree, &listed, path.text) || mapcp_name_set_add(set, listed.name) ||
                        mapcp_out_of_memory(error));
    }
    if (good && errno != 0) {
        good = mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, errno);
    }
    mapcp_listing_close(listing);
    mapcp_path_free(&path);
    return good;
}

static void free_names(struct mapcp_tree_names *names) {
    mapcp_name_set_free(&names->source);
    mapcp_name_set_free(&names->target);
    free(names);
}

/// Reads the names of the top directory. A directory that the copy has made has only names of the source's.
static struct mapcp_tree_names *read_names(const struct mapcp_tree *tree, struct mapcp_error *error) {
    const struct mapcp_tree_frame *top = mapcp_tree_top(tree);
    struct mapcp_tree_names *names = calloc(1, sizeof(*names));
    if (!names) {
        (void)mapcp_out_of_memory(error);
        return NULL;
    }
    names->source.rule = MAPCP_NAMES_SMALLEST;
    const bool reads_target = top->has_target && (top->is_guided || !top->target_is_new);
    const int number = reads_target ? mapcp_name_set_add_directory(&names->target, top->target, ".") : 0;
    bool good = number == 0 || mapcp_names_fail_unread(error, number);
    good = good && (top->is_guided || add_source(tree, &names->source, error));
    if (!good) {
        free_names(names);
        return NULL;
    }
    return names;
}

bool mapcp_tree_accept_name(const struct mapcp_tree *tree, const char *name, struct mapcp_error *error) {
    struct mapcp_tree_frame *top = mapcp_tree_top(tree);
    const bool copies = tree->purpose == MAPCP_TREE_COPY || tree->purpose == MAPCP_TREE_DRY_RUN;
    if (!copies || tree->options->names != MAPCP_NAME_POLICY_PORTABLE) {
        return true;
    }
    if (!top->names) {
        top->names = read_names(tree, error);
    }
    return top->names && mapcp_names_accept(name, &top->names->target, &top->names->source, error) &&
           (!top->is_guided || mapcp_name_set_add(&top->names->target, name) || mapcp_out_of_memory(error));
}

void mapcp_tree_forget_names(struct mapcp_tree_frame *frame) {
    if (frame->names) {
        free_names(frame->names);
        frame->names = NULL;
    }
}
