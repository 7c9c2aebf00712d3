#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "path.h"
#include "times.h"

bool mapcp_is_same_file(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/// Whether it is known which of two times is later: not if WASI has neither of them.
static bool is_known(const struct timespec *source, const struct timespec *target) {
    return !(mapcp_time_may_be_earlier(source) && mapcp_time_may_be_earlier(target)) &&
           !(mapcp_time_may_be_later(source) && mapcp_time_may_be_later(target));
}

bool mapcp_target_is_undecided(const struct mapcp_error *error) {
    return error->operation == MAPCP_INSPECT && error->side == MAPCP_TARGET &&
           error->code == MAPCP_UNSUPPORTED && error->number == 0;
}

/// Refuses a link that leads to `file`. One that leads nowhere, or out of the sandbox, does not; of one that
/// could not be followed this time nobody knows.
static bool check_link(struct mapcp_place link, const struct stat *status, const struct stat *file,
                       enum mapcp_side side, struct mapcp_error *error) {
    struct stat led_to;
    if (!S_ISLNK(status->st_mode) || S_ISLNK(file->st_mode)) {
        return true;
    }
    if (fstatat(link.directory, link.name, &led_to, 0) != 0) {
        (void)mapcp_fail_number(error, MAPCP_INSPECT, side, errno);
        return !mapcp_is_transient(error);
    }
    return !mapcp_is_same_file(&led_to, file) ||
           mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_SAME_FILE);
}

/// Refuses a target that is the source by another name, or what the source leads to: a link in the place of
/// that would lead to itself, and the content would be gone.
static bool check_not_source(struct mapcp_place target, const struct stat *status, struct mapcp_place source,
                             const struct stat *source_status, struct mapcp_error *error) {
    if (mapcp_is_same_file(status, source_status)) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_SAME_FILE);
    }
    return check_link(target, status, source_status, MAPCP_TARGET, error) &&
           check_link(source, source_status, status, MAPCP_SOURCE, error);
}

/// Refuses a link that leads to a FIFO, a socket or a device. One that leads nowhere, or out of the sandbox,
/// is accepted; if a transient error prevents following it, it is refused.
static bool check_not_special(struct mapcp_place target, struct mapcp_error *error) {
    struct stat status;
    if (fstatat(target.directory, target.name, &status, 0) != 0) {
        (void)mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_TARGET, errno);
        return !mapcp_is_transient(error);
    }
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ||
           mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_NOT_REGULAR_FILE);
}

bool mapcp_target_decide(struct mapcp_place target, struct mapcp_place source,
                         const struct stat *source_status, struct mapcp_policy policy,
                         enum mapcp_decision *decision, struct mapcp_error *error) {
    const enum mapcp_overwrite overwrite = policy.overwrite;
    struct stat status;
    *decision = MAPCP_DECISION_NEW;
    if (target.directory == MAPCP_NOWHERE) {
        return true;
    }
    int flags = mapcp_path_enters(target.name) ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(target.directory, target.name, &status, flags) != 0) {
        return errno == ENOENT || mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_TARGET, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_IS_DIRECTORY);
    }
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        return mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_NOT_REGULAR_FILE);
    }
    if (!check_not_source(target, &status, source, source_status, error)) {
        return false;
    }
    if (overwrite == MAPCP_OVERWRITE_ERROR) {
        return mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_ALREADY_EXISTS);
    }
    if (overwrite == MAPCP_OVERWRITE_NEWER && !is_known(&source_status->st_mtim, &status.st_mtim)) {
        return mapcp_fail(error, MAPCP_INSPECT, MAPCP_TARGET, MAPCP_UNSUPPORTED);
    }
    bool stays = overwrite == MAPCP_OVERWRITE_NEVER ||
                 (overwrite == MAPCP_OVERWRITE_NEWER &&
                  !mapcp_is_later(&source_status->st_mtim, &status, target, policy.keeping));
    *decision = stays                                             ? MAPCP_DECISION_SKIP
                : mapcp_alias_is_possible(&status, source_status) ? MAPCP_DECISION_REPLACE_OTHER
                                                                  : MAPCP_DECISION_REPLACE;
    return stays || !policy.is_named || !S_ISLNK(status.st_mode) || check_not_special(target, error);
}

/// Calls `use` with each directory on the way to `path`, from the top, until it returns false.
static bool for_each_parent(const char *path, bool (*use)(const char *parent, void *context), void *context) {
    char *parent = strdup(path);
    bool good = parent != NULL;
    for (char *slash = parent ? strchr(parent + 1, '/') : NULL; good && slash;
         slash = strchr(slash + 1, '/')) {
        // A slash at the very end is a part of the name itself.
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
};

static bool make_parent(const char *parent, void *context) {
    const struct making *making = context;
    struct stat status;
    // Looked at before it is made: a preopened directory can be there and yet not be made again.
    if (stat(parent, &status) == 0) {
        return true;
    }
    if (!mapcp_names_push(making->made, parent)) {
        return mapcp_fail_number(making->error, MAPCP_CREATE, MAPCP_TARGET, ENOMEM);
    }
    if (mkdir(parent, 0777) == 0) {
        return true;
    }
    int number = errno;
    (void)mapcp_names_pop(making->made);
    return number == EEXIST || mapcp_fail_number(making->error, MAPCP_CREATE, MAPCP_TARGET, number);
}

bool mapcp_target_make_parents(const char *path, struct mapcp_names *made, struct mapcp_error *error) {
    struct making making = {.made = made, .error = error};
    mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, ENOMEM);
    return path[0] == '\0' || for_each_parent(path, make_parent, &making);
}

void mapcp_target_remove_parents(struct mapcp_names *made) {
    for (const char *parent; (parent = mapcp_names_pop(made)) != NULL;) {
        // One that has something in it is in use, by this copy or by another.
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

bool mapcp_target_check_outside(const char *path, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_path parent = {.text = NULL};
    struct stat status = {.st_ino = 0};
    struct stat below = {.st_ino = 0};
    bool outside = true;
    // Upwards by "..", so that links on the way are seen for what they are, up to the root of the sandbox.
    bool more = find_parent(path, &parent, &status);
    while (more && outside) {
        outside = !mapcp_is_same_file(&status, source);
        below = status;
        more = mapcp_path_push(&parent, "..") && stat(parent.text, &status) == 0 &&
               !mapcp_is_same_file(&below, &status);
    }
    mapcp_path_free(&parent);
    return outside || mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_INTO_ITSELF);
}

static bool check_parent(const char *parent, void *context) {
    struct stat status;
    return stat(parent, &status) == 0 || mapcp_fail_number(context, MAPCP_CREATE, MAPCP_TARGET, errno);
}

bool mapcp_target_check_parents(const char *path, struct mapcp_error *error) {
    mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, ENOMEM);
    return path[0] == '\0' || for_each_parent(path, check_parent, error);
}

bool mapcp_sync_directory(int descriptor) {
#ifdef __wasi__
    // The preview 1 adapter knows fsync for files only, and says that this is no descriptor.
    return fsync(descriptor) == 0 || errno == EBADF;
#else
    return fsync(descriptor) == 0;
#endif
}
