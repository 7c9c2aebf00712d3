#include "text.h"

#include <stdbool.h>

static const char hex[] = "0123456789abcdef";

static void put_byte_escape(FILE *stream, unsigned code) {
    const char escape[] = {'\\', 'x', hex[code >> 4], hex[code & 0xf], '\0'};
    fputs(escape, stream);
}

void mapcp_put_unicode_escape(FILE *stream, unsigned code) {
    const char escape[] = {
        '\\', 'u', hex[code >> 12 & 0xf], hex[code >> 8 & 0xf], hex[code >> 4 & 0xf], hex[code & 0xf], '\0'};
    fputs(escape, stream);
}

/// Whether a character ends a line or a paragraph, or turns the direction of the text that follows.
static bool is_disruptive(unsigned code) {
    return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

unsigned mapcp_special_at(const char *text, size_t *length) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned code = bytes[0];
    *length = 1;
    if (code < 0x20 || code == 0x7f) {
        return code;
    }
    // Of characters beyond ASCII, these are all of two or three bytes. A byte that follows is never NUL
    // there.
    if ((code & 0xe0) == 0xc0 && (bytes[1] & 0xc0) == 0x80) {
        code = (code & 0x1f) << 6 | (bytes[1] & 0x3f);
        *length = 2;
    } else if ((code & 0xf0) == 0xe0 && (bytes[1] & 0xc0) == 0x80 && (bytes[2] & 0xc0) == 0x80) {
        code = (code & 0xf) << 12 | (bytes[1] & 0x3fU) << 6 | (bytes[2] & 0x3fU);
        *length = 3;
    } else {
        return 0;
    }
    return (code >= 0x80 && code < 0xa0) || is_disruptive(code) ? code : 0;
}

void mapcp_put_escaped(FILE *stream, const char *text) {
    while (*text) {
        size_t length = 1;
        const unsigned code = mapcp_special_at(text, &length);
        if (code == 0) {
            fwrite(text, 1, length, stream);
        } else if (code == '\n') {
            fputs("\\n", stream);
        } else if (code < 0x100) {
            put_byte_escape(stream, code);
        } else {
            mapcp_put_unicode_escape(stream, code);
        }
        text += length;
    }
}

void mapcp_put_quoted(FILE *stream, const char *path) {
    fputc('\'', stream);
    mapcp_put_escaped(stream, path);
    fputc('\'', stream);
}

void mapcp_put_number(FILE *stream, uint64_t number) {
    char digits[21];
    char *first = digits + sizeof(digits) - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    fputs(first, stream);
}
