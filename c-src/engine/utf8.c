#include "utf8.h"

#include <stdbool.h>
#include <stddef.h>

// Beyond Unicode, so a byte that is not valid UTF-8 equals no character and is in no range.
#define INVALID_BYTE (MAPCP_LAST_CHARACTER + 1)

uint32_t mapcp_take_character(const char **text) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const char *const at = *text;
    const unsigned char first = (unsigned char)*at;
    const size_t size = first < 0x80             ? 1
                        : (first & 0xe0) == 0xc0 ? 2
                        : (first & 0xf0) == 0xe0 ? 3
                        : (first & 0xf8) == 0xf0 ? 4
                                                 : 0;
    uint32_t code = size < 2 ? first : first & (0x7fU >> size);
    bool good = size > 0;
    for (size_t index = 1; good && index < size; index++) {
        good = (at[index] & 0xc0) == 0x80;
        code = code << 6 | (at[index] & 0x3f);
    }
    good = good && code >= least[size] && code < INVALID_BYTE && (code & ~UINT32_C(0x7ff)) != 0xd800;
    *text += good ? size : 1;
    return good ? code : INVALID_BYTE | first;
}
