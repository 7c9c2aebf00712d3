#ifndef MAPCP_GRAMMAR_H
#define MAPCP_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/// The exit status for wrong usage. A WASI command cannot end with it, and fails instead.
#define MAPCP_STATUS_USAGE 2

/// An option, for people and for programs that complete or check arguments. Its strings are static.
struct mapcp_option_description {
    /// Its long name, without dashes.
    const char *name;
    /// Its letters, which all mean the same; empty if it has none. People see the first.
    const char *letters;
    /// The heading that --help lists it under.
    const char *section;
    /// A clause that says what it does; NULL if --help does not list it.
    const char *help;
    /// The name of its value; NULL if it takes none.
    const char *value;
    /// The values that it takes, with a NULL behind the last; NULL if it takes any other.
    const char *const *choices;
    /// The value that is used without it; NULL if there is none.
    const char *initial;
    /// What it needs that a WASI command does not have; NULL if it needs nothing.
    const char *needs;
};

/// Describes the options in the order of --help, one for each number from 0. Returns false if there are no
/// more.
bool mapcp_describe_option(size_t number, struct mapcp_option_description *description);

/// What arguments ask for.
enum mapcp_action {
    MAPCP_ACTION_COPY,
    MAPCP_ACTION_CLEAN,
    /// Print `text`.
    MAPCP_ACTION_PRINT,
    /// Print the completions for `shell`.
    MAPCP_ACTION_COMPLETE,
};

/// When to show progress.
enum mapcp_progress_shown {
    /// On a terminal, and under --json.
    MAPCP_PROGRESS_BY_DEFAULT,
    MAPCP_PROGRESS_ALWAYS,
    MAPCP_PROGRESS_NEVER,
};

/// A warning that a pattern matches nothing, unless a path exists. It owns both strings.
struct mapcp_pattern_warning {
    char *unless_exists;
    /// A line.
    char *text;
};

/// What to do. Strings are borrowed from the arguments unless something else is said.
struct mapcp_invocation {
    enum mapcp_action action;
    struct mapcp_options options;
    /// How many jobs divide a tree.
    uint32_t concurrency;
    /// The sources, or the directories to clean. Owned.
    const char **names;
    size_t name_count;
    /// The path of the copy, or the directory to copy into; NULL if nothing is copied.
    const char *target;
    /// Whether `target` is the path of the copy itself, even if it is a directory.
    bool target_is_path;
    /// Whether `target` is made if it is missing, as the directory that the copies go into.
    bool makes_target;
    /// What to print, with MAPCP_STATUS_USAGE, if `target` is no directory; NULL if it need not be one.
    /// Owned.
    char *unless_directory;
    /// Owned.
    struct mapcp_pattern_warning *warnings;
    size_t warning_count;
    enum mapcp_progress_shown progress;
    bool json;
    bool quiet;
    bool verbose;
    /// The shell that completions are for; NULL unless they are wanted.
    const char *shell;
    /// What to print; NULL if there was no memory for it. Owned.
    char *text;
    /// The exit status after `text`. If it is not 0, the text belongs on standard error.
    int status;
    /// The value of --target-directory; NULL if it was not given.
    const char *target_directory;
};

/// Reads arguments, without the program's own name, and touches nothing else. They must outlive the
/// invocation, which must be freed with mapcp_invocation_free.
///
/// A command that runs alone has nothing but WASI, and refuses the options that need more.
struct mapcp_invocation mapcp_parse(const char *const *arguments, size_t count, bool is_alone);

/// Frees what an invocation owns.
void mapcp_invocation_free(struct mapcp_invocation *invocation);

#endif
