#include "tree_frame.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "parents.h"
#include "source.h"
#include "target.h"
#include "tree_names.h"

// How many directories, counted from the deepest, always stay open on each side: a power of two. See
// stays_open.
#define NEAREST 8

// --- Paths and places --------------------------------------------------------------------------------------

bool mapcp_tree_follows(const struct mapcp_tree *tree) {
    return tree->options->symlinks == MAPCP_SYMLINKS_FOLLOW;
}

bool mapcp_tree_push(struct mapcp_tree *tree, const char *name, struct mapcp_error *error) {
    return (mapcp_path_push(tree->source, name) && mapcp_path_push(tree->target, name)) ||
           mapcp_out_of_memory(error);
}

void mapcp_tree_cut(struct mapcp_tree *tree) {
    mapcp_path_cut(tree->source, mapcp_tree_top(tree)->source_length);
    mapcp_path_cut(tree->target, mapcp_tree_top(tree)->target_length);
}

const char *mapcp_tree_path_below(const struct mapcp_tree *tree) {
    size_t root = tree->frames[0].source_length;
    const char *path = tree->source->text + root;
    return *path == '/' ? path + 1 : path;
}

/// The place of the source `name`, whose path is `path`, in the directory of `frame`.
///
/// If links are followed, it is the path. A link may lead out of its directory and stay in the sandbox, but
/// the host refuses that relative to the directory's descriptor.
static struct mapcp_place source_place(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                                       const char *name, const char *path) {
    assert(frame->listing);
    int directory = mapcp_listing_descriptor(frame->listing);
    assert(directory >= 0);
    return mapcp_tree_follows(tree) ? (struct mapcp_place){.directory = AT_FDCWD, .name = path}
                                    : (struct mapcp_place){.directory = directory, .name = name};
}

static struct mapcp_place target_place(const struct mapcp_tree_frame *frame, const char *name) {
    return (struct mapcp_place){.directory = frame->target, .name = name};
}

struct mapcp_place mapcp_tree_source_place(const struct mapcp_tree *tree, const char *name) {
    return source_place(tree, mapcp_tree_top(tree), name, tree->source->text);
}

struct mapcp_place mapcp_tree_target_place(const struct mapcp_tree *tree, const char *name) {
    return target_place(mapcp_tree_top(tree), name);
}

unsigned char mapcp_tree_type_of(const struct stat *status) {
    return S_ISDIR(status->st_mode)   ? DT_DIR
           : S_ISREG(status->st_mode) ? DT_REG
           : S_ISLNK(status->st_mode) ? DT_LNK
                                      : DT_UNKNOWN;
}

void mapcp_tree_put_entry(const struct mapcp_tree *tree, unsigned char type, const char *name,
                          struct mapcp_tree_entry *entry) {
    *entry = (struct mapcp_tree_entry){
        .kind = type == DT_REG   ? MAPCP_TREE_FILE
                : type == DT_LNK ? MAPCP_TREE_LINK
                : type == DT_DIR ? MAPCP_TREE_DIRECTORY
                                 : MAPCP_TREE_SPECIAL,
        .source = mapcp_tree_source_place(tree, name),
        .target = mapcp_tree_target_place(tree, name),
        .target_is_new = mapcp_tree_top(tree)->siblings.is_new,
        .siblings = mapcp_tree_siblings(tree),
        .keeping = &tree->frames[mapcp_tree_top(tree)->keeper].keeping,
    };
}

// --- Names in the target -----------------------------------------------------------------------------------

/// Whether every name of the target must be new. A list can lead to a directory that exists already.
static bool is_exclusive(const struct mapcp_tree *tree) {
    return tree->private_name && !tree->is_guided;
}

struct mapcp_siblings *mapcp_tree_siblings(const struct mapcp_tree *tree) {
    // In a private tree, an exclusive call gives each name, and finds out whether it is taken.
    return tree->purpose == MAPCP_TREE_COPY && tree->depth > 0 && !is_exclusive(tree)
               ? &mapcp_tree_top(tree)->siblings
               : NULL;
}

bool mapcp_tree_has_twin(struct mapcp_tree *tree, bool is_taken) {
    struct mapcp_siblings *siblings = mapcp_tree_siblings(tree);
    return siblings &&
           mapcp_siblings_have_twin(
               siblings, &(struct mapcp_twin_search){
                             .is_taken = is_taken,
                             .source = mapcp_listing_descriptor(mapcp_tree_top(tree)->listing),
                             .path = mapcp_tree_path_below(tree),
                             .target = mapcp_tree_target_place(tree, mapcp_path_name(tree->target->text)),
                             .options = tree->options,
                             .namer = tree->namer,
                         });
}

