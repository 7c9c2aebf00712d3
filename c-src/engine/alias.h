#ifndef MAPCP_ALIAS_H
#define MAPCP_ALIAS_H

// Files and directories that are one by two spellings of a name, although their identities differ.
//
// Some file systems that fold case, such as exFAT through FUSE, give another inode number to each spelling.
// What is one then shows by a temporary file: it is made in the one directory, and seen in the other.

#include <stdbool.h>
#include <sys/stat.h>

#include "path.h"
#include "temporary.h"

/// Whether two statuses may be of one file or directory for all that they say besides its identity.
bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other);

/// Whether `source` is the file at `target` by another spelling. The temporary lies beside `target`. False if
/// that cannot be known.
bool mapcp_alias_is_file(struct mapcp_place source, struct mapcp_place target,
                         const struct mapcp_temporary *temporary);

/// Whether two open directories are one. Makes a temporary file in the first. False if that cannot be known.
bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer);

/// Whether the last names of two paths are alike but for the case of letters of ASCII.
bool mapcp_alias_is_name(const char *one, const char *other);

#endif
