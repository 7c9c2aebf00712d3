// Fuzzes the globs. The input is a pattern, a NUL, and a path. The reference tries every match, which is slow
// but simple.

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "fuzz.h"

#define LONGEST 64

// --- Characters -------------------------------------------------------------------------------------------

/// The characters of a text, with a 0 at the end.
typedef uint32_t characters[LONGEST + 1];

/// Encodes a character in UTF-8, in its shortest form. Returns its length, or 0 if it has none.
static size_t encode(uint32_t character, unsigned char *bytes) {
    if (character < 0x80) {
        bytes[0] = (unsigned char)character;
        return 1;
    }
    if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) {
        return 0;
    }
    const size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t at = length - 1; at > 0; at--) {
        bytes[at] = (unsigned char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    bytes[0] = (unsigned char)((0xf00U >> length) | character);
    return length;
}

/// Decodes `length` bytes as one character. Returns false if they are not its encoding.
static bool decode(const char *text, size_t length, uint32_t *character) {
    const unsigned char first = (unsigned char)text[0];
    unsigned char bytes[4];
    *character = length == 1 ? first : first & (0x7fU >> length);
    for (size_t at = 1; at < length; at++) {
        *character = *character << 6 | ((unsigned char)text[at] & 0x3f);
    }
    return encode(*character, bytes) == length && memcmp(bytes, text, length) == 0;
}

static void take_apart(const char *text, characters result) {
    const char *const end = text + strlen(text);
    while (text < end) {
        size_t length = 1;
        while (length <= 4 && length <= (size_t)(end - text) && !decode(text, length, result)) {
            length++;
        }
        if (length > 4 || length > (size_t)(end - text)) {
            *result = 0x80000000 | (unsigned char)*text;
            length = 1;
        }
        text += length;
        result++;
    }
    *result = 0;
}

// --- Matching ---------------------------------------------------------------------------------------------

/// Whether a set such as `[a-z]` at `pattern` matches. `*length` is the set's length, or 0 if it has no end.
static bool in_set(const uint32_t *pattern, uint32_t character, size_t *length) {
    size_t at = 1;
    bool negated = pattern[at] == '!' || pattern[at] == '^';
    at += negated;
    bool found = false;
    for (size_t first = at; pattern[at] != ']' || at == first; at++) {
        if (pattern[at] == 0) {
            *length = 0;
            return false;
        }
        uint32_t low = pattern[at];
        uint32_t high = low;
        if (pattern[at + 1] == '-' && pattern[at + 2] != ']' && pattern[at + 2] != 0) {
            high = pattern[at + 2];
            at += 2;
        }
        found = found || (low <= character && character <= high);
    }
    *length = at + 1;
    return found != negated && character != '/';
}

/// Positions in pattern and path that are known not to match.
static bool hopeless[LONGEST + 1][LONGEST + 1];

struct texts {
    const uint32_t *pattern;
    const uint32_t *path;
};

static bool matches(struct texts whole, size_t pattern, size_t path);

/// Whether the rest of the pattern matches from any of the names on.
static bool matches_names(struct texts whole, size_t rest, size_t path) {
    bool found = matches(whole, rest, path);
    for (size_t at = path; !found && whole.path[at] != 0; at++) {
        found = whole.path[at] == '/' && matches(whole, rest, at + 1);
    }
    return found;
}

static bool matches_characters(struct texts whole, size_t rest, size_t path) {
    bool found = matches(whole, rest, path);
    for (size_t at = path; !found && whole.path[at] != 0 && whole.path[at] != '/'; at++) {
        found = matches(whole, rest, at + 1);
    }
    return found;
}

static bool matches_one(struct texts whole, size_t pattern, size_t path) {
    const uint32_t *token = whole.pattern + pattern;
    uint32_t character = whole.path[path];
    size_t length = 1;
    bool good = token[0] == character;
    if (token[0] == '?') {
        good = character != '/';
    } else if (token[0] == '\\' && token[1] != 0) {
        length = 2;
        good = token[1] == character;
    } else if (token[0] == '[') {
        good = in_set(token, character, &length);
        if (length == 0) {
            length = 1;
            good = character == '[';
        }
    }
    return good && character != 0 && matches(whole, pattern + length, path + 1);
}

static bool matches_anew(struct texts whole, size_t pattern, size_t path) {
    const uint32_t *token = whole.pattern + pattern;
    bool begins_name = pattern == 0 || token[-1] == '/';
    if (begins_name && token[0] == '*' && token[1] == '*' && (token[2] == '/' || token[2] == 0)) {
        return token[2] == 0 ? whole.path[path] != 0 : matches_names(whole, pattern + 3, path);
    }
    if (token[0] == '*') {
        return matches_characters(whole, pattern + 1, path);
    }
    return token[0] == 0 ? whole.path[path] == 0 : matches_one(whole, pattern, path);
}

static bool matches(struct texts whole, size_t pattern, size_t path) {
    if (hopeless[pattern][path]) {
        return false;
    }
    bool good = matches_anew(whole, pattern, path);
    hopeless[pattern][path] = !good;
    return good;
}

static bool matches_whole(const uint32_t *pattern, const uint32_t *path) {
    memset(hopeless, 0, sizeof(hopeless));
    return matches((struct texts){.pattern = pattern, .path = path}, 0, 0);
}

// --- Filters ----------------------------------------------------------------------------------------------

/// The length of the token at `at`: a set, a character with a backslash, or a character.
static size_t token_length(const uint32_t *at) {
    size_t length = 0;
    if (*at == '[') {
        (void)in_set(at, 'x', &length);
    }
    return length > 0 ? length : *at == '\\' && at[1] != 0 ? 2 : 1;
}

/// The position of the first token from `at` on that is one of two characters, or of the end.
static size_t find(const uint32_t *pattern, size_t at, uint32_t one, uint32_t other) {
    while (pattern[at] != 0 && pattern[at] != one && pattern[at] != other) {
        at += token_length(pattern + at);
    }
    return at;
}

/// Whether a pattern without alternatives matches the path or the name of a file.
static bool matches_file(const uint32_t *pattern, const uint32_t *path) {
    const uint32_t *name = path;
    size_t length = 0;
    bool has_slash = false;
    for (; pattern[length] != 0; length++) {
        has_slash = has_slash || pattern[length] == '/';
    }
    for (const uint32_t *at = path; *at != 0; at++) {
        name = *at == '/' ? at + 1 : name;
    }
    if (length == 0 || (length > 1 && pattern[length - 1] == '/')) {
        return false;
    }
    return has_slash ? matches_whole(pattern + (pattern[0] == '/'), path) : matches_whole(pattern, name);
}

/// Whether one of the alternatives of `pattern` matches. There are no braces before `from`.
static bool any_matches(const uint32_t *pattern, size_t from, const uint32_t *path) {
    const size_t open = find(pattern, from, '{', '{');
    if (pattern[open] == 0) {
        return matches_file(pattern, path);
    }
    const size_t close = find(pattern, open + 1, '}', '}');
    if (find(pattern, open + 1, ',', '}') == close) {
        return any_matches(pattern, close + 1, path);
    }
    bool found = false;
    for (size_t start = open + 1; !found && start <= close; start++) {
        const size_t end = find(pattern, start, ',', '}');
        characters one = {0};
        size_t length = 0;
        for (size_t at = 0; at == 0 || pattern[at - 1] != 0; at++) {
            if (at < open || (at >= start && at < end) || at > close) {
                one[length++] = pattern[at];
            }
        }
        found = any_matches(one, open + end - start, path);
        start = end;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    char pattern[LONGEST + 1] = "";
    char path[LONGEST + 1] = "";
    characters pattern_characters;
    characters path_characters;
    fuzz_take_string(&input, pattern, sizeof(pattern));
    fuzz_take_string(&input, path, sizeof(path));
    take_apart(pattern, pattern_characters);
    take_apart(path, path_characters);
    FUZZ_CHECK(mapcp_glob_matches(pattern, path) == matches_whole(pattern_characters, path_characters));

    if (mapcp_glob_fault(pattern)) {
        return 0;
    }
    const char *item = pattern;
    const struct mapcp_options options = {.include = {.items = &item, .count = 1}};
    const struct mapcp_options opposite = {.exclude = {.items = &item, .count = 1}};
    const bool admitted = any_matches(pattern_characters, 0, path_characters);
    FUZZ_CHECK(mapcp_filter_admits(&options, path, false) == admitted);
    FUZZ_CHECK(mapcp_filter_admits(&opposite, path, false) != admitted);
    return 0;
}