// --- Opening -----------------------------------------------------------------------------------------------

static void close_frame(struct mapcp_tree_frame *frame) {
    if (frame->listing) {
        mapcp_listing_close(frame->listing);
        frame->listing = NULL;
    }
    if (frame->target >= 0) {
        // Both were only read, so closing them loses nothing.
        (void)close(frame->target);
        frame->target = MAPCP_NOWHERE;
    }
}

/// Opens a source directory, and reads its status.
static bool open_source(struct mapcp_tree_frame *frame, struct mapcp_place place, bool follow,
                        struct mapcp_error *error) {
    int flags = follow || mapcp_path_enters(place.name) ? 0 : O_NOFOLLOW;
    int descriptor = openat(place.directory, place.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (descriptor < 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, errno);
    }
    if (fstat(descriptor, &frame->source_status) != 0) {
        int number = errno;
        (void)close(descriptor);
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, number);
    }
    frame->listing = mapcp_listing_open(descriptor);
    if (!frame->listing) {
        int number = errno;
        (void)close(descriptor);
        return mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, number);
    }
    return true;
}

/// Opens a source directory that the walk will remove, so that it can be changed. A host that keeps modes
/// lets its owner change a read-only directory that is opened only after a call that creates one there.
static bool open_to_remove(struct mapcp_tree_frame *frame, struct mapcp_place place,
                           struct mapcp_error *error) {
    if (!open_source(frame, place, false, error)) {
        return false;
    }
    const struct stat before = frame->source_status;
    const bool is_missing = mkdirat(place.directory, place.name, 0777) == 0;
    close_frame(frame);
    if (is_missing) {
        // Another process has removed it.
        (void)unlinkat(place.directory, place.name, AT_REMOVEDIR);
        return mapcp_fail_number(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, ENOENT);
    }
    return open_source(frame, place, false, error) &&
           (mapcp_is_same_file(&before, &frame->source_status) ||
            mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_SOURCE_CHANGED));
}

/// Opens a source directory for the purpose of the walk.
static bool open_for_walk(const struct mapcp_tree *tree, struct mapcp_tree_frame *frame,
                          struct mapcp_place place, struct mapcp_error *error) {
    return tree->purpose == MAPCP_TREE_REMOVE ? open_to_remove(frame, place, error)
                                              : open_source(frame, place, mapcp_tree_follows(tree), error);
}

/// Opens a target directory that exists, and reads its status.
static bool open_target(struct mapcp_tree_frame *frame, struct mapcp_place place, struct mapcp_error *error) {
    int flags = mapcp_path_enters(place.name) ? 0 : O_NOFOLLOW;
    frame->target = openat(place.directory, place.name, MAPCP_O_SEARCH | O_DIRECTORY | O_CLOEXEC | flags);
    if (frame->target < 0) {
        frame->target = MAPCP_NOWHERE;
        // O_NOFOLLOW reports a link as ELOOP. Here any link is in the way.
        return mapcp_fail_number(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_TARGET,
                                 errno == ELOOP ? ENOTDIR : errno);
    }
    frame->has_target = true;
    return fstat(frame->target, &frame->target_status) == 0 ||
           mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
}

/// Whether a directory may exist although creating it failed with this errno value. A preopened directory can
/// be opened but not created. After an error of the disk, it may have been created but not completely.
static bool may_be_there(int number) {
    return number != EIO && number != ENOSPC && number != EDQUOT;
}

/// Fails because a directory of a private tree could not be created, with an errno value, or 0 if its name is
/// taken. Always returns false.
static bool refuse_private(struct mapcp_place place, int number, struct mapcp_error *error) {
    if (number == 0) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
    }
    // A host can fail after it has created the directory. No other one has this name, and it is empty.
    (void)unlinkat(place.directory, place.name, AT_REMOVEDIR);
    return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

bool mapcp_tree_check_may_create(struct mapcp_tree *tree, struct mapcp_error *error) {
    struct mapcp_tree_frame *const top = mapcp_tree_top(tree);
    const struct mapcp_place place = {.directory = top->target, .name = "."};
    top->may_create = top->may_create || top->target == MAPCP_NOWHERE || mapcp_check_may_create(place, error);
    return top->may_create;
}

