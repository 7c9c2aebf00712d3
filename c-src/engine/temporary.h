#ifndef MAPCP_TEMPORARY_H
#define MAPCP_TEMPORARY_H

// Temporary files and links: a copy is made under a temporary name beside the target, and takes the target's
// name when it is complete. Being in the target's directory, it can be renamed without leaving the file
// system.
//
// A temporary name is `.mapcp-`, 16 hexadecimal digits, `.tmp`. So `clean` can find the files of killed runs.
// If the target's name is not ASCII, there is an é before the `.tmp`: see mapcp_temporary_spellings.
//
// A tree that must appear as a whole also has such a name until it is complete. The tree that it replaces is
// moved aside: its name is then `.mapcp-`, 16 hexadecimal digits, `.old.`, and its own name.

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "path.h"

/// The source of temporary names. All zeros initially.
struct mapcp_namer {
    bool seeded;
    uint64_t next;
};

/// Whether a file system treats two spellings of a name as one.
enum mapcp_spellings {
    MAPCP_SPELLINGS_UNKNOWN,
    MAPCP_SPELLINGS_DIFFER,
    MAPCP_SPELLINGS_MEET,
};

struct mapcp_temporary {
    /// The open descriptor, for reading and writing, or -1.
    int descriptor;
    /// The directory that `name` is relative to. Borrowed.
    int directory;
    /// The path relative to that directory. NULL if there is no file, or it has the target's name. Owned.
    char *name;
    /// The errno value with which the file system refused to set the times, or 0.
    int times_refused;
    /// Whether the times were set, but the file has a time of modification other than its source's.
    bool has_other_time;
    /// Whether it is another name of a finished copy. If the target is one as well, renaming does nothing.
    bool is_hard_link;
};

/// No temporary file. Discarding it does nothing.
#define MAPCP_NO_TEMPORARY ((struct mapcp_temporary){.descriptor = -1, .directory = -1, .name = NULL})

/// Creates an empty file beside `target`, open for reading and writing. Returns 0 or the errno value.
int mapcp_temporary_create(struct mapcp_temporary *temporary, struct mapcp_place target,
                           struct mapcp_namer *namer);

/// Creates a symbolic link with this text beside `target`. Returns 0 or the errno value.
int mapcp_temporary_link(struct mapcp_temporary *temporary, struct mapcp_place target, const char *text,
                         struct mapcp_namer *namer);

/// Creates an empty file at `target` itself, for a directory that only this job can see. Otherwise the same
/// as mapcp_temporary_create. If the name is taken, returns EEXIST.
int mapcp_temporary_create_in_place(struct mapcp_temporary *temporary, struct mapcp_place target);

/// Creates a symbolic link with this text at `target` itself. Otherwise the same as mapcp_temporary_link.
int mapcp_temporary_link_in_place(struct mapcp_temporary *temporary, struct mapcp_place target,
                                  const char *text);

/// Creates another name for the file at `from`: beside `target` or, if `in_place`, at `target` itself.
/// Returns 0 or the errno value.
int mapcp_temporary_hard_link(struct mapcp_temporary *temporary, struct mapcp_place target, bool in_place,
                              struct mapcp_place from, struct mapcp_namer *namer);

/// Whether an errno value of linkat means that the file system or the host has no hard links, or allows none
/// to this file.
bool mapcp_lacks_hard_links(int number);

/// Whether a file can be created beside `target`. Creates and removes one.
bool mapcp_temporary_can_be_made(struct mapcp_place target, struct mapcp_namer *namer);

/// Fails because creating `target` under its own name has failed with this errno value. If another name can
/// be created there, a missing or invalid name means that the file system cannot have it. Always returns
/// false.
bool mapcp_fail_to_create(struct mapcp_place target, struct mapcp_namer *namer, int number,
                          struct mapcp_error *error);

/// Sets the times to those of the source. If the file system does not let times be set, this succeeds and
/// sets `times_refused`. If the file then has another time, sets `has_other_time`. On any other failure
/// returns false and sets `error`.
bool mapcp_temporary_set_times(struct mapcp_temporary *temporary, const struct stat *source,
                               struct mapcp_error *error);

/// Closes the file. Returns 0 or the errno value of close. The descriptor is closed in both cases.
int mapcp_temporary_close(struct mapcp_temporary *temporary);

/// Renames the file to `target`, replacing what has this name. Returns 0 or the errno value. On failure it
/// keeps its temporary name.
int mapcp_temporary_rename(struct mapcp_temporary *temporary, struct mapcp_place target);

/// Renames the file to `target` if that name is free. Returns 0, EEXIST if it is taken, or another errno
/// value. On failure it keeps its temporary name.
///
/// If the file system has hard links, no other process can come between check and rename. Otherwise, a file
/// that another process creates between the two is replaced. If the process is killed, the target is complete
/// or missing.
int mapcp_temporary_take_free_name(struct mapcp_temporary *temporary, struct mapcp_place target);

/// How another spelling of a temporary name differs: in the case of its letters, or in the Unicode form of
/// its é.
enum mapcp_spelling {
    MAPCP_SPELLING_CASE,
    MAPCP_SPELLING_FORM,
};

/// Whether the file system treats another spelling of the temporary name as the name itself. Looks that
/// spelling up, which no other file has. Unknown if there is no such spelling or this fails.
enum mapcp_spellings mapcp_temporary_spellings(const struct mapcp_temporary *temporary,
                                               enum mapcp_spelling spelling);

/// Whether the file still has its temporary name.
bool mapcp_temporary_is_there(const struct mapcp_temporary *temporary);

/// Closes and removes the file. Returns false if it could not be removed. Then `name` is still set, and the
/// caller must call mapcp_temporary_forget.
bool mapcp_temporary_discard(struct mapcp_temporary *temporary);

/// Closes and removes the file if that is possible. If it is not, the file stays.
void mapcp_temporary_drop(struct mapcp_temporary *temporary);

/// Frees the name without touching the file.
void mapcp_temporary_forget(struct mapcp_temporary *temporary);

/// A new temporary path beside `target`. The caller must free it. NULL with errno set if that fails.
char *mapcp_temporary_path_beside(const char *target, struct mapcp_namer *namer);

/// A new path beside `target`, for moving aside the tree that has the target's name. The caller must free it.
/// NULL with errno set if that fails.
char *mapcp_aside_path(const char *target, struct mapcp_namer *namer);

/// Whether a name, or the first one of a path, is a temporary name.
bool mapcp_is_temporary_name(const char *name);

/// The name that a tree had before it was moved aside to `name`. NULL if `name` is not from
/// mapcp_aside_path. Borrowed from it.
const char *mapcp_name_before_aside(const char *name);

/// Whether a name, or the first one of a path, is one that only unfinished copies have: a temporary name, or
/// that of a tree aside.
bool mapcp_is_unfinished_name(const char *name);

/// Fails if a path contains a name that only unfinished copies have, because cleaning would remove or rename
/// it. Otherwise returns true.
bool mapcp_refuse_unfinished_names(const char *path, enum mapcp_side side, struct mapcp_error *error);

/// Fails because `mapcp_is_unfinished_name` is true. Always returns false.
bool mapcp_fail_unfinished(enum mapcp_side side, struct mapcp_error *error);

#endif
