#include "json.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

static void put_name(const char *name) {
    fputs(",\"", stdout);
    fputs(name, stdout);
    fputs("\":", stdout);
}

static void put_character(char character) {
    static const char special[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = character ? strchr(special, character) : NULL;
    if (found) {
        fputc('\\', stdout);
        fputc(letters[found - special], stdout);
    } else if ((unsigned char)character < 0x20) {
        fputs(character & 0x10 ? "\\u001" : "\\u000", stdout);
        fputc("0123456789abcdef"[character & 0xf], stdout);
    } else {
        fputc(character, stdout);
    }
}

static void put_string(const char *text) {
    fputc('"', stdout);
    for (; *text; text++) {
        put_character(*text);
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
