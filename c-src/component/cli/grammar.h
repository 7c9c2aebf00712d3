#ifndef MAPCP_GRAMMAR_H
#define MAPCP_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/// The exit status for wrong usage. A WASI command can only succeed or fail, so there it is 1.
#define MAPCP_STATUS_USAGE 2

/// Describes an option, for documentation and for programs that complete arguments. The strings are static.
struct mapcp_option_description {
    /// The long name, without dashes.
    const char *name;
    /// The option's letters, which are synonyms; empty if it has none. --help shows only the first.
    const char *letters;
    /// The heading that --help lists it under.
    const char *section;
    /// A clause that says what the option does; NULL if --help does not list it.
    const char *help;
    /// The placeholder for the value, such as GLOB; NULL if the option takes no value.
    const char *value;
    /// The allowed values, ended by a NULL; NULL if the values cannot be listed.
    const char *const *choices;
    /// The default value; NULL if there is none.
    const char *initial;
    /// What the option needs that a WASI command lacks; NULL if it works in a WASI command.
    const char *needs;
};

/// Describes the option with this number. Numbers start at 0, in the order of --help. Returns false if the
/// number is too large.
bool mapcp_describe_option(size_t number, struct mapcp_option_description *description);

/// The kinds of invocation.
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

/// What the arguments ask for. Strings are borrowed from the arguments, except members marked as owned.
struct mapcp_invocation {
    enum mapcp_action action;
    struct mapcp_options options;
    /// The file that lists the paths to copy, or "-" for standard input; NULL if everything is copied.
    /// `options.input` says what ends the paths.
    const char *files_from;
    bool has_nulls;
    /// How many jobs divide a tree.
    uint32_t concurrency;
    /// The sources, or the directories to clean. Owned.
    const char **names;
    size_t name_count;
    /// The path of the copy, or the directory to copy into; NULL if nothing is copied.
    const char *target;
    /// Whether `target` is the path of the copy itself, even if it is a directory.
    bool target_is_path;
    /// Whether a missing `target` must be made, as the directory that the copies go into.
    bool makes_target;
    /// What to print, with MAPCP_STATUS_USAGE, if `target` is not a directory; NULL if it need not be one.
    /// Owned.
    char *unless_directory;
    enum mapcp_progress_shown progress;
    bool json;
    bool quiet;
    bool verbose;
    /// The shell for which to print completions; NULL if --completion was not given.
    const char *shell;
    /// What MAPCP_ACTION_PRINT prints; NULL if memory ran out. Owned.
    char *text;
    /// The exit status after printing `text`. If it is not 0, print `text` to standard error.
    int status;
    /// The value of --target-directory; NULL if it was not given.
    const char *target_directory;
};

/// Parses the arguments, which must not include the program's name. They must outlive the invocation. The
/// caller must free the invocation with mapcp_invocation_free.
///
/// If `is_alone`, the command runs as a WASI command, and options that need more are refused.
struct mapcp_invocation mapcp_parse(const char *const *arguments, size_t count, bool is_alone);

/// Frees the memory that an invocation owns.
void mapcp_invocation_free(struct mapcp_invocation *invocation);

#endif
