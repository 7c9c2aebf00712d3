#ifndef MAPCP_PRINT_H
#define MAPCP_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "problem.h"

/// Writes a path in quotes, control characters as escapes: a message is one line, whatever the names in it.
void mapcp_print_quoted(FILE *stream, const char *path);

/// Writes a number in decimal. Without printf, which would be a fifth of the component.
void mapcp_print_number(FILE *stream, uint64_t number);

/// Writes a problem of a copy to standard error, as one line.
void mapcp_print_problem(const struct mapcp_problem *problem, bool is_warning);

/// Writes a problem of cleaning to standard error, as one line.
void mapcp_print_clean_problem(const struct mapcp_problem *problem);

#endif
