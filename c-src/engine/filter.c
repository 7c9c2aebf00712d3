#include "filter.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

// --- One character ----------------------------------------------------------------------------------------

/// The end of the set, such as `[a-z]`, whose bracket is at `pattern`. NULL if the set has no end.
static const char *end_of_set(const char *pattern) {
    const char *at = pattern + 1;
    at += *at == '!' || *at == '^';
    // A closing bracket in the first position is a member.
    const char *end = *at ? strchr(at + 1, ']') : NULL;
    return end ? end + 1 : NULL;
}

/// A member of a set: a range such as `a-z`. A single character is a range of one.
struct range {
    uint32_t low;
    uint32_t high;
};

/// Reads the member of a set at `*at` and moves past it. `bracket` is the set's closing bracket.
static struct range take_range(const char **at, const char *bracket) {
    const uint32_t low = mapcp_take_character(at);
    struct range range = {.low = low, .high = low};
    if (**at == '-' && *at + 1 < bracket) {
        (*at)++;
        range.high = mapcp_take_character(at);
    }
    return range;
}

/// Matches a character against the set at `pattern` that ends before `end`.
static bool set_matches(const char *pattern, const char *end, uint32_t character) {
    const char *at = pattern + 1;
    const char *const bracket = end - 1;
    const bool negated = *at == '!' || *at == '^';
    at += negated;
    bool matches = false;
    while (at < bracket) {
        const struct range range = take_range(&at, bracket);
        matches |= range.low <= character && character <= range.high;
    }
    return matches != negated && character != '/';
}

/// Matches one character against the set or character at `*pattern`, which is not an asterisk. If it matches,
/// moves the pattern past it.
static bool one_matches(const char **pattern, uint32_t character) {
    const char *at = *pattern;
    const char *const end = *at == '[' ? end_of_set(at) : NULL;
    bool matches = false;
    if (end) {
        matches = set_matches(at, end, character);
        at = end;
    } else if (*at == '?') {
        matches = character != '/';
        at++;
    } else {
        at += *at == '\\' && at[1] != '\0';
        matches = *at != '\0' && mapcp_take_character(&at) == character;
    }
    if (matches) {
        *pattern = at;
    }
    return matches;
}

// --- A path -----------------------------------------------------------------------------------------------

/// The position in pattern and path to go back to if the text after an asterisk does not match.
struct retry {
    const char *pattern;
    const char *path;
    /// Whether the asterisk is a name `**`, which takes one more name at each try, and not one more
    /// character.
    bool whole_names;
};

static bool try_again(struct retry *retry, const char **pattern, const char **path) {
    if (!retry->pattern) {
        return false;
    }
    if (retry->whole_names) {
        const char *slash = strchr(retry->path, '/');
        if (!slash) {
            return false;
        }
        retry->path = slash + 1;
    } else {
        if (*retry->path == '\0' || *retry->path == '/') {
            return false;
        }
        (void)mapcp_take_character(&retry->path);
    }
    *pattern = retry->pattern;
    *path = retry->path;
    return true;
}

/// Whether a name `**` begins at `pattern`. `start` is the beginning of the whole pattern.
static bool is_any_names(const char *start, const char *pattern) {
    return pattern[0] == '*' && pattern[1] == '*' && (pattern == start || pattern[-1] == '/') &&
           (pattern[2] == '/' || pattern[2] == '\0');
}

bool mapcp_glob_matches(const char *pattern, const char *path) {
    const char *start = pattern;
    struct retry names = {.whole_names = true};
    struct retry characters = {.whole_names = false};
    for (;;) {
        const char *next = path;
        if (is_any_names(start, pattern)) {
            if (pattern[2] == '\0') {
                return *path != '\0';
            }
            pattern += 3;
            names.pattern = pattern;
            names.path = path;
            characters.pattern = NULL;
        } else if (*pattern == '*') {
            characters.pattern = ++pattern;
            characters.path = path;
        } else if (*pattern == '\0' && *path == '\0') {
            return true;
        } else if (*path != '\0' && one_matches(&pattern, mapcp_take_character(&next))) {
            path = next;
        } else if (!try_again(&characters, &pattern, &path)) {
            characters.pattern = NULL;
            if (!try_again(&names, &pattern, &path)) {
                return false;
            }
        }
    }
}

// --- Braces -----------------------------------------------------------------------------------------------

/// Braces, as in `{c,h}`.
struct braces {
    /// Behind the closing brace. NULL if there is none.
    const char *end;
    size_t alternatives;
};

/// The end of a character, a set, or a character with a backslash.
static const char *end_of_token(const char *at) {
    const char *const end = *at == '[' ? end_of_set(at) : NULL;
    return end ? end : at + 1 + (*at == '\\' && at[1] != '\0');
}

static struct braces read_braces(const char *open) {
    struct braces braces = {.alternatives = 1};
    for (const char *at = open + 1; *at != '\0'; at = end_of_token(at)) {
        if (*at == '}') {
            braces.end = at + 1;
            break;
        }
        braces.alternatives += *at == ',';
    }
    return braces;
}

