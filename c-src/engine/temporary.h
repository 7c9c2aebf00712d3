#ifndef MAPCP_TEMPORARY_H
#define MAPCP_TEMPORARY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "path.h"

/// What temporary names are made of: `.mapcp-`, 16 hexadecimal digits, `.tmp`. So the remains of a killed run
/// can be told from other files. If the target's name is not ASCII, there is an é before the `.tmp`: see
/// mapcp_temporary_spellings.
struct mapcp_namer {
    bool seeded;
    uint64_t next;
};

/// Whether a file system takes two spellings of a name for one.
enum mapcp_spellings {
    MAPCP_SPELLINGS_UNKNOWN,
    MAPCP_SPELLINGS_DIFFER,
    MAPCP_SPELLINGS_MEET,
};

/// A file or link that is made under a temporary name and takes the target's name only when it is whole.
///
/// It lies in the target's directory, so that the rename stays within one file system.
struct mapcp_temporary {
    /// The open descriptor, for reading and writing, or -1.
    int descriptor;
    /// The directory that `name` is relative to. Borrowed.
    int directory;
    /// Its path from there while it has its temporary name, otherwise NULL. Owned.
    char *name;
    /// With which errno value the file system refused to set its times; 0 if it did not.
    int times_refused;
};

/// A temporary that holds nothing; discarding it is harmless.
#define MAPCP_NO_TEMPORARY ((struct mapcp_temporary){.descriptor = -1, .directory = -1, .name = NULL})

/// Creates an empty file beside `target`, open for reading and writing.
///
/// Returns 0, or the errno value: that of `openat`, ENOMEM, or that of `getentropy`.
int mapcp_temporary_create(struct mapcp_temporary *temporary, struct mapcp_place target,
                           struct mapcp_namer *namer);

/// Creates a symbolic link with the given text beside `target`. Returns as mapcp_temporary_create.
int mapcp_temporary_link(struct mapcp_temporary *temporary, struct mapcp_place target, const char *text,
                         struct mapcp_namer *namer);

/// Whether a file can be made beside `target`, as shown by making and removing one.
bool mapcp_temporary_can_be_made(struct mapcp_place target, struct mapcp_namer *namer);

/// Gives it the times of its source. A file system that does not let times be set is no failure, since the
/// content is there: then `times_refused` says why. On any other failure returns false and sets `error`.
bool mapcp_temporary_set_times(struct mapcp_temporary *temporary, const struct stat *source,
                               struct mapcp_error *error);

/// Closes the file. Returns 0 or close's errno value; the descriptor is gone in both cases.
int mapcp_temporary_close(struct mapcp_temporary *temporary);

/// Gives it the name `target`, replacing what has it. Returns 0 or rename's errno value; after a failure it
/// still has its temporary name.
int mapcp_temporary_rename(struct mapcp_temporary *temporary, struct mapcp_place target);

/// Gives it the name `target` if nothing has that name. Returns 0, EEXIST if something has it, or another
/// errno value; after a failure it still has its temporary name.
///
/// A file system with hard links does both in one step. Without them this is a look and then a rename: what
/// somebody else makes between the two is replaced. A kill leaves the target complete or absent in any case.
int mapcp_temporary_take_free_name(struct mapcp_temporary *temporary, struct mapcp_place target);

/// Another spelling of a temporary's name: its letters in upper case, or its é as an e and an accent.
enum mapcp_spelling {
    MAPCP_OTHER_CASE,
    MAPCP_OTHER_FORM,
};

/// Whether the file system takes another spelling of a temporary's name for the name itself, as shown by
/// looking it up: no other file has such a name. Unknown if the name has no such spelling or the look fails.
enum mapcp_spellings mapcp_temporary_spellings(const struct mapcp_temporary *temporary,
                                               enum mapcp_spelling spelling);

/// Whether it is still there under its temporary name.
bool mapcp_temporary_is_there(const struct mapcp_temporary *temporary);

/// Closes and removes what is there. Returns false when it could not be removed: then `name` says what is
/// left, and is to be freed by mapcp_temporary_forget.
bool mapcp_temporary_discard(struct mapcp_temporary *temporary);

/// Frees the name without touching the file.
void mapcp_temporary_forget(struct mapcp_temporary *temporary);

/// Whether a name is one that this module gives.
bool mapcp_is_temporary_name(const char *name);

#endif
