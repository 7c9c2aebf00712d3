#include "source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "times.h"

static const char LEADS_OUT[] =
    "it is a link that leads out of the sandbox; "
    "copy its destination by its own path, or copy the link itself, with `symlinks=preserve`";
// wasmtime does not read absolute links.
static const char UNREADABLE[] =
    "the host does not let programs read this link, perhaps because it is absolute; "
    "leave it out, with `symlinks=skip`, or copy its destination by its own path";
static const char INVALID_TEXT[] =
    "the link's text is not valid UTF-8; recreate the link, or leave it out, with `symlinks=skip`";

bool mapcp_source_check(const struct stat *status, struct mapcp_error *error) {
    if (S_ISDIR(status->st_mode)) {
        return mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_IS_DIRECTORY);
    }
    return S_ISREG(status->st_mode) ||
           mapcp_fail(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, MAPCP_CODE_NOT_REGULAR_FILE);
}

/// Whether the host refuses to read the text of a link.
static bool is_unreadable(struct mapcp_place link) {
    char first = '\0';
    struct mapcp_error error;
    return readlinkat(link.directory, link.name, &first, 1) < 0 &&
           !mapcp_fail_number(&error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, errno) &&
           error.code == MAPCP_CODE_NOT_PERMITTED;
}

bool mapcp_stat_source(struct mapcp_place place, bool follow, struct stat *status,
                       struct mapcp_error *error) {
    const int flags = follow || mapcp_path_enters(place.name) ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(place.directory, place.name, status, flags) == 0) {
        return true;
    }
    mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, errno);
    struct stat link;
    if (follow && fstatat(place.directory, place.name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(link.st_mode)) {
        error->because = error->code == MAPCP_CODE_NOT_PERMITTED
                             ? is_unreadable(place) ? UNREADABLE : LEADS_OUT
                         : error->code == MAPCP_CODE_INVALID_NAME ? INVALID_TEXT
                                                                  : NULL;
    }
    return false;
}

bool mapcp_source_open(struct mapcp_source *source, struct mapcp_place place, bool follow,
                       struct mapcp_error *error) {
    // If a FIFO has taken the name, O_NONBLOCK keeps the open from waiting for a writer.
    const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
    source->descriptor = openat(place.directory, place.name, flags);
    if (source->descriptor < 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, errno);
    }
    if (fstat(source->descriptor, &source->status) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, errno);
    }
    return mapcp_source_check(&source->status, error);
}

bool mapcp_is_unchanged(const struct stat *before, const struct stat *now) {
    // A hard link that is added or removed changes the time of the status, but nothing that is copied.
    bool has_same_names = before->st_nlink == now->st_nlink;
    return before->st_size == now->st_size && mapcp_is_same_time(before->st_mtim, now->st_mtim) &&
           (!has_same_names || mapcp_is_same_time(before->st_ctim, now->st_ctim));
}

bool mapcp_source_compare(const struct mapcp_source *source, enum mapcp_change *change,
                          struct mapcp_error *error) {
    struct stat now;
    if (fstat(source->descriptor, &now) != 0) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, errno);
    }
    *change = mapcp_is_unchanged(&source->status, &now) ? MAPCP_CHANGE_NONE
              : now.st_size >= source->status.st_size   ? MAPCP_CHANGE_WRITTEN
                                                        : MAPCP_CHANGE_SHORTENED;
    return true;
}

bool mapcp_read_link(struct mapcp_place place, struct mapcp_link *link, struct mapcp_error *error) {
    ssize_t length = readlinkat(place.directory, place.name, link->text, MAPCP_LONGEST_LINK);
    if (length < 0) {
        mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, errno);
        error->because = error->code == MAPCP_CODE_NOT_PERMITTED  ? UNREADABLE
                         : error->code == MAPCP_CODE_INVALID_NAME ? INVALID_TEXT
                                                                  : NULL;
        return false;
    }
    if (length == MAPCP_LONGEST_LINK) {
        return mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_SOURCE, ENAMETOOLONG);
    }
    link->text[length] = '\0';
    return true;
}

// A link is resolved from the directory that it is in, which is a real one: a copy makes no directory below a
// link. While all names so far are `..`, every step leads to the parent of a real directory, and the depth is
// known. After another name it is unknown: that name may be, or become, a link to any directory of the tree,
// even to the root. So no `..` may follow another name. Every other name leads to an entry of the directory
// that was reached, or along another contained link. By induction over the steps, none leads out.
bool mapcp_link_is_contained(const char *text, size_t depth) {
    // Windows has other separators and drives, and ignores dots and spaces at the end of names.
    if (depth == 0 || text[0] == '\0' || text[0] == '/' || strchr(text, '\\')) {
        return false;
    }
    bool has_name = false;
    for (const char *name = text; *name; name += strspn(name, "/")) {
        const size_t length = strcspn(name, "/");
        const bool is_dots = strspn(name, ". ") == length;
        if (isalpha((unsigned char)name[0]) && name[1] == ':') {
            return false;
        }
        if (!is_dots) {
            has_name = true;
        } else if (length == 2 && memcmp(name, "..", 2) == 0) {
            if (has_name || --depth == 0) {
                return false;
            }
        } else if (length != 1 || *name != '.') {
            return false;
        }
        name += length;
    }
    return true;
}

bool mapcp_source_close(struct mapcp_source *source, struct mapcp_error *error) {
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor < 0 || close(descriptor) == 0 ||
           mapcp_fail_number(error, MAPCP_OPERATION_CLOSE, MAPCP_SIDE_SOURCE, errno);
}
