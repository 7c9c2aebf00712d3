#include "link_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "source.h"

// A link's text is a path, and Linux takes none that is longer.
#define LONGEST_TEXT 4096

// What nothing is named.
#define NOWHERE ".mapcp-nowhere"

// No test can show it before the first link: file systems answer in many ways, and so do hosts.
static const char NO_LINKS[] =
    "the target's file system does not take symbolic links; copy what they lead to (--symlinks=follow), "
    "or leave them out (--symlinks=skip)";

/// Fails with what making a link has failed with. FAT and exFAT have no links, and each says so in its own
/// way: as not permitted, as unsupported, or, through wasmtime, as an input/output error. But they take a
/// file.
static bool fail_to_link(struct mapcp_place target, const char *text, struct mapcp_namer *namer, int number,
                         struct mapcp_error *error) {
    mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number);
    bool may_lack_links =
        error->code == MAPCP_NOT_PERMITTED || error->code == MAPCP_UNSUPPORTED || error->code == MAPCP_IO;
    // Hosts do not permit to make a link to an absolute path.
    if (may_lack_links && text[0] != '/' && mapcp_temporary_can_be_made(target, namer)) {
        error->because = NO_LINKS;
    }
    return false;
}

/// Finds out whether the target's directory keeps the times of links, or those of what a link leads to are
/// set instead, as by sshfs. That may lie anywhere, so a link that leads nowhere is tried first.
static bool find_link_times(const struct mapcp_terms *terms, struct mapcp_temporary *temporary,
                            struct mapcp_namer *namer, struct mapcp_error *error) {
    struct mapcp_timekeeping *keeping = terms->policy.keeping;
    if (keeping->knows_links) {
        return true;
    }
    int number = mapcp_temporary_link(temporary, terms->target, NOWHERE, namer);
    if (number != 0) {
        return fail_to_link(terms->target, NOWHERE, namer, number, error);
    }
    bool is_set = mapcp_temporary_set_times(temporary, terms->source_status, error);
    if (!is_set && error->number != ENOENT) {
        return false;
    }
    keeping->knows_links = true;
    keeping->links_refused = is_set ? temporary->times_refused : ENOTSUP;
    return mapcp_temporary_discard(temporary) || mapcp_fail_number(error, MAPCP_REMOVE, MAPCP_TARGET, errno);
}

bool mapcp_link_copy(const struct mapcp_terms *terms, const struct mapcp_options *options,
                     struct mapcp_temporary *temporary, struct mapcp_namer *namer, bool *skipped,
                     struct mapcp_error *error) {
    char text[LONGEST_TEXT + 1];
    *skipped = false;
    ssize_t length = readlinkat(terms->source.directory, terms->source.name, text, LONGEST_TEXT);
    if (length < 0) {
        mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, errno);
        error->because = error->code == MAPCP_INVALID_NAME ? MAPCP_INVALID_TEXT : NULL;
        return false;
    }
    if (length == LONGEST_TEXT) {
        return mapcp_fail_number(error, MAPCP_INSPECT, MAPCP_SOURCE, ENAMETOOLONG);
    }
    text[length] = '\0';
    // A link that needs nothing but its text is complete at once, and takes no name that something has.
    if (terms->decision == MAPCP_DECISION_NEW && !options->preserve_timestamps) {
        if (symlinkat(text, terms->target.directory, terms->target.name) == 0) {
            if (terms->siblings) {
                mapcp_siblings_add(terms->siblings, terms->target.name);
            }
            return true;
        }
        // What the file system does not take, a temporary name shows to be the link or its name.
        if (errno != EEXIST && errno != ENOENT && errno != EINVAL) {
            return fail_to_link(terms->target, text, namer, errno, error);
        }
    }
    if (options->preserve_timestamps && !find_link_times(terms, temporary, namer, error)) {
        return false;
    }
    int number = mapcp_temporary_link(temporary, terms->target, text, namer);
    if (number != 0) {
        return fail_to_link(terms->target, text, namer, number, error);
    }
    if (options->preserve_timestamps) {
        temporary->times_refused = terms->policy.keeping->links_refused;
        if (temporary->times_refused == 0 &&
            !mapcp_temporary_set_times(temporary, terms->source_status, error)) {
            return false;
        }
    }
    return mapcp_commit(temporary, terms, skipped, error);
}
