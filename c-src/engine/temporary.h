#ifndef MAPCP_TEMPORARY_H
#define MAPCP_TEMPORARY_H

#include <stdint.h>

/// A file that is written under a temporary name and takes the target's name only when it is whole.
///
/// Its name is `.mapcp-` and 16 hexadecimal digits and `.tmp`, in the target's directory, so that the rename
/// stays within one file system and a killed run's remains can be told from other files.
struct mapcp_temporary {
    /// The open descriptor, or -1.
    int descriptor;
    /// The path while the file exists under its temporary name, otherwise NULL. Owned.
    char *path;
};

/// A temporary that holds nothing; discarding it is harmless.
#define MAPCP_NO_TEMPORARY ((struct mapcp_temporary){.descriptor = -1, .path = NULL})

/// Creates an empty file beside `target`, open for writing.
///
/// Returns 0, or the errno value: that of `openat`, ENOMEM, or that of `getentropy`.
int mapcp_temporary_create(struct mapcp_temporary *temporary, const char *target);

/// Closes the file. Returns 0 or close's errno value; the descriptor is gone in both cases.
int mapcp_temporary_close(struct mapcp_temporary *temporary);

/// Gives the closed file the name `target`, replacing a file that has it. Returns 0 or rename's errno value;
/// after a failure the file still has its temporary name.
int mapcp_temporary_commit(struct mapcp_temporary *temporary, const char *target);

/// Closes and removes whatever is there. Returns 0, or the errno value of the removal: then `path` names what
/// is left, and stays owned by `temporary` until mapcp_temporary_forget.
int mapcp_temporary_discard(struct mapcp_temporary *temporary);

/// Frees the path without touching the file.
void mapcp_temporary_forget(struct mapcp_temporary *temporary);

#endif
