#include "tree.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "limits.h"
#include "listing.h"
#include "parents.h"
#include "path.h"
#include "source.h"
#include "spelling.h"
#include "target.h"

// Reaching the entries of a target's directory needs no permission to read it.
#ifdef __wasi__
#define SEARCH O_SEARCH
#else
#define SEARCH O_RDONLY
#endif

// How many directories, counted from the deepest, always stay open on each side: a power of two. See
// stays_open.
#define NEAREST 8

/// A directory that the walk has entered and not left.
struct mapcp_tree_frame {
    /// The source's directory, or NULL while it is closed.
    struct mapcp_listing *listing;
    /// The target's directory, or MAPCP_NOWHERE if there is none or while it is closed.
    int target;
    bool has_target;
    bool target_is_new;
    /// Whether the walk has returned MAPCP_TREE_ENTERED for it, and whether it was listed completely.
    bool announced;
    bool listed;
    /// Whether a guided walk stays in it until it is sent elsewhere.
    bool is_guided;
    /// The lengths of this directory's paths.
    size_t source_length;
    size_t target_length;
    struct stat source_status;
    struct stat target_status;
    /// The subdirectories that the walk has not entered yet.
    struct mapcp_names pending;
    /// The names in the target's directory.
    struct mapcp_siblings siblings;
    /// How the target's directory keeps times, unless `keeper` is another frame.
    struct mapcp_timekeeping keeping;
    /// The index of the frame whose `keeping` holds here: a directory that this copy created is on its
    /// parent's file system.
    size_t keeper;
};

/// Whether every name of the target must be new. A guided walk comes to a directory more than once.
static bool is_exclusive(const struct mapcp_tree *tree) {
    return tree->private_name && !tree->is_guided;
}

static struct mapcp_tree_frame *top(const struct mapcp_tree *tree) {
    return &tree->frames[tree->depth - 1];
}

static bool follows(const struct mapcp_tree *tree) {
    return tree->options->symlinks == MAPCP_SYMLINKS_FOLLOW;
}

/// The place of the source `name` in the directory of `frame`. Its path is `path`.
///
/// If links are followed, it is the path. A link may lead out of its directory and stay in the sandbox, but
/// the host refuses that relative to the directory's descriptor.
static struct mapcp_place source_place(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                                       const char *name, const char *path) {
    assert(frame->listing);
    int directory = mapcp_listing_descriptor(frame->listing);
    assert(directory >= 0);
    return follows(tree) ? (struct mapcp_place){.directory = AT_FDCWD, .name = path}
                         : (struct mapcp_place){.directory = directory, .name = name};
}

static struct mapcp_place target_place(const struct mapcp_tree_frame *frame, const char *name) {
    return (struct mapcp_place){.directory = frame->target, .name = name};
}

static bool push_paths(struct mapcp_tree *tree, const char *name) {
    return mapcp_path_push(tree->source, name) && mapcp_path_push(tree->target, name);
}

static void cut_paths(struct mapcp_tree *tree) {
    mapcp_path_cut(tree->source, top(tree)->source_length);
    mapcp_path_cut(tree->target, top(tree)->target_length);
}

/// The path of the current entry below the root, which the filters need.
static const char *relative_path(const struct mapcp_tree *tree) {
    size_t root = tree->frames[0].source_length;
    const char *path = tree->source->text + root;
    return *path == '/' ? path + 1 : path;
}

