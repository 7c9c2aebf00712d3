#ifndef MAPCP_CLEAN_H
#define MAPCP_CLEAN_H

#include <stdbool.h>

#include "path.h"
#include "report.h"

/// What a cleaning did, or in a dry run would do. All of it is owned.
struct mapcp_cleaned {
    /// The paths of the temporary files and trees that were removed.
    struct mapcp_names files;
    /// The paths of the trees that got their names back.
    struct mapcp_names restored;
    /// An error for each entry that could not be listed, removed or renamed.
    struct mapcp_copy_errors errors;
};

/// Removes the temporary files and trees that killed runs left in a directory and below it. A tree that was
/// moved aside gets its name back, or is removed if the name is taken. A dry run only finds them.
///
/// No copy may be running there, because its files look the same. Goes on after an entry that cannot be
/// listed or removed.
///
/// The caller must free `result` with mapcp_cleaned_free. If it cannot start, or memory runs out, returns
/// false and sets `error`, which the caller must free with mapcp_copy_error_free.
bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_cleaned *result,
                 struct mapcp_copy_error *error);

/// Frees a result.
void mapcp_cleaned_free(struct mapcp_cleaned *result);

#endif
