#ifndef MAPCP_RUN_H
#define MAPCP_RUN_H

#include <stdbool.h>

#include "flags.h"

/// Copies each source to the target, which is the last name, and prints what there is to say. False where
/// something was not copied.
bool mapcp_copy_all(const struct mapcp_flags *flags);

#endif
