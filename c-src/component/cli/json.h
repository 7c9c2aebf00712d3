#ifndef MAPCP_JSON_H
#define MAPCP_JSON_H

#include <stdbool.h>
#include <stdint.h>

/// Begins a line of --json on standard output: an object, whose first property is its `type`.
void mapcp_json_begin(const char *type);

/// Writes a property that is a string. The value must be UTF-8; the name needs no escapes.
void mapcp_json_string(const char *name, const char *value);

/// Writes a property that is a number.
void mapcp_json_number(const char *name, uint64_t value);

/// Writes a property that is true or false.
void mapcp_json_boolean(const char *name, bool value);

/// Ends the object and its line.
void mapcp_json_end(void);

#endif