/// Opens the target's directory. A copy first creates it if it is missing.
static bool provide_target(struct mapcp_tree *tree, struct mapcp_tree_frame *frame, struct mapcp_place place,
                           struct mapcp_error *error) {
    frame->target = MAPCP_NOWHERE;
    if (place.directory == MAPCP_NOWHERE) {
        frame->target_is_new = true;
        return true;
    }
    if (tree->purpose == MAPCP_TREE_DRY_RUN) {
        frame->target_is_new = !open_target(frame, place, error);
        return !frame->target_is_new || (error->code == MAPCP_CODE_NOT_FOUND &&
                                         (tree->depth > 0 ? mapcp_tree_check_may_create(tree, error)
                                                          : mapcp_check_may_create(place, error)));
    }
    // The directory is created before it is opened, because it is usually missing. The call also shows a host
    // that keeps modes that this copy fills the directory, even if another shard's job or a killed job
    // created it.
    struct mapcp_siblings *siblings = mapcp_tree_siblings(tree);
    frame->target_is_new = mkdirat(place.directory, place.name, 0777) == 0;
    int number = frame->target_is_new || errno == EEXIST ? 0 : errno;
    if (siblings && frame->target_is_new) {
        mapcp_siblings_add(siblings, place.name);
    }
    const bool is_root = tree->depth == 0;
    if (!frame->target_is_new && (is_root ? tree->private_name != NULL : is_exclusive(tree) && number == 0)) {
        return refuse_private(place, number, error);
    }
    if (siblings && !frame->target_is_new && number == 0 && mapcp_tree_has_twin(tree, true)) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
    }
    // Only the root may be a preopened directory.
    if (number == 0 || (is_root && may_be_there(number))) {
        return open_target(frame, place, error) ||
               (number != 0 && error->code == MAPCP_CODE_NOT_FOUND &&
                mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number));
    }
    return is_root ? mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number)
                   : mapcp_fail_to_create(place, tree->namer, number, error);
}

// --- Copies that must be refused ---------------------------------------------------------------------------

/// Refuses a target directory that is the source or contains it.
static bool check_target(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                         struct mapcp_error *error) {
    if (!frame->has_target) {
        return true;
    }
    // If the roots are aliases, so are their entries. So only the roots are tested. The test makes a file, so
    // the cheaper conditions come first.
    bool may_be_alias = tree->purpose == MAPCP_TREE_COPY && tree->depth == 0 && !frame->target_is_new &&
                        mapcp_alias_is_name(tree->source->text, tree->target->text) &&
                        mapcp_alias_is_possible(&frame->source_status, &frame->target_status);
    if (mapcp_is_same_file(&frame->source_status, &frame->target_status) ||
        (may_be_alias &&
         mapcp_alias_is_directory(frame->target, mapcp_listing_descriptor(frame->listing), tree->namer))) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_SAME_FILE);
    }
    for (size_t index = 0; index < tree->depth; index++) {
        if (mapcp_is_same_file(&tree->frames[index].source_status, &frame->target_status)) {
            return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INTO_ITSELF);
        }
    }
    return true;
}

/// Refuses a followed link into the target if other jobs are writing there. This job knows only the
/// directories that it fills itself.
static bool check_not_in_target(const struct mapcp_tree *tree, struct mapcp_error *error) {
    if (!mapcp_tree_follows(tree) || tree->options->shard.count <= 1 || !tree->frames[0].has_target) {
        return true;
    }
    struct mapcp_path inside = {.text = NULL};
    struct stat parent;
    bool good = mapcp_path_set(&inside, tree->source->text) && mapcp_path_push(&inside, "..");
    if (!good) {
        mapcp_out_of_memory(error);
    } else if (stat(inside.text, &parent) != 0 ||
               !mapcp_is_same_file(&parent, &tree->frames[tree->depth - 1].source_status)) {
        good = mapcp_check_outside(inside.text, &tree->frames[0].target_status, error);
        error->side = MAPCP_SIDE_SOURCE;
    }
    mapcp_path_free(&inside);
    return good;
}

