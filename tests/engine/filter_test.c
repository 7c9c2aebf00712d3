#include <stdio.h>
#include <string.h>

#include "check.h"
#include "filter.h"

TEST(a_glob_matches_within_a_name) {
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

TEST(a_set_matches_one_of_its_characters) {
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

TEST(a_character_is_a_code_point) {
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

TEST(a_byte_that_is_not_utf_8_is_a_character_of_its_own) {
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

TEST(two_asterisks_match_any_number_of_names) {
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

TEST(a_pattern_of_many_asterisks_is_quick) {
    CHECK(!mapcp_glob_matches(
        "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static bool excluded(const char *pattern, const char *path, bool is_directory) {
    const struct mapcp_options options = {.exclude = {.items = &pattern, .count = 1}};
    return !mapcp_filter_admits(&options, path, is_directory);
}

TEST(a_pattern_without_a_slash_matches_names_at_any_depth) {
    CHECK(excluded("x", "x", false));
    CHECK(excluded("x", "a/b/x", false));
    CHECK(!excluded("x", "x/y", false));
}

TEST(a_pattern_with_a_slash_matches_the_path_from_the_root) {
    CHECK(excluded("/x", "x", false));
    CHECK(!excluded("/x", "a/x", false));
    CHECK(excluded("a/x", "a/x", false));
    CHECK(!excluded("a/x", "b/a/x", false));
}

TEST(a_pattern_that_ends_in_a_slash_matches_directories) {
    CHECK(excluded("x/", "a/x", true));
    CHECK(!excluded("x/", "a/x", false));
}

TEST(an_include_pattern_chooses_files_not_directories) {
    const char *pattern = "*.c";
    const struct mapcp_options options = {.include = {.items = &pattern, .count = 1}};
    CHECK(mapcp_filter_admits(&options, "a/x.c", false));
    CHECK(!mapcp_filter_admits(&options, "a/x.o", false));
    CHECK(mapcp_filter_admits(&options, "a", true));
}

TEST(braces_stand_for_a_pattern_with_each_of_their_alternatives) {
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

TEST(braces_without_a_comma_are_characters) {
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

TEST(a_pattern_that_can_never_match_has_a_fault_with_advice) {
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

TEST(a_pattern_has_as_many_bytes_as_a_path) {
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

TEST(a_source_is_matched_by_its_name) {
    CHECK(source_excluded("*.o", "p/a.o", false));
    CHECK(source_excluded("node_modules", "p/node_modules", true));
    CHECK(source_excluded("d/", "d//", true));
    CHECK(!source_excluded("d/", "d", false));
    CHECK(!source_excluded("p", "p/a.o", false));
    CHECK(!source_excluded("/d", "d", true));
    CHECK(!source_excluded("p/d", "p/d", true));
}

TEST(a_source_without_a_name_of_its_own_is_not_matched) {
    CHECK(!source_excluded("*", ".", true));
    CHECK(!source_excluded("*", "d/..", true));
    CHECK(!source_excluded("*", "d/./", true));
    CHECK(!source_excluded("*", "/", true));
}
