#include "text.h"

static void put_escape(FILE *stream, unsigned char byte) {
    const char digits[] = "0123456789abcdef";
    const char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 0xf], '\0'};
    fputs(escape, stream);
}

void mapcp_put_escaped(FILE *stream, const char *text) {
    for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
        if (*byte == '\n') {
            fputs("\\n", stream);
        } else if (*byte < 0x20 || *byte == 0x7f) {
            put_escape(stream, *byte);
        } else if (*byte == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0) {
            // The control characters beyond ASCII, in UTF-8; some terminals obey them.
            put_escape(stream, *++byte);
        } else {
            fputc(*byte, stream);
        }
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
