#ifndef MAPCP_FLAGS_H
#define MAPCP_FLAGS_H

#include <stdbool.h>

#include "options.h"

/// Whether to show progress.
enum mapcp_shown {
    /// On a terminal, and under --json.
    MAPCP_SHOWN_BY_DEFAULT,
    MAPCP_SHOWN,
    MAPCP_NOT_SHOWN,
};

/// What to do.
enum mapcp_action {
    MAPCP_COPY,
    MAPCP_CLEAN,
    MAPCP_PRINT_HELP,
    MAPCP_PRINT_VERSION,
};

/// What the command line's arguments come to.
struct mapcp_flags {
    enum mapcp_action action;
    /// How to copy; its patterns are borrowed from the arguments, the lists of them are owned.
    struct mapcp_options options;
    /// The directory to copy into, which leaves all names to sources; NULL if none was given. Borrowed.
    const char *target_directory;
    /// Whether TARGET is the copy's own path, even where it is a directory.
    bool target_is_path;
    enum mapcp_shown progress;
    bool json;
    bool quiet;
    bool verbose;
    /// The arguments that are no options; there is at least one where there is something to copy or to clean.
    /// Borrowed, the list is owned.
    const char **names;
    int name_count;
};

/// Reads the arguments, of which the first is the program's own name. Under a false result, what is wrong has
/// been printed. `flags` is to be freed with mapcp_flags_free in any case.
///
/// Not by getopt_long, which takes abbreviations: commander, which reads the arguments under Node, does not,
/// and what is short for one option today would be short for two with the next one.
bool mapcp_flags_read(struct mapcp_flags *flags, int count, char **arguments);

/// Frees the lists.
void mapcp_flags_free(struct mapcp_flags *flags);

/// Reports wrong usage: `why`, and in quotes `what`, which may be NULL. Always returns false, for the caller
/// to return.
bool mapcp_refuse(const char *why, const char *what);

#endif
