#include "parents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "listing.h"
#include "target.h"

/// Calls `use` with each directory on the way to `path`, from the top down, until it returns false.
static bool for_each_parent(const char *path, bool (*use)(const char *parent, void *context), void *context) {
    char *parent = strdup(path);
    bool good = parent != NULL;
    for (char *slash = parent ? strchr(parent + 1, '/') : NULL; good && slash;
         slash = strchr(slash + 1, '/')) {
        // A slash at the end belongs to the last name.
        if (slash[strspn(slash, "/")] == '\0') {
            break;
        }
        *slash = '\0';
        good = use(parent, context);
        *slash = '/';
    }
    free(parent);
    return good;
}

struct making {
    struct mapcp_names *made;
    struct mapcp_error *error;
    /// The errno value for a directory that is missing. Of a path below the preopen `/a/b`, `/a` is missing
    /// and `/a/b` is not. So only the last directory must exist.
    int missing;
};

static bool make_parent(const char *parent, void *context) {
    struct making *making = context;
    struct stat status;
    // Checked first, because a preopened directory exists but cannot always be created.
    if (stat(parent, &status) == 0) {
        making->missing = 0;
        return true;
    }
    if (!mapcp_names_push(making->made, parent)) {
        return mapcp_fail_number(making->error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, ENOMEM);
    }
    if (mkdir(parent, 0777) == 0) {
        making->missing = 0;
        return true;
    }
    int number = errno;
    (void)mapcp_names_pop(making->made);
    making->missing = number == ENOENT ? number : 0;
    return number == EEXIST || number == ENOENT ||
           mapcp_fail_number(making->error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

/// Whether the last directory on the way exists. If not, sets the error.
static bool ends_well(const struct making *making) {
    return making->missing == 0 ||
           mapcp_fail_number(making->error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, making->missing);
}

bool mapcp_make_parents(const char *path, struct mapcp_names *made, struct mapcp_error *error) {
    struct making making = {.made = made, .error = error};
    mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, ENOMEM);
    return (path[0] == '\0' || for_each_parent(path, make_parent, &making)) && ends_well(&making);
}

void mapcp_remove_parents(struct mapcp_names *made) {
    for (const char *parent; (parent = mapcp_names_pop(made)) != NULL;) {
        // A directory that is not empty is in use, so it stays.
        (void)rmdir(parent);
    }
    mapcp_names_free(made);
}

/// Sets `parent` to the nearest directory on the way to `path` that exists, and `status` to its status.
static bool find_parent(const char *path, struct mapcp_path *parent, struct stat *status) {
    if (!mapcp_path_set(parent, path)) {
        return false;
    }
    while (parent->length > 1 && parent->text[parent->length - 1] == '/') {
        mapcp_path_cut(parent, parent->length - 1);
    }
    do {
        const char *slash = strrchr(parent->text, '/');
        if (!slash) {
            return mapcp_path_set(parent, ".") && stat(".", status) == 0;
        }
        mapcp_path_cut(parent, slash == parent->text ? 1 : (size_t)(slash - parent->text));
    } while (stat(parent->text, status) != 0 && parent->length > 1);
    return true;
}

bool mapcp_check_outside(const char *path, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_path parent = {.text = NULL};
    struct stat status = {.st_ino = 0};
    struct stat below = {.st_ino = 0};
    bool outside = true;
    // Goes up by "..", which is right for links on the way, to the root of the sandbox.
    bool more = find_parent(path, &parent, &status);
    while (more && outside) {
        outside = !mapcp_is_same_file(&status, source);
        below = status;
        more = mapcp_path_push(&parent, "..") && stat(parent.text, &status) == 0 &&
               !mapcp_is_same_file(&below, &status);
    }
    mapcp_path_free(&parent);
    return outside || mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INTO_ITSELF);
}

bool mapcp_check_may_create(struct mapcp_place place, struct mapcp_error *error) {
    struct mapcp_path parent = {.text = NULL};
    struct stat status;
    const bool is_path = place.directory == AT_FDCWD;
    const bool is_known =
        !is_path || (find_parent(place.name, &parent, &status) && mapcp_path_push(&parent, "."));
    int number = 0;
    // This name always exists, so nothing is created. A host that refuses all changes reports that instead.
    if (is_known && mkdirat(place.directory, is_path ? parent.text : ".", 0777) != 0) {
        number = errno;
    }
    mapcp_path_free(&parent);
    switch (number) {
    case EACCES:
    case EROFS:
    case EPERM:
#ifdef ENOTCAPABLE
    case ENOTCAPABLE:
#endif
        return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
    default:
        return true;
    }
}

