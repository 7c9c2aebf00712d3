#ifndef MAPCP_TEXT_H
#define MAPCP_TEXT_H

#include <stdint.h>
#include <stdio.h>

/// Writes text with control characters as escapes: a message is one line, and does nothing to a terminal,
/// whatever the names in it.
void mapcp_put_escaped(FILE *stream, const char *text);

/// Writes a path in quotes, as mapcp_put_escaped does.
void mapcp_put_quoted(FILE *stream, const char *path);

/// Writes a number in decimal. Without printf, which would be a fifth of the component.
void mapcp_put_number(FILE *stream, uint64_t number);

#endif
