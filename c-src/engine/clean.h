#ifndef MAPCP_CLEAN_H
#define MAPCP_CLEAN_H

#include <stdbool.h>
#include <stdint.h>

#include "problem.h"

/// Removes the temporary files that killed runs have left in a directory and in all below it.
///
/// Nothing tells a killed run's file from one that is being written: no copy may be under way there.
/// `*removed` counts them, in any case. On failure returns false and sets `problem`, which is to be freed
/// with mapcp_problem_free.
bool mapcp_clean(const char *directory, uint64_t *removed, struct mapcp_problem *problem);

#endif
