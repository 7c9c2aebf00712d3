#ifndef MAPCP_SPELLING_H
#define MAPCP_SPELLING_H

// Spellings that a file system treats as one name: README and readme if it ignores case, and an é in one or
// two characters. mapcp has no tables of letters. Instead, a temporary file shows what the file system does:
// it is found by another spelling of its name, or it is not.

#include <stdbool.h>
#include <sys/stat.h>

#include "path.h"
#include "temporary.h"

/// What a copy has put into a directory that it made itself.
///
/// Every name in such a directory must be new. If a name is taken, two names of the source are one name here.
/// If the file system treats no spellings as one, that is impossible, and no name needs a check.
struct mapcp_siblings {
    /// Whether the directory has anything, and anything with a name that is not ASCII.
    bool has_any;
    bool has_foreign;
    /// Spellings that differ in the case of ASCII letters, and those that differ in their Unicode form.
    enum mapcp_spellings by_case;
    enum mapcp_spellings by_form;
};

/// Whether the name of a finished temporary file may collide with another one in the directory.
bool mapcp_siblings_may_meet(struct mapcp_siblings *siblings, const struct mapcp_temporary *temporary);

/// Whether the name of `place`, which is taken, may be another one in the directory. Makes a temporary file.
bool mapcp_siblings_may_have(struct mapcp_siblings *siblings, struct mapcp_place place,
                             struct mapcp_namer *namer);

/// Adds a name.
void mapcp_siblings_add(struct mapcp_siblings *siblings, const char *name);

// An alias is another spelling that leads to the same file although the inode numbers differ, as in exFAT
// through FUSE. A temporary file shows this too: it is made in one directory and found in the other.

/// Whether two statuses can be of one file or directory, if their identity is ignored.
bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other);

/// Whether `source` is another spelling of the file at `target`. The temporary file lies beside `target`.
/// False if this is unknown.
bool mapcp_alias_is_file(struct mapcp_place source, struct mapcp_place target,
                         const struct mapcp_temporary *temporary);

/// Whether two open directories are the same. Makes a temporary file in the first. False if this is unknown.
bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer);

/// Whether the last names of two paths are equal, except for the case of ASCII letters.
bool mapcp_alias_is_name(const char *one, const char *other);

#endif
