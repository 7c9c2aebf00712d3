#ifndef MAPCP_CLEAN_H
#define MAPCP_CLEAN_H

#include <stdbool.h>

#include "path.h"
#include "report.h"

/// Removes the temporary files that killed runs left in a directory and below it. A dry run only finds them.
/// No copy may be running there, because its files look the same. Goes on after an entry that cannot be
/// listed or removed.
///
/// Puts the paths of the files into `files`, and an error for each such entry into `errors`. The caller must
/// free them with mapcp_names_free and mapcp_copy_errors_free. If it cannot start, or memory runs out,
/// returns false and sets `error`, which the caller must free with mapcp_copy_error_free.
bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_names *files,
                 struct mapcp_copy_errors *errors, struct mapcp_copy_error *error);

#endif
