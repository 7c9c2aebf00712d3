#ifndef MAPCP_TEXT_H
#define MAPCP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// The size of the longest escape, including its NUL.
#define MAPCP_ESCAPE_SIZE 7

/// Escapes the first character of `text`, if it could disrupt a message: a control character, or one that
/// ends a line or a paragraph, or changes the direction of text. So a message stays on one line and cannot
/// control a terminal. `text` must be UTF-8 and not empty. Sets `escape` to the escape, or to an empty string
/// if none is needed. Returns the number of bytes that it replaces or that must be copied.
size_t mapcp_escape(const char *text, char escape[MAPCP_ESCAPE_SIZE]);

/// Writes text with escapes.
void mapcp_put_escaped(FILE *stream, const char *text);

/// Writes text with escapes, in single quotes.
void mapcp_put_quoted(FILE *stream, const char *text);

/// Does the same for a path in a message, but writes only the beginning and the end of a very long one.
void mapcp_put_path(FILE *stream, const char *path);

/// Writes a number in decimal. printf would be a fifth of the component.
void mapcp_put_number(FILE *stream, uint64_t number);

/// Begins a JSON object on standard output with the property `type`.
void mapcp_json_begin(const char *type);

/// Adds a property. Characters that end a line or control a terminal are escaped.
void mapcp_json_string(const char *name, const char *value);
/// Adds the bytes of `value` in base64.
void mapcp_json_base64(const char *name, const char *value);
void mapcp_json_number(const char *name, uint64_t value);
void mapcp_json_boolean(const char *name, bool value);

/// Ends the object and the line.
void mapcp_json_end(void);

#endif
