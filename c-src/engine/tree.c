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
#include "listing.h"
#include "parents.h"
#include "path.h"
#include "source.h"
#include "spelling.h"
#include "target.h"

// To reach what is in a target's directory takes no permission to read it.
#ifdef __wasi__
#define SEARCH O_SEARCH
#else
#define SEARCH O_RDONLY
#endif

// How many directories, counted from the deepest, stay open on each side. A power of two. See stays_open.
#define NEAREST 8

// The last guard against a directory that contains itself in a way that no status shows. No path leads so
// deep: Linux takes 4,095 bytes for one.
#define MOST_LEVELS 10000

/// A directory that has been entered and not left.
struct mapcp_tree_frame {
    /// The source's directory, or NULL while it is not held open.
    struct mapcp_listing *listing;
    /// The target's directory, MAPCP_NOWHERE where there is none or while it is not held open.
    int target;
    bool has_target;
    bool target_is_new;
    bool announced;
    bool listed;
    /// The lengths of the paths up to this directory.
    size_t source_length;
    size_t target_length;
    struct stat source_status;
    struct stat target_status;
    /// Subdirectories that are still to be entered.
    struct mapcp_names pending;
    /// What is in the target's directory, if that is new.
    struct mapcp_siblings siblings;
    /// How the target's directory keeps times.
    struct mapcp_timekeeping keeping;
};

static struct mapcp_tree_frame *top(const struct mapcp_tree *tree) {
    return &tree->frames[tree->depth - 1];
}

static bool follows(const struct mapcp_tree *tree) {
    return tree->options->symlinks == MAPCP_SYMLINKS_FOLLOW;
}

/// Where the source `name` in the directory of `frame` stands, whose path is `path`.
///
/// A link may lead out of its directory and yet stay in the sandbox. A descriptor of that directory would not
/// let it, so what may be a link is named from the root.
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

/// The path of the current entry below the root, for the filters.
static const char *relative_path(const struct mapcp_tree *tree) {
    size_t root = tree->frames[0].source_length;
    const char *path = tree->source->text + root;
    return *path == '/' ? path + 1 : path;
}

static bool out_of_memory(struct mapcp_error *error) {
    return mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static void close_frame(struct mapcp_tree_frame *frame) {
    if (frame->listing) {
        mapcp_listing_close(frame->listing);
        frame->listing = NULL;
    }
    if (frame->target >= 0) {
        // Opened for reading only, as the other: there is nothing that closing it could lose.
        (void)close(frame->target);
        frame->target = MAPCP_NOWHERE;
    }
}

/// Opens a source directory and reads its status.
static bool open_source(struct mapcp_tree_frame *frame, struct mapcp_place place, bool follow,
                        struct mapcp_error *error) {
    int flags = follow || mapcp_path_enters(place.name) ? 0 : O_NOFOLLOW;
    int descriptor = openat(place.directory, place.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (descriptor < 0) {
        return mapcp_fail_number(error, MAPCP_OPEN, MAPCP_SOURCE, errno);
    }
    if (fstat(descriptor, &frame->source_status) != 0) {
        int number = errno;
        (void)close(descriptor);
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, number);
    }
    frame->listing = mapcp_listing_open(descriptor);
    if (!frame->listing) {
        int number = errno;
        (void)close(descriptor);
        return mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, number);
    }
    return true;
}

/// Opens a target directory that is there, and reads its status.
static bool open_target(struct mapcp_tree_frame *frame, struct mapcp_place place, struct mapcp_error *error) {
    int flags = mapcp_path_enters(place.name) ? 0 : O_NOFOLLOW;
    frame->target = openat(place.directory, place.name, SEARCH | O_DIRECTORY | O_CLOEXEC | flags);
    if (frame->target < 0) {
        frame->target = MAPCP_NOWHERE;
        // O_NOFOLLOW reports a link as a loop of them, but here it is in the way, whatever it leads to.
        return mapcp_fail_number(error, MAPCP_OPEN, MAPCP_TARGET, errno == ELOOP ? ENOTDIR : errno);
    }
    frame->has_target = true;
    return fstat(frame->target, &frame->target_status) == 0 ||
           mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_TARGET, errno);
}

/// Whether a directory may be there although making it failed with this, and be all that it is to be: a
/// preopened directory cannot be made and yet be opened. What a disk fails with may concern one that was
/// made, and that a host could not have there for good.
static bool may_be_there(int number) {
    return number != EIO && number != ENOSPC && number != EDQUOT;
}

/// What this walk has put beside what is in the top directory; NULL if that was there before.
static struct mapcp_siblings *siblings_of(const struct mapcp_tree *tree) {
    return tree->purpose == MAPCP_TREE_COPY && tree->depth > 0 && top(tree)->target_is_new
               ? &top(tree)->siblings
               : NULL;
}

