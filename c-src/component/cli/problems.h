#ifndef MAPCP_PROBLEMS_H
#define MAPCP_PROBLEMS_H

#include <stdbool.h>

#include "problem.h"

/// Prints what could not be copied: a sentence on standard error, or under --json an object on standard
/// output.
void mapcp_print_problem(const struct mapcp_problem *problem, bool is_warning, bool json);

/// Prints what could not be cleaned, in the same ways.
void mapcp_print_clean_problem(const struct mapcp_problem *problem, bool json);

#endif
