#ifndef MAPCP_SPELLING_H
#define MAPCP_SPELLING_H

// Spellings that a file system treats as one name: README and readme if it ignores case, and an é in one or
// two characters. File systems differ in this, so no table of letters has the answer. Instead, a temporary
// file shows what the file system does: it is found by another spelling of its name, or it is not.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "options.h"
#include "path.h"
#include "temporary.h"

/// A number that is equal for names, or paths, that some file system may treat as one because they differ in
/// the case of their letters or in their Unicode form. Some other names have the same number.
uint64_t mapcp_spelling_key(const char *name);

/// The names that a copy has put into a directory of the target.
///
/// If the copy made the directory, every name in it must be new. If a name is taken, two names of the source
/// are one name here. In a directory that existed before, or that other jobs fill as well, the source's
/// directory shows whether there are two: see mapcp_siblings_have_twin. If the file system treats no
/// spellings as one, this cannot happen, and no name needs a check.
struct mapcp_siblings {
    /// Whether every name must be new, because this job made the directory and comes to each name once; and
    /// whether jobs with other shards put files into it as well.
    bool is_new;
    bool is_shared;
    /// Whether the directory has any name, and any that is not ASCII.
    bool has_any;
    bool has_foreign;
    /// Spellings that differ in the case of ASCII letters, and those that differ in their Unicode form.
    enum mapcp_spellings by_case;
    enum mapcp_spellings by_form;
    /// The keys of names in the source's directory that may be one name here, sorted. Owned, and read when
    /// they are needed.
    bool has_keys;
    uint64_t *keys;
    size_t key_count;
};

/// Whether the name of a finished temporary file may collide with another one in the directory.
bool mapcp_siblings_may_meet(struct mapcp_siblings *siblings, const struct mapcp_temporary *temporary);

/// Adds a name.
void mapcp_siblings_add(struct mapcp_siblings *siblings, const char *name);

/// An entry, and what its twins are searched with. All borrowed.
struct mapcp_twin_search {
    /// Whether the target exists.
    bool is_taken;
    /// The descriptor of the source's directory, and the entry's path below the source's root.
    int source;
    const char *path;
    struct mapcp_place target;
    const struct mapcp_options *options;
    struct mapcp_namer *namer;
};

/// Whether the source's directory has a twin of the entry: another one, admitted by the filters, whose name
/// leads to the same target. Then each of the two would replace the other. False if this is unknown.
///
/// If the target is still free, only the twin with the first claim counts: the one with the smallest name. So
/// of two jobs that are about to take the name, one gives way, even without hard links.
///
/// On most file systems this takes one call for each directory. May make a temporary file if the source has
/// two names that are alike.
bool mapcp_siblings_have_twin(struct mapcp_siblings *siblings, const struct mapcp_twin_search *search);

/// Frees the keys.
void mapcp_siblings_free(struct mapcp_siblings *siblings);

// An alias is another spelling that leads to the same file although the inode numbers differ, as in exFAT
// through FUSE. A temporary file shows this too: it is made in one directory and found in the other.

/// Whether two statuses can be of one file or directory, if their identity is ignored.
bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other);

/// Whether `source` is another spelling of the file at `target`. The temporary file lies beside `target`.
/// False if this is unknown.
bool mapcp_alias_is_file(struct mapcp_place source, struct mapcp_place target,
                         const struct mapcp_temporary *temporary);

/// Whether the file at `place`, whose name is similar to that of a file made there, is that file. It is not
/// if its directory lists both names. True if this is unknown.
bool mapcp_alias_is_made(struct mapcp_place place);

/// Whether two open directories are the same. Makes a temporary file in the first. False if this is unknown.
bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer);

/// Whether the last names of two paths are equal, except for the case of ASCII letters.
bool mapcp_alias_is_name(const char *one, const char *other);

#endif