/// Whether a source directory is an alias of the target's root. Tested only if their names are alike, because
/// the test makes a file.
static bool is_target_by_name(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame) {
    const struct mapcp_tree_frame *root = &tree->frames[0];
    if (tree->purpose != MAPCP_TREE_COPY || root->target < 0) {
        return false;
    }
    char *path = strndup(tree->target->text, root->target_length);
    bool is_alike = path && mapcp_alias_is_name(path, tree->source->text);
    free(path);
    return is_alike &&
           mapcp_alias_is_directory(root->target, mapcp_listing_descriptor(frame->listing), tree->namer);
}

/// Refuses a source directory that would make the walk endless: one that the walk is filling and, if links
/// are followed, one that the walk is in.
///
/// Only the target's directories on the way to this one still grow. Links may lead to any other directory of
/// the target, because it is complete.
static bool check_no_loop(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                          struct mapcp_error *error) {
    if (tree->depth == 0) {
        return true;
    }
    if (is_target_by_name(tree, frame)) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, MAPCP_CODE_INTO_ITSELF);
    }
    for (size_t index = 0; index < tree->depth; index++) {
        const struct mapcp_tree_frame *above = &tree->frames[index];
        if (above->has_target && mapcp_is_same_file(&frame->source_status, &above->target_status)) {
            return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, MAPCP_CODE_INTO_ITSELF);
        }
        if (mapcp_tree_follows(tree) && mapcp_is_same_file(&frame->source_status, &above->source_status)) {
            return mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_TOO_MANY_LINKS);
        }
    }
    return check_not_in_target(tree, error);
}

// --- Entering, reopening and leaving -----------------------------------------------------------------------

static bool reserve_frame(struct mapcp_tree *tree) {
    struct mapcp_tree_frame *frames =
        mapcp_array_reserve(tree->frames, tree->depth, &tree->capacity, sizeof(*frames));
    tree->frames = frames ? frames : tree->frames;
    return frames != NULL;
}

/// Whether a directory stays open while the walk is `distance` levels below it. The nearest ones do, and one
/// between each two powers of two.
///
/// So few directories are open at any depth, and a closed one is never far below an open one. Going up one
/// level costs a logarithm of the depth, and not the whole way from the root.
static bool stays_open(size_t index, size_t distance) {
    size_t spacing = NEAREST;
    while (spacing <= distance / 2) {
        spacing *= 2;
    }
    return distance < NEAREST || index % spacing == 0;
}

/// Closes the directories that need not stay open when the walk has gone down one level.
static void close_farther(struct mapcp_tree *tree) {
    // The answer changes only at powers of two.
    for (size_t distance = NEAREST; distance < tree->depth; distance *= 2) {
        size_t index = tree->depth - 1 - distance;
        if (!stays_open(index, distance)) {
            close_frame(&tree->frames[index]);
        }
    }
}

bool mapcp_tree_enter(struct mapcp_tree *tree, struct mapcp_place source, struct mapcp_place target,
                      struct mapcp_error *error) {
    struct mapcp_tree_frame frame = {
        .target = MAPCP_NOWHERE,
        .keeping = {.namer = tree->purpose == MAPCP_TREE_COPY ? tree->namer : NULL},
        .source_length = tree->source->length,
        .target_length = tree->target->length,
    };
    if (!reserve_frame(tree)) {
        return mapcp_out_of_memory(error);
    }
    // The loop is checked before the target is created, so that it leaves no empty directory.
    if (!open_for_walk(tree, &frame, source, error) || !check_no_loop(tree, &frame, error) ||
        !provide_target(tree, &frame, target, error) || !check_target(tree, &frame, error)) {
        close_frame(&frame);
        return false;
    }
    frame.siblings.is_new = frame.target_is_new;
    // Others may be the first to put something into the directory.
    frame.siblings.is_shared = frame.siblings.has_any = tree->options->shard.count > 1;
    frame.keeper = frame.target_is_new && tree->depth > 0 ? mapcp_tree_top(tree)->keeper : tree->depth;
    tree->frames[tree->depth++] = frame;
    tree->directories++;
    close_farther(tree);
    return true;
}

bool mapcp_tree_count_directory(const struct mapcp_tree *tree, struct mapcp_error *error) {
    if (!tree->copied) {
        return true;
    }
    if (!mapcp_limits_allow_entry(tree->options, tree->copied, error)) {
        return false;
    }
    tree->copied->files++;
    return true;
}

void mapcp_tree_uncount_directory(const struct mapcp_tree *tree) {
    if (tree->copied) {
        tree->copied->files--;
    }
}

