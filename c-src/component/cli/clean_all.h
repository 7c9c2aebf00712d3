#ifndef MAPCP_CLEAN_ALL_H
#define MAPCP_CLEAN_ALL_H

#include <stdbool.h>

#include "flags.h"

/// Cleans each directory that is named, and prints what there is to say. False where one could not be.
bool mapcp_clean_all(const struct mapcp_flags *flags);

#endif