/// Opens the target's directory, making it where it is missing and to be made.
static bool provide_target(const struct mapcp_tree *tree, struct mapcp_tree_frame *frame,
                           struct mapcp_place place, struct mapcp_error *error) {
    frame->target = MAPCP_NOWHERE;
    if (place.directory == MAPCP_NOWHERE) {
        frame->target_is_new = true;
        return true;
    }
    if (tree->purpose == MAPCP_TREE_DRY_RUN) {
        frame->target_is_new = !open_target(frame, place, error);
        return !frame->target_is_new || error->code == MAPCP_NOT_FOUND;
    }
    // Made before it is looked at: most are missing, and a host that carries modes learns from it that this
    // one belongs to the source's, also where it is there already, by a job with another share or by one that
    // was killed.
    struct mapcp_siblings *siblings = siblings_of(tree);
    frame->target_is_new = mkdirat(place.directory, place.name, 0777) == 0;
    int number = frame->target_is_new || errno == EEXIST ? 0 : errno;
    if (siblings && frame->target_is_new) {
        mapcp_siblings_add(siblings, place.name);
    }
    // A job with another share makes the same directories.
    if (siblings && !frame->target_is_new && number == 0 && tree->options->shard.count <= 1 &&
        mapcp_siblings_may_have(siblings, place, tree->namer)) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_ALREADY_EXISTS);
    }
    // Only the root may be a preopened directory.
    if (number == 0 || (tree->depth == 0 && may_be_there(number))) {
        return open_target(frame, place, error) ||
               (number != 0 && error->code == MAPCP_NOT_FOUND &&
                mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number));
    }
    // A name that a file system cannot have is missing or invalid for it, though other names can be made
    // there.
    bool may_be_name = tree->depth > 0 && (number == ENOENT || number == EINVAL);
    if (may_be_name && mapcp_temporary_can_be_made(place, tree->namer)) {
        number = EILSEQ;
    }
    return mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number);
}

/// Refuses a target directory that is the source, by another name, or a directory that the source lies in.
static bool check_target(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                         struct mapcp_error *error) {
    if (!frame->has_target) {
        return true;
    }
    // What is in one of two directories is in the other, too. So only the roots are asked about, and, since
    // that takes a file, only if all that is cheap speaks for it.
    bool may_be_alias = tree->purpose == MAPCP_TREE_COPY && tree->depth == 0 && !frame->target_is_new &&
                        mapcp_alias_is_name(tree->source->text, tree->target->text) &&
                        mapcp_alias_is_possible(&frame->source_status, &frame->target_status);
    if (mapcp_is_same_file(&frame->source_status, &frame->target_status) ||
        (may_be_alias &&
         mapcp_alias_is_directory(frame->target, mapcp_listing_descriptor(frame->listing), tree->namer))) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_SAME_FILE);
    }
    for (size_t index = 0; index < tree->depth; index++) {
        if (mapcp_is_same_file(&tree->frames[index].source_status, &frame->target_status)) {
            return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_INTO_ITSELF);
        }
    }
    return true;
}

/// Refuses a followed link into the target, if other jobs are at work there: this one sees the directories
/// that it fills itself, and no others.
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
        error->side = MAPCP_SOURCE;
    }
    mapcp_path_free(&inside);
    return good;
}

/// Whether a source directory is the target's root although their identities differ. Asked where their names
/// are alike, since it takes a file.
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

/// Refuses a source directory that would make the walk go on for ever: one that is being filled, and, if
/// links are followed, one that the walk is in already.
///
/// The target's directories above this one are all that grows meanwhile. Whatever else is in the target,
/// links may lead to: it is finished, and no deeper than it is.
static bool check_no_loop(const struct mapcp_tree *tree, const struct mapcp_tree_frame *frame,
                          struct mapcp_error *error) {
    if (tree->depth == 0) {
        return true;
    }
    if (tree->depth == MOST_LEVELS) {
        return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_NAME_TOO_LONG);
    }
    if (is_target_by_name(tree, frame)) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_SOURCE, MAPCP_INTO_ITSELF);
    }
    for (size_t index = 0; index < tree->depth; index++) {
        const struct mapcp_tree_frame *above = &tree->frames[index];
        if (above->has_target && mapcp_is_same_file(&frame->source_status, &above->target_status)) {
            return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_SOURCE, MAPCP_INTO_ITSELF);
        }
        if (follows(tree) && mapcp_is_same_file(&frame->source_status, &above->source_status)) {
            return mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_TOO_MANY_LINKS);
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

