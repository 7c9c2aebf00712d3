#ifndef MAPCP_TEXT_H
#define MAPCP_TEXT_H

#include <stdint.h>
#include <stdio.h>

/// The character at the start of `text`, which is UTF-8 and not empty, if it would make a message another one
/// to who reads it, or else 0. Those are control characters, those that end a line or a paragraph, and those
/// that turn the direction of what follows. `length` gets how many bytes it takes; of others perhaps fewer.
unsigned mapcp_special_at(const char *text, size_t *length);

/// Writes text with escapes for the characters that mapcp_special_at finds: a message is one line, does
/// nothing to a terminal, and reads in one direction, whatever the names in it.
void mapcp_put_escaped(FILE *stream, const char *text);

/// Writes a character of at most 16 bits as an escape of four digits, which is one in JSON as well.
void mapcp_put_unicode_escape(FILE *stream, unsigned code);

/// Writes a path in quotes, as mapcp_put_escaped does.
void mapcp_put_quoted(FILE *stream, const char *path);

/// Writes a number in decimal. Without printf, which would be a fifth of the component.
void mapcp_put_number(FILE *stream, uint64_t number);

#endif
