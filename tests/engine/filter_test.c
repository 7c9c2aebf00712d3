#include <stdio.h>
#include <string.h>

#include "check.h"
#include "filter.h"

static void a_glob_matches_within_a_name(void) {
    CHECK(mapcp_glob_matches("*.o", "a.o"));
    CHECK(mapcp_glob_matches("*", ""));
    CHECK(mapcp_glob_matches("a*b*c", "a-b-b-c"));
    CHECK(mapcp_glob_matches("?", "x"));
    CHECK(!mapcp_glob_matches("?", ""));
    CHECK(!mapcp_glob_matches("*.o", "d/a.o"));
    CHECK(!mapcp_glob_matches("?", "/"));
    CHECK(!mapcp_glob_matches("a", "ab"));
    CHECK(!mapcp_glob_matches("ab", "a"));
    CHECK(mapcp_glob_matches("\\*", "*"));
    CHECK(!mapcp_glob_matches("\\*", "x"));
}

static void a_set_matches_one_of_its_characters(void) {
    CHECK(mapcp_glob_matches("[abc]", "b"));
    CHECK(mapcp_glob_matches("[a-c]x", "bx"));
    CHECK(!mapcp_glob_matches("[a-c]", "d"));
    CHECK(mapcp_glob_matches("[!a-c]", "d"));
    CHECK(mapcp_glob_matches("[]]", "]"));
    CHECK(mapcp_glob_matches("[a-]", "-"));
    CHECK(mapcp_glob_matches("[a-c-e]", "-"));
    // mapcp_glob_fault refuses a set without an end. Here it is a bracket.
    CHECK(mapcp_glob_matches("[", "["));
    CHECK(mapcp_glob_matches("[ab", "[ab"));
    CHECK(!mapcp_glob_matches("[!a]", "/"));
}

static void a_character_is_a_code_point(void) {
    CHECK(mapcp_glob_matches("caf?", "caf\u00e9"));
    CHECK(mapcp_glob_matches("??", "\u65e5\U0001f600"));
    CHECK(!mapcp_glob_matches("???", "\u65e5"));
    CHECK(mapcp_glob_matches("[\u65e5\u6708]\u672c", "\u65e5\u672c"));
    CHECK(mapcp_glob_matches("[\u00e0-\u00fc]", "\u00e9"));
    CHECK(!mapcp_glob_matches("[\u00e0-\u00fc]", "z"));
    CHECK(mapcp_glob_matches("[!\u00e9]", "\u00e8"));
    CHECK(mapcp_glob_matches("*[\u00e9]", "\u00e8\u00e9"));
    CHECK(!mapcp_glob_matches("*\xa9", "\u00e9"));
    CHECK(mapcp_glob_matches("\\\u00e9", "\u00e9"));
}

static void a_byte_that_is_not_utf_8_is_a_character_of_its_own(void) {
    CHECK(mapcp_glob_matches("?", "\xff"));
    CHECK(mapcp_glob_matches("??", "\xc3("));
    CHECK(mapcp_glob_matches("\xff", "\xff"));
    CHECK(!mapcp_glob_matches("\xff", "\u00ff"));
    CHECK(!mapcp_glob_matches("[ -\U0010ffff]", "\xff"));
    // An overlong form, a lone surrogate, and a value above Unicode.
    CHECK(mapcp_glob_matches("??", "\xc0\x80"));
    CHECK(mapcp_glob_matches("???", "\xed\xa0\x80"));
    CHECK(mapcp_glob_matches("????", "\xf4\x90\x80\x80"));
    // A character that is cut off.
    CHECK(mapcp_glob_matches("??", "\xe6\x97"));
}

static void two_asterisks_match_any_number_of_names(void) {
    CHECK(mapcp_glob_matches("**/x", "x"));
    CHECK(mapcp_glob_matches("**/x", "a/b/x"));
    CHECK(mapcp_glob_matches("a/**/x", "a/x"));
    CHECK(mapcp_glob_matches("a/**/x", "a/b/c/x"));
    CHECK(mapcp_glob_matches("a/**", "a/b/c"));
    CHECK(!mapcp_glob_matches("a/**", "a"));
    CHECK(!mapcp_glob_matches("a/**/x", "b/x"));
    CHECK(mapcp_glob_matches("**/b/*.c", "a/b/b/f.c"));
    CHECK(!mapcp_glob_matches("**/b/*.c", "a/b/d/f.c"));
}