/// Whether a directory stays open while the walk is `distance` levels below it: the nearest do, and of those
/// between one power of two and the next a single one.
///
/// So few are open, however deep the tree is, and what is needed again is never far below one that is: the
/// way up costs a logarithm for each level, and not the whole way from the root.
static bool stays_open(size_t index, size_t distance) {
    size_t spacing = NEAREST;
    while (spacing <= distance / 2) {
        spacing *= 2;
    }
    return distance < NEAREST || index % spacing == 0;
}

/// Closes those that need not stay open any more, since the walk has gone a level deeper.
static void close_farther(struct mapcp_tree *tree) {
    // What stays open changes at the powers of two only.
    for (size_t distance = NEAREST; distance < tree->depth; distance *= 2) {
        size_t index = tree->depth - 1 - distance;
        if (!stays_open(index, distance)) {
            close_frame(&tree->frames[index]);
        }
    }
}

/// Enters a directory; the paths are its already.
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
    // In this order, so that a loop leaves no empty directory.
    if (!open_source(&frame, source, follows(tree), error) || !check_no_loop(tree, &frame, error) ||
        !provide_target(tree, &frame, target, error) || !check_target(tree, &frame, error)) {
        close_frame(&frame);
        return false;
    }
    tree->frames[tree->depth++] = frame;
    tree->directories++;
    close_farther(tree);
    return true;
}

bool mapcp_tree_begin(struct mapcp_tree *tree, struct mapcp_error *error) {
    struct mapcp_place source = {.directory = AT_FDCWD, .name = tree->source->text};
    struct mapcp_place target = {
        .directory = tree->purpose == MAPCP_TREE_MEASURE ? MAPCP_NOWHERE : AT_FDCWD,
        .name = tree->target->text,
    };
    return enter(tree, source, target, error);
}

/// Opens a target directory again.
static bool reopen_target(const struct mapcp_tree *tree, struct mapcp_tree_frame *frame,
                          struct mapcp_place place, struct mapcp_error *error) {
    if (tree->purpose == MAPCP_TREE_COPY) {
        // It is there; but a host that carries modes has finished it, maybe for reading only. See
        // provide_target.
        (void)mkdirat(place.directory, place.name, 0777);
    }
    return open_target(frame, place, error);
}

/// Opens a frame again, from its parent's; fails where the name is another directory's by now.
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
    bool good = open_source(frame, source_place(tree, parent, name, path), follows(tree), error) &&
                (!frame->has_target || reopen_target(tree, frame, target_place(parent, name), error));
    free(path);
    if (good && !mapcp_is_same_file(&source_before, &frame->source_status)) {
        good = mapcp_fail(error, MAPCP_OPEN, MAPCP_SOURCE, MAPCP_SOURCE_CHANGED);
    }
    if (good && frame->has_target && !mapcp_is_same_file(&target_before, &frame->target_status)) {
        good = mapcp_fail(error, MAPCP_OPEN, MAPCP_TARGET, MAPCP_SOURCE_CHANGED);
    }
    // What it is given in the end is what it had when the walk came by first.
    frame->source_status = source_before;
    if (!good) {
        close_frame(frame);
    }
    return good;
}

/// Has the top frame open: walks down to it from the nearest that is, which the root is at least.
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

/// Finishes a directory whose entries are all done.
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
    // By the name ".", because through the preview 1 adapter futimens takes files only.
    int number = options->preserve_timestamps && utimensat(frame->target, ".", times, 0) != 0 ? errno : 0;
    if (options->sync && !mapcp_sync_directory(frame->target)) {
        return mapcp_fail_number(error, MAPCP_SYNC, MAPCP_TARGET, errno);
    }
    return number == 0 || mapcp_fail_number(error, MAPCP_SET_TIMES, MAPCP_TARGET, number);
}

static void leave_top(struct mapcp_tree *tree) {
    close_frame(top(tree));
    mapcp_names_free(&top(tree)->pending);
    tree->depth--;
}

/// The type of a listed entry, following it where that is asked for; false and `error` where it cannot be
/// known.
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
    *type = S_ISDIR(status.st_mode)   ? DT_DIR
            : S_ISREG(status.st_mode) ? DT_REG
            : S_ISLNK(status.st_mode) ? DT_LNK
                                      : DT_UNKNOWN;
    return true;
}

static void put_entry(const struct mapcp_tree *tree, unsigned char type, const char *name,
                      struct mapcp_tree_entry *entry) {
    *entry = (struct mapcp_tree_entry){
        .kind = type == DT_REG   ? MAPCP_TREE_FILE
                : type == DT_LNK ? MAPCP_TREE_LINK
                                 : MAPCP_TREE_SPECIAL,
        .source = source_place(tree, top(tree), name, tree->source->text),
        .target = target_place(top(tree), name),
        .target_is_new = top(tree)->target_is_new,
        .siblings = siblings_of(tree),
        .keeping = &top(tree)->keeping,
    };
}

