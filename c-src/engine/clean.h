#ifndef MAPCP_CLEAN_H
#define MAPCP_CLEAN_H

#include <stdbool.h>

#include "names.h"
#include "report.h"

/// Removes the temporary files that killed runs have left in a directory and in all below it; in a dry run,
/// only finds them. Goes on after what cannot be listed or removed.
///
/// Nothing tells a killed run's file from one that is being written: no copy may be under way there.
/// Puts the paths of the files into `files`, and what failed into `failures`; both must be freed, by
/// mapcp_names_free and mapcp_problems_free. If it could not begin, or had no memory to go on, returns false
/// and sets `problem`, which must be freed with mapcp_problem_free.
bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_names *files,
                 struct mapcp_problems *failures, struct mapcp_problem *problem);

#endif