static bool out_of_memory(struct mapcp_error *error) {
    return mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, ENOMEM);
}

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
/// lets its owner change a read-only directory only after a call that creates one there.
static bool open_to_remove(struct mapcp_tree_frame *frame, struct mapcp_place place,
                           struct mapcp_error *error) {
    if (!open_source(frame, place, false, error)) {
        return false;
    }
    const struct stat before = frame->source_status;
    close_frame(frame);
    if (mkdirat(place.directory, place.name, 0777) == 0) {
        // Somebody else has removed it.
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
                                              : open_source(frame, place, follows(tree), error);
}

/// Opens a target directory that exists, and reads its status.
static bool open_target(struct mapcp_tree_frame *frame, struct mapcp_place place, struct mapcp_error *error) {
    int flags = mapcp_path_enters(place.name) ? 0 : O_NOFOLLOW;
    frame->target = openat(place.directory, place.name, SEARCH | O_DIRECTORY | O_CLOEXEC | flags);
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

/// The names in the top target directory. NULL unless the walk is in one and copies.
static struct mapcp_siblings *siblings_of(const struct mapcp_tree *tree) {
    // In a private tree, an exclusive call gives each name, and finds out whether it is taken.
    return tree->purpose == MAPCP_TREE_COPY && tree->depth > 0 && !is_exclusive(tree) ? &top(tree)->siblings
                                                                                      : NULL;
}

bool mapcp_tree_has_twin(struct mapcp_tree *tree, bool is_taken) {
    struct mapcp_siblings *siblings = siblings_of(tree);
    return siblings &&
           mapcp_siblings_have_twin(
               siblings, &(struct mapcp_twin_search){
                             .is_taken = is_taken,
                             .source = mapcp_listing_descriptor(top(tree)->listing),
                             .path = relative_path(tree),
                             .target = target_place(top(tree), mapcp_path_name(tree->target->text)),
                             .options = tree->options,
                             .namer = tree->namer,
                         });
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
        return !frame->target_is_new || error->code == MAPCP_CODE_NOT_FOUND;
    }
    // The directory is created before it is opened, because it is usually missing. The call also tells a host
    // that keeps modes that this directory is the source's, even if a job with another shard or a killed one
    // created it.
    struct mapcp_siblings *siblings = siblings_of(tree);
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
    if (number == 0 || (tree->depth == 0 && may_be_there(number))) {
        return open_target(frame, place, error) ||
               (number != 0 && error->code == MAPCP_CODE_NOT_FOUND &&
                mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number));
    }
    // If another name can be created there, the file system cannot have this one.
    bool may_be_name = tree->depth > 0 && (number == ENOENT || number == EINVAL);
    if (may_be_name && mapcp_temporary_can_be_made(place, tree->namer)) {
        number = EILSEQ;
    }
    return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

/// Refuses a target directory that is the source or contains it.
static bool check_target(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                         struct mapcp_error *error) {
    if (!frame->has_target) {
        return true;
    }
    // If the roots are aliases, so are their entries. So only the roots are tested. Because the test makes a
    // file, the cheaper conditions come first.
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
    if (!follows(tree) || tree->options->shard.count <= 1 || !tree->frames[0].has_target) {
        return true;
    }
    struct mapcp_path inside = {.text = NULL};
    struct stat parent;
    bool good = mapcp_path_set(&inside, tree->source->text) && mapcp_path_push(&inside, "..");
    if (!good) {
        out_of_memory(error);
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
        if (follows(tree) && mapcp_is_same_file(&frame->source_status, &above->source_status)) {
            return mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_TOO_MANY_LINKS);
        }
    }
    return check_not_in_target(tree, error);
}

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

