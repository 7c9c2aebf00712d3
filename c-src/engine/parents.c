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

bool mapcp_check_outside(const char *path, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_way way = MAPCP_NO_WAY;
    bool inside = false;
    const bool good = mapcp_way_begin(&way, path, true);
    while (good && mapcp_way_next(&way) == MAPCP_WAY_PASSED) {
        inside = (inside && !way.is_elsewhere) || mapcp_is_same_file(&way.status, source);
    }
    mapcp_way_end(&way);
    return !inside || mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INTO_ITSELF);
}

/// Tries to create a directory that always exists, so nothing is created. A host that refuses all changes
/// reports that instead. Returns 0 or the errno value.
static int try_to_create(int directory) {
    return mkdirat(directory, ".", 0777) == 0 ? 0 : errno;
}

bool mapcp_check_may_create(struct mapcp_place place, struct mapcp_error *error) {
    struct mapcp_way way = MAPCP_NO_WAY;
    int number = 0;
    if (place.directory != AT_FDCWD) {
        number = try_to_create(place.directory);
    } else if (mapcp_way_begin(&way, place.name, false)) {
        while (mapcp_way_next(&way) == MAPCP_WAY_PASSED) {
        }
        number = way.directory >= 0 && way.from == way.next ? try_to_create(way.directory) : 0;
    }
    mapcp_way_end(&way);
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
static bool find_below(const struct mapcp_way *way, size_t from, const struct stat *source,
                       struct mapcp_path *below) {
    struct mapcp_path at = {.text = NULL};
    struct stat status;
    struct stat above;
    bool good = mapcp_path_set(below, way->path + (from > 0 ? from : way->elsewhere));
    if (from > 0) {
        return good;
    }
    good = good && mapcp_path_append(&at, way->path, way->elsewhere) &&
           (way->elsewhere > 0 || mapcp_path_set(&at, ".")) && stat(at.text, &status) == 0;
    // Goes up by "..", which is right for links on the way.
    while (good && !mapcp_is_same_file(&status, source)) {
        good = mapcp_path_push(&at, "..") && stat(at.text, &above) == 0 &&
               !mapcp_is_same_file(&status, &above) && take_name(at.text, &status, below);
        status = above;
    }
    mapcp_path_free(&at);
    return good;
}

bool mapcp_is_left_out(const struct mapcp_way *way, size_t from, const struct stat *source,
                       const struct mapcp_options *options) {
    struct mapcp_path below = {.text = NULL};
    bool left_out = false;
    if (options->exclude.count > 0 && !mapcp_way_has_dots(way) && find_below(way, from, source, &below)) {
        for (size_t at = 0; !left_out && at < below.length;) {
            const size_t end = at + strcspn(below.text + at, "/");
            const char after = below.text[end];
            below.text[end] = '\0';
            left_out = !mapcp_filter_admits(options, below.text, true);
            below.text[end] = after;
            at = end + strspn(below.text + end, "/");
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
