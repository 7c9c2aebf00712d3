#include "inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "listing.h"
#include "path.h"
#include "target.h"

/// Puts a name before a relative path. False without memory.
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

/// Puts the last name of `start`, which does not exist, before `below`. False if it is none.
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

/// Puts the name that the directory with this status has in the directory `parent` before `below`. False if
/// it has none there.
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

/// Sets `below` to the path of the target below the source, as a walk goes it. False if that cannot be known.
static bool find_below(const char *target, const struct stat *source, struct mapcp_path *below) {
    struct mapcp_path at = {.text = NULL};
    struct stat status;
    struct stat above;
    bool good = mapcp_path_set(&at, target);
    while (good && (stat(at.text, &status) != 0 || !S_ISDIR(status.st_mode))) {
        good = take_missing(&at, below);
    }
    // Upwards by "..", so that links on the way are seen for what they are.
    while (good && !mapcp_is_same_file(&status, source)) {
        good = mapcp_path_push(&at, "..") && stat(at.text, &above) == 0 &&
               !mapcp_is_same_file(&status, &above) && take_name(at.text, &status, below);
        status = above;
    }
    mapcp_path_free(&at);
    return good;
}

bool mapcp_inside_left_out(const char *target, const struct stat *source,
                           const struct mapcp_options *options) {
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