/// The comma or brace that ends an alternative.
static const char *end_of_alternative(const char *at) {
    while (*at != ',' && *at != '}') {
        at = end_of_token(at);
    }
    return at;
}

bool mapcp_glob_expand(const char *pattern, size_t number, char *buffer) {
    const char *at = pattern;
    while (*at != '\0') {
        const struct braces braces = *at == '{' ? read_braces(at) : (struct braces){.alternatives = 1};
        const char *from = at;
        const char *end = end_of_token(at);
        at = end;
        if (braces.end && braces.alternatives > 1) {
            from++;
            for (size_t others = number % braces.alternatives; others > 0; others--) {
                from = end_of_alternative(from) + 1;
            }
            end = end_of_alternative(from);
            at = braces.end;
            number /= braces.alternatives;
        }
        memcpy(buffer, from, (size_t)(end - from));
        buffer += end - from;
    }
    *buffer = '\0';
    return number == 0;
}

// --- Faults -----------------------------------------------------------------------------------------------

/// Whether no path below a source can have this part of a pattern: ".", "..", or an empty name.
static bool is_impossible_name(const char *name, size_t length) {
    size_t dots = 0;
    for (size_t index = 0; index < length; index++) {
        index += name[index] == '\\' && index + 1 < length;
        if (name[index] != '.') {
            return false;
        }
        dots++;
    }
    return dots <= 2;
}

/// Whether a pattern without alternatives has a name that no path below a source can have.
static bool has_impossible_name(const char *pattern) {
    const char *name = pattern + (*pattern == '/');
    for (;;) {
        const size_t length = strcspn(name, "/");
        if (is_impossible_name(name, length)) {
            return true;
        }
        if (name[length] == '\0' || name[length + 1] == '\0') {
            return false;
        }
        name += length + 1;
    }
}

/// Why a part of the set at `pattern`, which ends before `end`, can never match. NULL if all parts can.
static const char *set_fault(const char *pattern, const char *end) {
    const char *at = pattern + 1;
    const char *const bracket = end - 1;
    at += *at == '!' || *at == '^';
    const char *const class = strstr(at, "[:");
    if (class && class + 1 < bracket - 1 && bracket[-1] == ':') {
        return "Sets have no classes such as '[:alpha:]'; write the characters, as in '[a-zA-Z]'.";
    }
    while (at < bracket) {
        const struct range range = take_range(&at, bracket);
        if (range.low == '/' || range.high == '/') {
            return "No name has a '/' in it, so '[...]' cannot have one; give a pattern for each.";
        }
        if (range.low > range.high) {
            return "A range goes from the lower character to the higher one: for '[z-a]', write '[a-z]'.";
        }
    }
    return NULL;
}

/// Why a character, a set, or a character with a backslash can never match. NULL if it can.
static const char *token_fault(const char *at) {
    if (*at == '[') {
        const char *const end = end_of_set(at);
        return end ? set_fault(at, end) : "There is no ']' after '['; for the character itself, write '\\['.";
    }
    if (*at == '\\' && at[1] == '\0') {
        return "There is nothing after '\\'; for the character itself, write '\\\\'.";
    }
    return *at == '\\' && at[1] == '/' ? "A '/' always divides names; write it without a backslash." : NULL;
}

/// Why a part of a pattern can never match, or why its sets or braces are incomplete or too many. NULL if
/// there is no fault.
static const char *part_fault(const char *pattern) {
    size_t alternatives = 1;
    // The number of alternatives in the open braces so far, or 0 outside of braces.
    size_t open = 0;
    for (const char *at = pattern; *at != '\0'; at = end_of_token(at)) {
        const char *const fault = token_fault(at);
        if (fault) {
            return fault;
        }
        if (*at == '{') {
            if (open > 0) {
                return "Braces cannot have braces in them; give a pattern for each.";
            }
            open = 1;
        } else if (open > 0 && *at == ',') {
            open++;
        } else if (open > 0 && *at == '}') {
            alternatives *= open;
            open = 0;
            if (alternatives > MAPCP_MOST_ALTERNATIVES) {
                return "Braces can stand for at most 256 patterns.";
            }
        }
    }
    return open > 0 ? "There is no '}' after '{'; for the character itself, write '\\{'." : NULL;
}

const char *mapcp_glob_fault(const char *pattern) {
    char one[MAPCP_LONGEST_PATTERN + 1];
    if (*pattern == '\0') {
        return "An empty pattern matches nothing.";
    }
    if (strlen(pattern) > MAPCP_LONGEST_PATTERN) {
        return "A pattern has at most 4095 bytes.";
    }
    const char *fault = part_fault(pattern);
    for (size_t number = 0; !fault && mapcp_glob_expand(pattern, number, one); number++) {
        // An empty alternative is allowed: `a{,.c}` means that the `.c` is optional.
        if (*one != '\0' && has_impossible_name(one)) {
            fault = "Paths below the source have no '.', '..' or '//' in them: "
                    "for './sub', write 'sub' or '/sub'.";
        }
    }
    return fault;
}

// --- Entries -----------------------------------------------------------------------------------------------

