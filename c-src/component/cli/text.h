#ifndef MAPCP_TEXT_H
#define MAPCP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Room for an escape and the NUL that ends it.
#define MAPCP_ESCAPE_SIZE 7

/// Escapes the first character of a text, which is UTF-8 and not empty, if that would change a message for
/// its reader. Those are control characters, those that end a line or a paragraph, and those that turn the
/// direction of what follows: so a message is one line, does nothing to a terminal, and reads in one
/// direction, whatever the names in it. Returns the length in bytes of what was looked at; `escape` is empty
/// if that stays as it is.
size_t mapcp_escape(const char *text, char escape[MAPCP_ESCAPE_SIZE]);

/// Writes text with escapes.
void mapcp_put_escaped(FILE *stream, const char *text);

/// Writes text with escapes in quotes.
void mapcp_put_quoted(FILE *stream, const char *text);

/// Writes a number in decimal. Without printf, which would be a fifth of the component.
void mapcp_put_number(FILE *stream, uint64_t number);

/// Begins a JSON object on standard output, with its property `type`.
void mapcp_json_begin(const char *type);

/// Adds a property. What some readers take for the end of a line, and what a terminal obeys, is an escape.
void mapcp_json_string(const char *name, const char *value);
void mapcp_json_number(const char *name, uint64_t value);
void mapcp_json_boolean(const char *name, bool value);

/// Ends the object and its line.
void mapcp_json_end(void);

#endif