static bool check_parent(const char *parent, void *context) {
    struct making *checking = context;
    struct stat status;
    checking->missing = stat(parent, &status) == 0 ? 0 : errno;
    return checking->missing == 0 || checking->missing == ENOENT || ends_well(checking);
}

bool mapcp_check_parents(const char *path, struct mapcp_error *error) {
    mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, ENOMEM);
    struct making checking = {.error = error};
    return (path[0] == '\0' || for_each_parent(path, check_parent, &checking)) && ends_well(&checking);
}

/// Puts a name before a relative path. Returns false if memory runs out.
static bool prepend(struct mapcp_path *path, const char *name) {
    struct mapcp_path longer = {.text = NULL};
    bool good = mapcp_path_set(&longer, name) && (path->length == 0 || mapcp_path_push(&longer, path->text));
    if (!good) {
        mapcp_path_free(&longer);
        return false;
    }
    mapcp_path_free(path);
    *path = longer;
    return true;
}

/// Moves the last name of `start`, which does not exist, to the front of `below`. Returns false if that is
/// impossible.
static bool take_missing(struct mapcp_path *start, struct mapcp_path *below) {
    while (start->length > 1 && start->text[start->length - 1] == '/') {
        mapcp_path_cut(start, start->length - 1);
    }
    const char *name = mapcp_path_name(start->text);
    if (mapcp_path_enters(start->text) || !prepend(below, name)) {
        return false;
    }
    const size_t length = (size_t)(name - start->text);
    return length > 0 ? (mapcp_path_cut(start, length), true) : mapcp_path_set(start, ".");
}

/// Finds the name of `directory` in its parent, and puts it at the front of `below`. Returns false if there
/// is none.
static bool take_name(const char *parent, const struct stat *directory, struct mapcp_path *below) {
    int descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct mapcp_listing *listing = descriptor >= 0 ? mapcp_listing_open(descriptor) : NULL;
    if (!listing) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return false;
    }
    struct mapcp_listed listed;
    struct stat status;
    bool found = false;
    while (!found && mapcp_listing_next(listing, &listed)) {
        found = strcmp(listed.name, ".") != 0 && strcmp(listed.name, "..") != 0 &&
                fstatat(descriptor, listed.name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                mapcp_is_same_file(&status, directory) && prepend(below, listed.name);
    }
    mapcp_listing_close(listing);
    return found;
}

/// Sets `below` to the path of the target below the source. Returns false if it is unknown.
static bool find_below(const char *target, const struct stat *source, struct mapcp_path *below) {
    struct mapcp_path at = {.text = NULL};
    struct stat status;
    struct stat above;
    bool good = mapcp_path_set(&at, target);
    while (good && (stat(at.text, &status) != 0 || !S_ISDIR(status.st_mode))) {
        good = take_missing(&at, below);
    }
    // Goes up by "..", which is right for links on the way.
    while (good && !mapcp_is_same_file(&status, source)) {
        good = mapcp_path_push(&at, "..") && stat(at.text, &above) == 0 &&
               !mapcp_is_same_file(&status, &above) && take_name(at.text, &status, below);
        status = above;
    }
    mapcp_path_free(&at);
    return good;
}

bool mapcp_is_left_out(const char *target, const struct stat *source, const struct mapcp_options *options) {
    struct mapcp_path below = {.text = NULL};
    bool left_out = false;
    if (options->exclude.count > 0 && find_below(target, source, &below)) {
        for (size_t at = 0; !left_out && at < below.length;) {
            const size_t end = at + strcspn(below.text + at, "/");
            const char after = below.text[end];
            below.text[end] = '\0';
            left_out = !mapcp_filter_admits(options, below.text, true);
            below.text[end] = after;
            at = end + (after != '\0');
        }
    }
    mapcp_path_free(&below);
    return left_out;
}

bool mapcp_sync_directory(int descriptor) {
#ifdef __wasi__
    // The preview 1 adapter has fsync only for files, and returns EBADF for a directory.
    return fsync(descriptor) == 0 || errno == EBADF;
#else
    return fsync(descriptor) == 0;
#endif
}

bool mapcp_sync_parent(const char *path, struct mapcp_error *error) {
    const char *slash = strrchr(path, '/');
    char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int descriptor = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = descriptor >= 0 && mapcp_sync_directory(descriptor);
    good = good || mapcp_fail_number(error, MAPCP_OPERATION_SYNC, MAPCP_SIDE_TARGET, errno);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    free(parent);
    return good;
}