/// The entry that patterns are matched against.
struct candidate {
    const char *name;
    /// The path below the source. NULL for the source itself, which has none.
    const char *path;
    bool is_directory;
};

/// Matches a pattern without alternatives, which is changed by it.
static bool entry_matches(char *pattern, const struct candidate *candidate) {
    const size_t length = strlen(pattern);
    if (length > 1 && pattern[length - 1] == '/') {
        if (!candidate->is_directory) {
            return false;
        }
        pattern[length - 1] = '\0';
    }
    if (!strchr(pattern, '/')) {
        return *pattern != '\0' && mapcp_glob_matches(pattern, candidate->name);
    }
    return candidate->path && mapcp_glob_matches(pattern + (*pattern == '/'), candidate->path);
}

static bool any_matches(struct mapcp_patterns patterns, const struct candidate *candidate) {
    char pattern[MAPCP_LONGEST_PATTERN + 1];
    for (size_t index = 0; index < patterns.count; index++) {
        for (size_t number = 0; mapcp_glob_expand(patterns.items[index], number, pattern); number++) {
            if (entry_matches(pattern, candidate)) {
                return true;
            }
        }
    }
    return false;
}

static bool admits(const struct mapcp_options *options, const struct candidate *candidate) {
    if (any_matches(options->exclude, candidate)) {
        return false;
    }
    return candidate->is_directory || options->include.count == 0 || any_matches(options->include, candidate);
}

bool mapcp_filter_admits(const struct mapcp_options *options, const char *path, bool is_directory) {
    const char *slash = strrchr(path, '/');
    const struct candidate candidate = {
        .name = slash ? slash + 1 : path,
        .path = path,
        .is_directory = is_directory,
    };
    return admits(options, &candidate);
}

bool mapcp_filter_may_admit(const struct mapcp_options *options, const char *path) {
    return mapcp_filter_admits(options, path, false) || mapcp_filter_admits(options, path, true);
}

bool mapcp_filter_admits_source(const struct mapcp_options *options, char *path, bool is_directory) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    const char end = path[length];
    path[length] = '\0';
    const char *slash = strrchr(path, '/');
    const struct candidate candidate = {.name = slash ? slash + 1 : path, .is_directory = is_directory};
    const bool has_name =
        *candidate.name != '\0' && strcmp(candidate.name, ".") != 0 && strcmp(candidate.name, "..") != 0;
    const bool admitted = !has_name || admits(options, &candidate);
    path[length] = end;
    return admitted;
}

const char *mapcp_filter_fault(const struct mapcp_options *options, const char **pattern) {
    const struct mapcp_patterns lists[] = {options->include, options->exclude};
    for (size_t list = 0; list < 2; list++) {
        for (size_t index = 0; index < lists[list].count; index++) {
            const char *fault = mapcp_glob_fault(lists[list].items[index]);
            if (fault) {
                *pattern = lists[list].items[index];
                return fault;
            }
        }
    }
    return NULL;
}

const char *mapcp_pattern_warning(const char *pattern) {
    if (*pattern == '!') {
        return "a '!' at the start does not negate; it is a part of the name; if you mean that, write '\\!'";
    }
    for (const char *at = pattern; *at != '\0'; at = end_of_token(at)) {
        const char *const end = at[1] == '(' ? strchr(at, ')') : NULL;
        // Names such as `a (1)` are common, so `*(1)` can be meant.
        const bool is_choice = end && memchr(at, '|', (size_t)(end - at)) != NULL;
        if (end && (strchr("@!+", *at) || (strchr("*?", *at) && is_choice))) {
            return "'(', '|' and ')' are parts of the name; for alternatives, write '{a,b}'; "
                   "for the character itself, write '\\('";
        }
    }
    return NULL;
}

bool mapcp_pattern_repeats_source(const char *pattern, const char *source) {
    size_t end = strlen(source);
    while (end > 0 && source[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && source[start - 1] != '/') {
        start--;
    }
    const char *const own = source + start;
    const size_t length = end - start;
    const char *name = pattern + (*pattern == '/');
    // A first name that is not literal can match others.
    if (length == 0 || is_impossible_name(own, length) || strcspn(name, "*?[{\\") < strcspn(name, "/")) {
        return false;
    }
    for (;;) {
        const size_t size = strcspn(name, "/");
        if (name[size] == '\0' || name[size + 1] == '\0') {
            return false;
        }
        if (size == length && memcmp(name, own, length) == 0) {
            return true;
        }
        name += size + 1;
    }
}

// --- Shards ------------------------------------------------------------------------------------------------

bool mapcp_shard_is_valid(struct mapcp_shard shard) {
    return shard.index < shard.count || (shard.index == 0 && shard.count == 0);
}

bool mapcp_shard_has(struct mapcp_shard shard, const char *path) {
    return shard.count <= 1 || mapcp_hash_path(path) % shard.count == shard.index;
}

uint64_t mapcp_hash_path(const char *path) {
    // FNV-1a over the bytes, 64 bits wide.
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = path; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    // MurmurHash3's finaliser. FNV alone mixes the low bits poorly, and they choose the shard.
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}
