#ifndef MAPCP_NAMES_H
#define MAPCP_NAMES_H

// Portable names: those that mean the same file on every usual system. A name is not portable if some system
// cannot have it, or if some file system treats it as the same as another name in its directory.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "options.h"
#include "path.h"
#include "unicode.h"

/// Why some system cannot have a name, as a clause for people. NULL if every usual system can. Static.
///
/// A name must be valid UTF-8 of at most 255 bytes. Windows forbids some characters and endings,
/// reserves names such as `con` and `com1.txt`, and finds files by short names such as `LONGNA~1.TXT`.
const char *mapcp_name_fault(const char *name);

/// Which names of a class a set keeps. A class consists of the names that some file system treats as one.
enum mapcp_name_rule {
    /// Two, which is enough to find one that differs from a given name.
    MAPCP_NAMES_ANY,
    /// The smallest by its bytes. The others must give way to it.
    MAPCP_NAMES_SMALLEST,
};

/// Names, searched by their class. Takes about 24 bytes for each class, besides one or two names. All zeros
/// are no names with MAPCP_NAMES_ANY. Must be freed with mapcp_name_set_free.
struct mapcp_name_set {
    enum mapcp_name_rule rule;
    struct mapcp_names names;
    /// A hash table. A random seed keeps others from choosing names with one hash.
    struct mapcp_name_slot *slots;
    size_t slot_count;
    size_t used;
    uint64_t seed;
    /// Scratch space.
    struct mapcp_folded folded;
    struct mapcp_folded other;
};

/// Adds a name. Returns false if memory runs out.
bool mapcp_name_set_add(struct mapcp_name_set *set, const char *name);

/// Sets `sibling` to a kept name of the same class that `name` must give way to: another one or, if the set
/// keeps the smallest, a smaller one. Otherwise sets it to NULL. It is borrowed until the next call. Returns
/// false if memory runs out.
bool mapcp_name_set_find(struct mapcp_name_set *set, const char *name, const char **sibling);

/// Adds the names in a directory, at `path` relative to an open one. Returns 0 or the errno value.
int mapcp_name_set_add_directory(struct mapcp_name_set *set, int directory, const char *path);

/// Frees the names.
void mapcp_name_set_free(struct mapcp_name_set *set);

/// Refuses a name with a fault, or with a sibling in one of the sets, in the target. A set can be NULL.
/// Returns false and sets `error`.
bool mapcp_names_accept(const char *name, struct mapcp_name_set *target, struct mapcp_name_set *source,
                        struct mapcp_error *error);

/// Fails because the names in a directory of the target could not be read, with this errno value. Always
/// returns false.
bool mapcp_names_fail_unread(struct mapcp_error *error, int number);

/// Refuses the names in the end of a target's path, `rest`, if one is not portable. The first must be missing
/// in its directory, or be no directory; `beside` has the names there. A path with `..` after it is refused.
/// Returns false and sets `error`.
bool mapcp_names_accept_rest(const char *rest, struct mapcp_name_set *beside, struct mapcp_error *error);

#endif
