#include "link_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "source.h"

// A link's text is a path, and Linux takes none that is longer.
#define LONGEST_TEXT 4096

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
            return mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, errno);
        }
    }
    int number = mapcp_temporary_link(temporary, terms->target, text, namer);
    if (number != 0) {
        return mapcp_fail_number(error, MAPCP_CREATE, MAPCP_TARGET, number);
    }
    return (!options->preserve_timestamps ||
            mapcp_temporary_set_times(temporary, terms->source_status, error)) &&
           mapcp_commit(temporary, terms, skipped, error);
}