static void a_pattern_of_many_asterisks_is_quick(void) {
    CHECK(!mapcp_glob_matches(
        "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static bool excluded(const char *pattern, const char *path, bool is_directory) {
    const struct mapcp_options options = {.exclude = {.items = &pattern, .count = 1}};
    return !mapcp_filter_admits(&options, path, is_directory);
}

static void a_pattern_without_a_slash_matches_names_at_any_depth(void) {
    CHECK(excluded("x", "x", false));
    CHECK(excluded("x", "a/b/x", false));
    CHECK(!excluded("x", "x/y", false));
}

static void a_pattern_with_a_slash_matches_the_path_from_the_root(void) {
    CHECK(excluded("/x", "x", false));
    CHECK(!excluded("/x", "a/x", false));
    CHECK(excluded("a/x", "a/x", false));
    CHECK(!excluded("a/x", "b/a/x", false));
}

static void a_pattern_that_ends_in_a_slash_matches_directories(void) {
    CHECK(excluded("x/", "a/x", true));
    CHECK(!excluded("x/", "a/x", false));
}

static void an_include_pattern_chooses_files_not_directories(void) {
    const char *pattern = "*.c";
    const struct mapcp_options options = {.include = {.items = &pattern, .count = 1}};
    CHECK(mapcp_filter_admits(&options, "a/x.c", false));
    CHECK(!mapcp_filter_admits(&options, "a/x.o", false));
    CHECK(mapcp_filter_admits(&options, "a", true));
}

static void braces_stand_for_a_pattern_with_each_of_their_alternatives(void) {
    CHECK(excluded("*.{c,h}", "a/x.c", false));
    CHECK(excluded("*.{c,h}", "a/x.h", false));
    CHECK(!excluded("*.{c,h}", "a/x.o", false));
    CHECK(!excluded("*.{c,h}", "a/x.{c,h}", false));
    CHECK(excluded("{a,b}{1,2,}", "b2", false));
    CHECK(excluded("{a,b}{1,2,}", "a", false));
    CHECK(!excluded("{a,b}{1,2,}", "2", false));
    CHECK(excluded("{src/*,x}.c", "src/y.c", false));
    CHECK(excluded("{src/*,x}.c", "d/x.c", false));
    CHECK(!excluded("{src/*,x}.c", "d/y.c", false));
    CHECK(excluded("{[,}],x}", ",", false));
    CHECK(excluded("{\\,,x}", ",", false));
    CHECK(excluded("{build,out}/", "out", true));
    CHECK(!excluded("{,}", "x", false));
}

static void braces_without_a_comma_are_characters(void) {
    CHECK(excluded("{a}", "{a}", false));
    CHECK(!excluded("{a}", "a", false));
    CHECK(excluded("a}", "a}", false));
    CHECK(excluded("\\{a,b\\}", "{a,b}", false));
    CHECK(excluded("[{]a,b}", "{a,b}", false));
    CHECK(excluded("{a}{b,c}", "{a}c", false));
}

static bool is_fault(const char *pattern, const char *part) {
    const char *fault = mapcp_glob_fault(pattern);
    return fault && strstr(fault, part);
}

static void a_pattern_that_can_never_match_has_a_fault_with_advice(void) {
    const char *const good[] = {"*.o",   "/build/", "a/b", "[[]", "\\[", "\\{",
                                "{a,b}", "}",       "]",   "a.",  "...", "**/"};
    for (size_t index = 0; index < sizeof(good) / sizeof(*good); index++) {
        CHECK(!mapcp_glob_fault(good[index]));
    }
    CHECK(is_fault("", "empty"));
    const char *const impossible[] = {"./a", "../a", "a/./b", "a/..", ".",  "..",
                                      "/",   "//",   "a//b",  "a//",  "/./"};
    for (size_t index = 0; index < sizeof(impossible) / sizeof(*impossible); index++) {
        CHECK(is_fault(impossible[index], "write 'sub' or '/sub'"));
    }
    const char *const unfinished_sets[] = {"[", "a[b", "[!]", "[]", "{[,b}"};
    for (size_t index = 0; index < sizeof(unfinished_sets) / sizeof(*unfinished_sets); index++) {
        CHECK(is_fault(unfinished_sets[index], "write '\\['"));
    }
    const char *const reversed[] = {"[z-a]", "[!z-a]", "x[ab-a]", "[\xc3\xa9-a]"};
    for (size_t index = 0; index < sizeof(reversed) / sizeof(*reversed); index++) {
        CHECK(is_fault(reversed[index], "write '[a-z]'"));
    }
    CHECK(!mapcp_glob_fault("[a-a-]"));
    CHECK(!mapcp_glob_fault("[+-9]"));
    CHECK(is_fault("[a/b]", "No name has a '/'"));
    CHECK(is_fault("[+-/]", "No name has a '/'"));
    CHECK(is_fault("x\\", "nothing after"));
    CHECK(is_fault("x\\/", "without a backslash"));
    CHECK(is_fault("\\/x", "without a backslash"));
    CHECK(!mapcp_glob_fault("x\\\\"));
    CHECK(is_fault("a/\\.", "write 'sub' or '/sub'"));
    CHECK(is_fault("{a,./b}", "write 'sub' or '/sub'"));
    CHECK(is_fault("{a,b/}/c", "write 'sub' or '/sub'"));
    CHECK(!mapcp_glob_fault("{,a}/b"));
    CHECK(is_fault("*.{a,b", "write '\\{'"));
    CHECK(is_fault("{a,{b,c}}", "braces in them"));
    CHECK(!mapcp_glob_fault("{,}{,}{,}{,}{,}{,}{,}{,}"));
    CHECK(is_fault("{,}{,}{,}{,}{,}{,}{,}{,}{,}", "256"));
}

static void a_pattern_has_as_many_bytes_as_a_path(void) {
    char pattern[MAPCP_LONGEST_PATTERN + 2];
    memset(pattern, 'a', sizeof(pattern) - 1);
    pattern[MAPCP_LONGEST_PATTERN + 1] = '\0';
    CHECK(is_fault(pattern, "4095"));
    pattern[MAPCP_LONGEST_PATTERN] = '\0';
    CHECK(!mapcp_glob_fault(pattern));
    CHECK(excluded(pattern, pattern, false));
}

static bool source_excluded(const char *pattern, const char *source, bool is_directory) {
    char path[64];
    (void)snprintf(path, sizeof(path), "%s", source);
    const struct mapcp_options options = {.exclude = {.items = &pattern, .count = 1}};
    const bool admitted = mapcp_filter_admits_source(&options, path, is_directory);
    CHECK(strcmp(path, source) == 0);
    return !admitted;
}

static void a_source_is_matched_by_its_name(void) {
    CHECK(source_excluded("*.o", "p/a.o", false));
    CHECK(source_excluded("node_modules", "p/node_modules", true));
    CHECK(source_excluded("d/", "d//", true));
    CHECK(!source_excluded("d/", "d", false));
    CHECK(!source_excluded("p", "p/a.o", false));
    CHECK(!source_excluded("/d", "d", true));
    CHECK(!source_excluded("p/d", "p/d", true));
}

static void a_source_without_a_name_of_its_own_is_not_matched(void) {
    CHECK(!source_excluded("*", ".", true));
    CHECK(!source_excluded("*", "d/..", true));
    CHECK(!source_excluded("*", "d/./", true));
    CHECK(!source_excluded("*", "/", true));
}

static const struct test tests[] = {
    {"a glob matches within a name", a_glob_matches_within_a_name},
    {"a set matches one of its characters", a_set_matches_one_of_its_characters},
    {"a character is a code point", a_character_is_a_code_point},
    {"a byte that is not UTF-8 is a character of its own",
     a_byte_that_is_not_utf_8_is_a_character_of_its_own},
    {"two asterisks match any number of names", two_asterisks_match_any_number_of_names},
    {"a pattern of many asterisks is quick", a_pattern_of_many_asterisks_is_quick},
    {"a pattern without a slash matches names at any depth",
     a_pattern_without_a_slash_matches_names_at_any_depth},
    {"a pattern with a slash matches the path from the root",
     a_pattern_with_a_slash_matches_the_path_from_the_root},
    {"a pattern that ends in a slash matches directories",
     a_pattern_that_ends_in_a_slash_matches_directories},
    {"an include pattern chooses files, not directories", an_include_pattern_chooses_files_not_directories},
    {"braces stand for a pattern with each of their alternatives",
     braces_stand_for_a_pattern_with_each_of_their_alternatives},
    {"braces without a comma are characters", braces_without_a_comma_are_characters},
    {"a pattern that can never match has a fault with advice",
     a_pattern_that_can_never_match_has_a_fault_with_advice},
    {"a pattern has as many bytes as a path", a_pattern_has_as_many_bytes_as_a_path},
    {"a source is matched by its name", a_source_is_matched_by_its_name},
    {"a source without a name of its own is not matched", a_source_without_a_name_of_its_own_is_not_matched},
};
const struct suite filter_suite = {tests, sizeof(tests) / sizeof(*tests)};
