// Writes names with escapes, numbers, and lines of JSON.

#include "text.h"

#include <string.h>

/// Whether a character ends a line or a paragraph, or changes the direction of text.
static bool is_disruptive(unsigned code) {
    return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/// Returns the character at the start of `text` if it needs an escape; otherwise 0. Sets `length` to the
/// number of its bytes, or perhaps to fewer if it needs no escape.
static unsigned special_at(const char *text, size_t *length) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned code = bytes[0];
    *length = 1;
    if (code < 0x20 || code == 0x7f) {
        return code;
    }
    // All disruptive characters outside ASCII have two or three bytes. Each byte is checked before the next
    // one is read, so the NUL at the end stops this.
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

/// Writes an escape with this number of hexadecimal digits, such as \x1b.
static void write_escape(char escape[MAPCP_ESCAPE_SIZE], char kind, unsigned code, int digits) {
    *escape++ = '\\';
    *escape++ = kind;
    for (int digit = digits - 1; digit >= 0; digit--) {
        *escape++ = "0123456789abcdef"[code >> 4 * digit & 0xf];
    }
    *escape = '\0';
}

size_t mapcp_escape(const char *text, char escape[MAPCP_ESCAPE_SIZE]) {
    size_t length = 0;
    const unsigned code = special_at(text, &length);
    if (code == 0) {
        *escape = '\0';
    } else if (code == '\n') {
        strcpy(escape, "\\n");
    } else if (code < 0x100) {
        write_escape(escape, 'x', code, 2);
    } else {
        write_escape(escape, 'u', code, 4);
    }
    return length;
}

// A longer path is shortened in messages; ts/common/errors.ts has the same numbers of characters.
#define LONGEST 512
#define SHOWN 250

/// Returns the number of characters.
static size_t count_characters(const char *text) {
    size_t count = 0;
    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

/// Returns the text after its first `count` characters. It must have that many.
static const char *skip_characters(const char *text, size_t count) {
    while (count > 0 || ((unsigned char)*text & 0xc0) == 0x80) {
        count -= ((unsigned char)*text & 0xc0) != 0x80;
        text++;
    }
    return text;
}

/// Writes the first `length` bytes of a text with escapes.
static void put_escaped_start(FILE *stream, const char *text, size_t length) {
    const char *end = text + length;
    char escape[MAPCP_ESCAPE_SIZE];
    while (text < end) {
        const size_t read = mapcp_escape(text, escape);
        if (*escape) {
            fputs(escape, stream);
        } else {
            fwrite(text, 1, read, stream);
        }
        text += read;
    }
}

void mapcp_put_escaped(FILE *stream, const char *text) {
    put_escaped_start(stream, text, strlen(text));
}

void mapcp_put_path(FILE *stream, const char *path) {
    const size_t characters = count_characters(path);
    if (characters <= LONGEST) {
        mapcp_put_quoted(stream, path);
        return;
    }
    fputc('\'', stream);
    put_escaped_start(stream, path, (size_t)(skip_characters(path, SHOWN) - path));
    fputs("…", stream);
    mapcp_put_escaped(stream, skip_characters(path, characters - SHOWN));
    fputc('\'', stream);
}

void mapcp_put_quoted(FILE *stream, const char *text) {
    fputc('\'', stream);
    mapcp_put_escaped(stream, text);
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

static void put_name(const char *name) {
    fputs(",\"", stdout);
    fputs(name, stdout);
    fputs("\":", stdout);
}

static void put_special(unsigned code) {
    static const char special[] = "\b\f\n\r\t";
    static const char letters[] = "bfnrt";
    const char *found = code < 0x80 ? strchr(special, (int)code) : NULL;
    char escape[MAPCP_ESCAPE_SIZE];
    if (found) {
        fputc('\\', stdout);
        fputc(letters[found - special], stdout);
    } else {
        write_escape(escape, 'u', code, 4);
        fputs(escape, stdout);
    }
}

static void put_string(const char *text) {
    fputc('"', stdout);
    while (*text) {
        size_t length = 1;
        const unsigned code = special_at(text, &length);
        if (code != 0) {
            put_special(code);
        } else {
            if (*text == '"' || *text == '\\') {
                fputc('\\', stdout);
            }
            fwrite(text, 1, length, stdout);
        }
        text += length;
    }
    fputc('"', stdout);
}

void mapcp_json_begin(const char *type) {
    fputs("{\"type\":", stdout);
    put_string(type);
}

void mapcp_json_string(const char *name, const char *value) {
    put_name(name);
    put_string(value);
}

void mapcp_json_base64(const char *name, const char *value) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put_name(name);
    fputc('"', stdout);
    for (size_t length = strlen(value); length > 0;) {
        const size_t taken = length < 3 ? length : 3;
        unsigned group = 0;
        for (size_t index = 0; index < 3; index++) {
            group = group << 8 | (index < taken ? (unsigned char)value[index] : 0);
        }
        for (size_t index = 0; index < 4; index++) {
            fputc(index <= taken ? digits[group >> (18 - 6 * index) & 0x3f] : '=', stdout);
        }
        value += taken;
        length -= taken;
    }
    fputc('"', stdout);
}

void mapcp_json_number(const char *name, uint64_t value) {
    put_name(name);
    mapcp_put_number(stdout, value);
}

void mapcp_json_boolean(const char *name, bool value) {
    put_name(name);
    fputs(value ? "true" : "false", stdout);
}

void mapcp_json_end(void) {
    fputs("}\n", stdout);
}