/// Whether a name is one that the system has and WASI has no text for. Our host lists it with escapes, and
/// with a slash at its end, which no name has.
static bool is_escaped(const char *name) {
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '/';
}

/// The path with its last name as the system has it: a byte for each escape such as `\xff`. To be freed by
/// the caller; NULL without memory.
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

/// Whether the filters admit an entry with such a name. A pattern may be about the name as it is shown, or as
/// it is.
static bool admits_escaped(const struct mapcp_options *options, const char *shown, const char *path,
                           bool is_directory) {
    const struct mapcp_options excluding = {.exclude = options->exclude};
    const struct mapcp_options including = {.include = options->include};
    return mapcp_filter_admits(&excluding, shown, is_directory) &&
           mapcp_filter_admits(&excluding, path, is_directory) &&
           (mapcp_filter_admits(&including, shown, is_directory) ||
            mapcp_filter_admits(&including, path, is_directory));
}

/// Refuses an entry with such a name, whose paths are set, unless it is to be left out anyway.
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
    return !admitted || mapcp_fail(error, MAPCP_INSPECT, MAPCP_SOURCE, MAPCP_INVALID_NAME);
}

/// Whether the filters admit the current entry. What a link leads to need not be known for that where they
/// would leave it out whatever it is.
static bool is_admitted(const struct mapcp_tree *tree, unsigned char type, bool is_known) {
    const char *path = relative_path(tree);
    return mapcp_filter_admits(tree->options, path, type == DT_DIR) ||
           (!is_known && mapcp_filter_admits(tree->options, path, true));
}

/// What became of a listed entry.
enum outcome { FOUND, FAILED, PASSED };

static enum outcome take_listed(struct mapcp_tree *tree, const struct mapcp_listed *listed,
                                struct mapcp_tree_entry *entry, struct mapcp_error *error) {
    unsigned char type = DT_UNKNOWN;
    if (strcmp(listed->name, ".") == 0 || strcmp(listed->name, "..") == 0) {
        return PASSED;
    }
    if (!push_paths(tree, listed->name)) {
        return out_of_memory(error) ? PASSED : FAILED;
    }
    if (is_escaped(listed->name)) {
        return refuse_escaped(tree, listed->type == DT_DIR, error) ? PASSED : FAILED;
    }
    bool is_ours = mapcp_shard_has(tree->options->shard, relative_path(tree));
    bool is_known = find_type(tree, listed, &type, error);
    // What may be a directory to the other shares has a part of this one in it.
    if (type != DT_DIR && !is_ours && (is_known || !mapcp_is_transient(error))) {
        return PASSED;
    }
    bool is_skipped_link = type == DT_LNK && tree->options->symlinks == MAPCP_SYMLINKS_SKIP;
    if (is_skipped_link || !is_admitted(tree, type, is_known)) {
        tree->left_out += is_ours;
        return PASSED;
    }
    if (!is_known) {
        return FAILED;
    }
    if (type == DT_DIR) {
        return mapcp_names_push(&top(tree)->pending, listed->name) || out_of_memory(error) ? PASSED : FAILED;
    }
    put_entry(tree, type, listed->name, entry);
    return FOUND;
}

/// Goes on with the listing of the top directory, up to an entry, a failure, or its end.
static enum outcome list_top(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                             struct mapcp_error *error) {
    assert(top(tree)->listing);
    for (;;) {
        cut_paths(tree);
        struct mapcp_listed listed;
        if (!mapcp_listing_next(top(tree)->listing, &listed)) {
            top(tree)->listed = true;
            return errno == 0 || mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, errno) ? PASSED : FAILED;
        }
        enum outcome outcome = take_listed(tree, &listed, entry, error);
        if (outcome != PASSED) {
            return outcome;
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
            enum outcome outcome = list_top(tree, entry, error);
            if (outcome != PASSED) {
                return outcome == FOUND ? MAPCP_TREE_FOUND : MAPCP_TREE_FAILED;
            }
        }
        cut_paths(tree);
        const char *name = mapcp_names_pop(&top(tree)->pending);
        if (name) {
            if (!enter_pending(tree, name, error)) {
                return MAPCP_TREE_FAILED;
            }
            continue;
        }
        bool finished = finish_top(tree, error);
        leave_top(tree);
        if (!finished) {
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
    tree->frames = NULL;
    tree->capacity = 0;
}