/// Enters a directory, whose paths are already set.
static bool enter(struct mapcp_tree *tree, struct mapcp_place source, struct mapcp_place target,
                  struct mapcp_error *error) {
    struct mapcp_tree_frame frame = {
        .target = MAPCP_NOWHERE,
        .keeping = {.namer = tree->purpose == MAPCP_TREE_COPY ? tree->namer : NULL},
        .source_length = tree->source->length,
        .target_length = tree->target->length,
    };
    if (!reserve_frame(tree)) {
        return out_of_memory(error);
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
    frame.keeper = frame.target_is_new && tree->depth > 0 ? top(tree)->keeper : tree->depth;
    tree->frames[tree->depth++] = frame;
    tree->directories++;
    close_farther(tree);
    return true;
}

/// Counts a directory before it is created, and perhaps even before it is entered.
static bool take_directory(const struct mapcp_tree *tree, struct mapcp_error *error) {
    if (!tree->copied) {
        return true;
    }
    if (!mapcp_limits_allow_entry(tree->options, tree->copied, error)) {
        return false;
    }
    tree->copied->files++;
    return true;
}

/// Undoes take_directory for a directory that could not be entered.
static void give_back_directory(const struct mapcp_tree *tree) {
    if (tree->copied) {
        tree->copied->files--;
    }
}

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
    if (!take_directory(tree, error) || !enter(tree, source, target, error)) {
        return false;
    }
    top(tree)->is_guided = tree->is_guided;
    top(tree)->listed = tree->is_guided;
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

/// Opens a target directory again.
static bool reopen_target(const struct mapcp_tree *tree, struct mapcp_tree_frame *frame,
                          struct mapcp_place place, struct mapcp_error *error) {
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
        return out_of_memory(error);
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
    // The copy gets the times that the source had when the walk entered it.
    frame->source_status = source_before;
    if (!good) {
        close_frame(frame);
    }
    return good;
}

/// Opens the top frame if it is closed, by walking down to it from the nearest open one. The root is always
/// open.
static bool reopen_top(struct mapcp_tree *tree, struct mapcp_error *error) {
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

/// Finishes a directory after its last entry: sets its times, and writes it to the disk.
static bool finish_top(struct mapcp_tree *tree, struct mapcp_error *error) {
    const struct mapcp_options *options = tree->options;
    const struct mapcp_tree_frame *frame = top(tree);
    bool has_work = tree->purpose == MAPCP_TREE_COPY && (options->preserve_timestamps || options->sync);
    if (!has_work) {
        return true;
    }
    if (!reopen_top(tree, error)) {
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

static void leave_top(struct mapcp_tree *tree) {
    close_frame(top(tree));
    mapcp_names_free(&top(tree)->pending);
    mapcp_siblings_free(&top(tree)->siblings);
    tree->depth--;
}

static unsigned char type_of(const struct stat *status) {
    return S_ISDIR(status->st_mode)   ? DT_DIR
           : S_ISREG(status->st_mode) ? DT_REG
           : S_ISLNK(status->st_mode) ? DT_LNK
                                      : DT_UNKNOWN;
}

/// Removes the directory that the walk has just left, whose path is still the source's.
static bool remove_left(struct mapcp_tree *tree, struct mapcp_error *error) {
    struct mapcp_place place = tree->root;
    if (tree->depth > 0) {
        if (!reopen_top(tree, error)) {
            return false;
        }
        place = source_place(tree, top(tree), mapcp_path_name(tree->source->text), tree->source->text);
    }
    return unlinkat(place.directory, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
           mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_SOURCE, errno);
}

/// Finds the type of a listed entry, following it if requested. On failure returns false and sets
/// `error`.
static bool find_type(const struct mapcp_tree *tree, const struct mapcp_listed *entry, unsigned char *type,
                      struct mapcp_error *error) {
    *type = entry->type;
    if (*type != DT_UNKNOWN && !(*type == DT_LNK && follows(tree))) {
        return true;
    }
    struct stat status;
    struct mapcp_place place = source_place(tree, top(tree), entry->name, tree->source->text);
    if (!mapcp_stat_source(place, follows(tree), &status, error)) {
        return false;
    }
    *type = type_of(&status);
    return true;
}

static void put_entry(const struct mapcp_tree *tree, unsigned char type, const char *name,
                      struct mapcp_tree_entry *entry) {
    *entry = (struct mapcp_tree_entry){
        .kind = type == DT_REG   ? MAPCP_TREE_FILE
                : type == DT_LNK ? MAPCP_TREE_LINK
                : type == DT_DIR ? MAPCP_TREE_DIRECTORY
                                 : MAPCP_TREE_SPECIAL,
        .source = source_place(tree, top(tree), name, tree->source->text),
        .target = target_place(top(tree), name),
        .target_is_new = top(tree)->target_is_new,
        .siblings = siblings_of(tree),
        .keeping = &tree->frames[top(tree)->keeper].keeping,
    };
}

/// Whether a name is an escaped one. WASI has no text for a name that is not valid UTF-8. Our host lists
/// it with escapes such as `\xff`, and marks it with a slash at its end.
static bool is_escaped(const char *name) {
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '/';
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
            const char digits[] = {from[2], from[3], '\0'};
            *to++ = (char)strtoul(digits, NULL, 16);
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

/// Refuses an entry with an escaped name, unless it must be left out anyway. Its paths are set.
static bool refuse_escaped(struct mapcp_tree *tree, bool is_directory, struct mapcp_error *error) {
    mapcp_path_cut(tree->source, tree->source->length - 1);
    mapcp_path_cut(tree->target, tree->target->length - 1);
    const char *path = relative_path(tree);
    if (!mapcp_shard_has(tree->options->shard, path)) {
        return true;
    }
    char *unescaped = unescape(path);
    if (!unescaped) {
        return out_of_memory(error);
    }
    bool admitted = admits_escaped(tree->options, path, unescaped, is_directory);
    free(unescaped);
    return !admitted ||
           mapcp_fail(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, MAPCP_CODE_INVALID_NAME);
}

/// Whether the filters admit the current entry. If its type is unknown, false only if they leave out an
/// entry of any type.
static bool is_admitted(const struct mapcp_tree *tree, unsigned char type, bool is_known) {
    const char *path = relative_path(tree);
    return mapcp_filter_admits(tree->options, path, type == DT_DIR) ||
           (!is_known && mapcp_filter_admits(tree->options, path, true));
}

/// What listing an entry results in. LISTING_PASSED means to go on with the next one.
enum listing { LISTING_FOUND, LISTING_FAILED, LISTING_PASSED };

static enum listing take_listed(struct mapcp_tree *tree, const struct mapcp_listed *listed,
                                struct mapcp_tree_entry *entry, struct mapcp_error *error) {
    unsigned char type = DT_UNKNOWN;
    if (!mapcp_limits_allow_listed(tree->options, ++tree->listed, error)) {
        return LISTING_FAILED;
    }
    if (strcmp(listed->name, ".") == 0 || strcmp(listed->name, "..") == 0) {
        return LISTING_PASSED;
    }
    if (!push_paths(tree, listed->name)) {
        (void)out_of_memory(error);
        return LISTING_FAILED;
    }
    if (is_escaped(listed->name)) {
        return refuse_escaped(tree, listed->type == DT_DIR, error) ? LISTING_PASSED : LISTING_FAILED;
    }
    bool is_in_shard = mapcp_shard_has(tree->options->shard, relative_path(tree));
    bool is_known = find_type(tree, listed, &type, error);
    // If it may be a directory, it may contain entries of this shard.
    if (type != DT_DIR && !is_in_shard && (is_known || !mapcp_is_transient(error))) {
        return LISTING_PASSED;
    }
    bool is_skipped_link = type == DT_LNK && tree->options->symlinks == MAPCP_SYMLINKS_SKIP;
    if (is_skipped_link || !is_admitted(tree, type, is_known)) {
        tree->left_out += is_in_shard;
        return LISTING_PASSED;
    }
    if (!is_known || !mapcp_limits_allow_depth(tree->options, tree->depth, error)) {
        return LISTING_FAILED;
    }
    if (type == DT_DIR && tree->private_name && strcmp(listed->name, tree->private_name) == 0) {
        return LISTING_PASSED;
    }
    if (type == DT_DIR && !(tree->is_entry && tree->is_entry(listed->name))) {
        return take_directory(tree, error) &&
                       (mapcp_names_push(&top(tree)->pending, listed->name) || out_of_memory(error))
                   ? LISTING_PASSED
                   : LISTING_FAILED;
    }
    put_entry(tree, type, listed->name, entry);
    return LISTING_FOUND;
}

/// Goes on listing the top directory, up to an entry, an error, or the end. At the end returns
/// LISTING_PASSED.
static enum listing list_top(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                             struct mapcp_error *error) {
    assert(top(tree)->listing);
    for (;;) {
        cut_paths(tree);
        struct mapcp_listed listed;
        if (!mapcp_listing_next(top(tree)->listing, &listed)) {
            top(tree)->listed = true;
            return errno == 0 || mapcp_fail_number(error, MAPCP_OPERATION_LIST, MAPCP_SIDE_SOURCE, errno)
                       ? LISTING_PASSED
                       : LISTING_FAILED;
        }
        enum listing result = take_listed(tree, &listed, entry, error);
        if (result != LISTING_PASSED) {
            return result;
        }
    }
}

/// Enters a subdirectory of the top one.
static bool enter_pending(struct mapcp_tree *tree, const char *name, struct mapcp_error *error) {
    if (!reopen_top(tree, error)) {
        return false;
    }
    if (!push_paths(tree, name)) {
        return out_of_memory(error);
    }
    return enter(tree, source_place(tree, top(tree), name, tree->source->text), target_place(top(tree), name),
                 error);
}

// --- A guided walk
// -----------------------------------------------------------------------------------------

bool mapcp_tree_go_to(struct mapcp_tree *tree, const char *path, bool is_directory) {
    tree->has_goal = mapcp_path_set(&tree->goal, path);
    tree->goal_is_directory = is_directory;
    tree->goal_is_known = false;
    return tree->has_goal;
}

void mapcp_tree_go_home(struct mapcp_tree *tree) {
    tree->is_guided = false;
}

/// The rest of the goal behind the path of the top directory. NULL if the goal is not in that directory.
static char *rest_of_goal(const struct mapcp_tree *tree) {
    // An empty path is the root's.
    const char *directory =
        top(tree)->source_length > tree->frames[0].source_length ? relative_path(tree) : "";
    const size_t length = strlen(directory);
    char *rest = tree->goal.text + length;
    if (strncmp(tree->goal.text, directory, length) != 0 || (length > 0 && *rest != '/' && *rest != '\0')) {
        return NULL;
    }
    return rest + (length > 0 && *rest == '/');
}

/// Whether the filters admit the goal, and the directories on the way to it from the top one. If its type
/// is unknown, false only if they leave out an entry of any type.
static bool admits_goal(const struct mapcp_tree *tree, char *rest, unsigned char type, bool is_known) {
    bool admitted = mapcp_filter_admits(tree->options, tree->goal.text, type == DT_DIR) ||
                    (!is_known && mapcp_filter_admits(tree->options, tree->goal.text, true));
    for (char *slash = strchr(rest, '/'); admitted && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        admitted = mapcp_filter_admits(tree->options, tree->goal.text, true);
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

/// Inspects the goal before the walk enters a directory on the way to it. So a path that cannot be copied
/// creates no directory. Drops the goal if it must not be copied. On failure returns false and sets
/// `error`.
static bool inspect_goal(struct mapcp_tree *tree, char *rest, struct mapcp_error *error) {
    const struct mapcp_options *options = tree->options;
    const struct mapcp_place place = source_place(tree, top(tree), rest, tree->source->text);
    const bool is_in_shard = mapcp_shard_has(options->shard, tree->goal.text);
    struct stat status;
    if (!mapcp_limits_allow_listed(options, ++tree->listed, error)) {
        return false;
    }
    // With `recursive`, a directory may contain entries of this shard.
    tree->has_goal = is_in_shard || options->recursive;
    if (!tree->has_goal) {
        return true;
    }
    const bool is_known = mapcp_stat_source(place, follows(tree), &status, error);
    tree->goal_type = is_known ? type_of(&status) : DT_UNKNOWN;
    tree->goal_is_known = is_known;
    if (tree->goal_type != DT_DIR && !is_in_shard) {
        tree->has_goal = false;
        return true;
    }
    if ((tree->goal_type == DT_LNK && options->symlinks == MAPCP_SYMLINKS_SKIP) ||
        !admits_goal(tree, rest, tree->goal_type, is_known)) {
        tree->has_goal = false;
        tree->left_out += is_in_shard;
        return true;
    }
    return is_known && mapcp_limits_allow_depth(options, names_in(tree->goal.text), error) &&
           (tree->goal_type == DT_DIR || !tree->goal_is_directory ||
            mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY));
}

/// Enters the directory `name` on the way to the goal, or as the goal itself.
static bool enter_towards_goal(struct mapcp_tree *tree, const char *name, bool is_goal,
                               struct mapcp_error *error) {
    if (!push_paths(tree, name)) {
        return out_of_memory(error);
    }
    if (!take_directory(tree, error)) {
        return false;
    }
    const struct mapcp_place source = source_place(tree, top(tree), name, tree->source->text);
    if (!enter(tree, source, target_place(top(tree), name), error)) {
        give_back_directory(tree);
        return false;
    }
    top(tree)->is_guided = !is_goal || !tree->options->recursive;
    top(tree)->listed = top(tree)->is_guided;
    return true;
}

/// Goes one step from the top directory to the goal, which has the path `rest` there. LISTING_PASSED
/// means to go on.
static enum listing approach_goal(struct mapcp_tree *tree, char *rest, struct mapcp_tree_entry *entry,
                                  struct mapcp_error *error) {
    if (*rest == '\0') {
        top(tree)->listed = !tree->options->recursive;
        tree->has_goal = false;
        return LISTING_PASSED;
    }
    if (!reopen_top(tree, error)) {
        return LISTING_FAILED;
    }
    if (!tree->goal_is_known) {
        if (!push_paths(tree, rest)) {
            (void)out_of_memory(error);
            return LISTING_FAILED;
        }
        if (!inspect_goal(tree, rest, error)) {
            return LISTING_FAILED;
        }
        cut_paths(tree);
        return LISTING_PASSED;
    }
    char *slash = strchr(rest, '/');
    if (!slash && tree->goal_type != DT_DIR) {
        if (!push_paths(tree, rest)) {
            (void)out_of_memory(error);
            return LISTING_FAILED;
        }
        tree->has_goal = false;
        put_entry(tree, tree->goal_type, rest, entry);
        return LISTING_FOUND;
    }
    if (slash) {
        *slash = '\0';
    }
    bool good = enter_towards_goal(tree, rest, !slash, error);
    if (slash) {
        *slash = '/';
    }
    tree->has_goal = slash != NULL;
    return good ? LISTING_PASSED : LISTING_FAILED;
}

/// Whether a directory on the way from the top one to the goal is a link.
static bool leads_through_link(const struct mapcp_tree *tree, char *rest) {
    struct stat status;
    bool found = false;
    for (char *slash = strchr(rest, '/'); !found && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        found =
            fstatat(mapcp_listing_descriptor(top(tree)->listing), rest, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(status.st_mode);
        *slash = '/';
    }
    return found;
}

/// Gives the goal up. The error is about it, so the paths become its own.
static enum mapcp_tree_event fail_goal(struct mapcp_tree *tree, char *rest, struct mapcp_error *error) {
    if (error->side == MAPCP_SIDE_SOURCE && !follows(tree) && top(tree)->listing &&
        leads_through_link(tree, rest)) {
        mapcp_fail_because(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_DIRECTORY,
                           "a directory on its path is a symbolic link; follow it, with `symlinks=follow`");
    }
    tree->has_goal = false;
    cut_paths(tree);
    if (*rest != '\0' && !push_paths(tree, rest)) {
        (void)out_of_memory(error);
    }
    return MAPCP_TREE_FAILED;
}

enum mapcp_tree_event mapcp_tree_next(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                      struct mapcp_error *error) {
    while (tree->depth > 0) {
        if (!top(tree)->announced) {
            top(tree)->announced = true;
            *entry = (struct mapcp_tree_entry){
                .target_is_new = top(tree)->target_is_new,
                .status = mapcp_shard_has(tree->options->shard, relative_path(tree))
                              ? &top(tree)->source_status
                              : NULL,
            };
            return MAPCP_TREE_ENTERED;
        }
        if (!top(tree)->listed) {
            enum listing result = list_top(tree, entry, error);
            if (result != LISTING_PASSED) {
                return result == LISTING_FOUND ? MAPCP_TREE_FOUND : MAPCP_TREE_FAILED;
            }
        }
        cut_paths(tree);
        const char *name = mapcp_names_pop(&top(tree)->pending);
        if (name) {
            if (!enter_pending(tree, name, error)) {
                give_back_directory(tree);
                return MAPCP_TREE_FAILED;
            }
            continue;
        }
        if (tree->is_guided && top(tree)->is_guided) {
            char *rest = tree->has_goal ? rest_of_goal(tree) : NULL;
            if (!tree->has_goal) {
                return MAPCP_TREE_WAITS;
            }
            if (rest) {
                enum listing result = approach_goal(tree, rest, entry, error);
                if (result == LISTING_PASSED) {
                    continue;
                }
                return result == LISTING_FOUND ? MAPCP_TREE_FOUND : fail_goal(tree, rest, error);
            }
        }
        bool finished = finish_top(tree, error);
        leave_top(tree);
        if (!finished || (tree->purpose == MAPCP_TREE_REMOVE && !remove_left(tree, error))) {
            return MAPCP_TREE_FAILED;
        }
    }
    return MAPCP_TREE_END;
}

void mapcp_tree_end(struct mapcp_tree *tree) {
    while (tree->depth > 0) {
        leave_top(tree);
    }
    free(tree->frames);
    mapcp_path_free(&tree->goal);
    tree->frames = NULL;
    tree->capacity = 0;
}
