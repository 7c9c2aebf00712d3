#ifndef MAPCP_RUN_H
#define MAPCP_RUN_H

#include <stdbool.h>

#include "grammar.h"

/// Copies each source and prints the results. Returns false if something was not copied.
bool mapcp_copy_all(const struct mapcp_invocation *invocation);

/// Cleans each directory and prints the results. Returns false if something was not cleaned.
bool mapcp_clean_all(const struct mapcp_invocation *invocation);

#endif
