#ifndef MAPCP_UTF8_H
#define MAPCP_UTF8_H

#include <stdint.h>

/// The last character of Unicode.
#define MAPCP_LAST_CHARACTER UINT32_C(0x10ffff)

/// Reads the character at `*text`, which is UTF-8, and moves past it. A byte that is not valid UTF-8 is a
/// number above MAPCP_LAST_CHARACTER.
uint32_t mapcp_take_character(const char **text);

#endif