/// Opens a target directory again.
static bool reopen_target(const struct mapcp_tree *tree, struct mapcp_tree_frame *frame,
                          struct mapcp_place place, struct mapcp_error *error) {
    // The walk reopens directories from the top down, so the parent is open.
    assert(place.directory != MAPCP_NOWHERE);
    if (tree->purpose == MAPCP_TREE_COPY) {
        // It exists, but a host that keeps modes may have made it read-only. See provide_target.
        (void)mkdirat(place.directory, place.name, 0777);
    }
    return open_target(frame, place, error);
}

/// Opens a frame again, relative to its parent. Fails if its name now leads to another directory.
static bool reopen_frame(struct mapcp_tree *tree, size_t index, struct mapcp_error *error) {
    const struct mapcp_tree_frame *parent = &tree->frames[index - 1];
    struct mapcp_tree_frame *frame = &tree->frames[index];
    const struct stat source_before = frame->source_status;
    const struct stat target_before = frame->target_status;
    char *path = strndup(tree->source->text, frame->source_length);
    if (!path) {
        return mapcp_out_of_memory(error);
    }
    const char *name = path + parent->source_length + (path[parent->source_length] == '/');
    bool good = open_for_walk(tree, frame, source_place(tree, parent, name, path), error) &&
                (!frame->has_target || reopen_target(tree, frame, target_place(parent, name), error));
    free(path);
    if (good && !mapcp_is_same_file(&source_before, &frame->source_status)) {
        good = mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_SOURCE_CHANGED);
    }
    if (good && frame->has_target && !mapcp_is_same_file(&target_before, &frame->target_status)) {
        good = mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_TARGET, MAPCP_CODE_SOURCE_CHANGED);
    }
    // The copy gets the times that the source had when the walk entered it. After a failure, the next attempt
    // must compare with the same directory.
    frame->source_status = source_before;
    frame->target_status = target_before;
    if (!good) {
        close_frame(frame);
    }
    return good;
}

void mapcp_tree_guide(struct mapcp_tree *tree, bool is_guided) {
    struct mapcp_tree_frame *top = mapcp_tree_top(tree);
    top->is_guided = is_guided;
    top->listed = is_guided;
    top->siblings.is_new = top->target_is_new && !is_guided;
}

bool mapcp_tree_reopen_top(struct mapcp_tree *tree, struct mapcp_error *error) {
    // Walks down from the nearest open frame. The root is always open.
    size_t held = tree->depth - 1;
    while (!tree->frames[held].listing) {
        held--;
    }
    for (size_t index = held + 1; index < tree->depth; index++) {
        if (!reopen_frame(tree, index, error)) {
            return false;
        }
        if (index - 1 > held && !stays_open(index - 1, tree->depth - index)) {
            close_frame(&tree->frames[index - 1]);
        }
    }
    return true;
}

bool mapcp_tree_finish_top(struct mapcp_tree *tree, struct mapcp_error *error) {
    const struct mapcp_options *options = tree->options;
    const struct mapcp_tree_frame *frame = mapcp_tree_top(tree);
    bool has_work = tree->purpose == MAPCP_TREE_COPY && (options->preserve_timestamps || options->sync);
    if (!has_work) {
        return true;
    }
    if (!mapcp_tree_reopen_top(tree, error)) {
        return false;
    }
    const struct timespec times[2] = {frame->source_status.st_atim, frame->source_status.st_mtim};
    // By the name ".", because the preview 1 adapter allows futimens only for files.
    int number = options->preserve_timestamps && utimensat(frame->target, ".", times, 0) != 0 ? errno : 0;
    if (options->sync && !mapcp_sync_directory(frame->target)) {
        return mapcp_fail_number(error, MAPCP_OPERATION_SYNC, MAPCP_SIDE_TARGET, errno);
    }
    return number == 0 || mapcp_fail_number(error, MAPCP_OPERATION_SET_TIMES, MAPCP_SIDE_TARGET, number);
}

void mapcp_tree_leave_top(struct mapcp_tree *tree) {
    close_frame(mapcp_tree_top(tree));
    mapcp_names_free(&mapcp_tree_top(tree)->pending);
    mapcp_siblings_free(&mapcp_tree_top(tree)->siblings);
    mapcp_tree_forget_names(mapcp_tree_top(tree));
    tree->depth--;
}
