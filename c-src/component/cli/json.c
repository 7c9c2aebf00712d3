#include "json.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

static void put_name(const char *name) {
    fputs(",\"", stdout);
    fputs(name, stdout);
    fputs("\":", stdout);
}

static void put_special(unsigned code) {
    static const char special[] = "\b\f\n\r\t";
    static const char letters[] = "bfnrt";
    const char *found = code < 0x80 ? strchr(special, (int)code) : NULL;
    if (found) {
        fputc('\\', stdout);
        fputc(letters[found - special], stdout);
    } else {
        mapcp_put_unicode_escape(stdout, code);
    }
}

static void put_string(const char *text) {
    fputc('"', stdout);
    while (*text) {
        size_t length = 1;
        const unsigned code = mapcp_special_at(text, &length);
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
