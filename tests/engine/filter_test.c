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
    CHECK(mapcp_glob_matches("[", "["));
    CHECK(mapcp_glob_matches("[ab", "[ab"));
    CHECK(!mapcp_glob_matches("[!a]", "/"));
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

static void a_pattern_of_many_asterisks_is_still_quick(void) {
    CHECK(!mapcp_glob_matches(
        "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static bool excluded(const char *pattern, const char *path, bool is_directory) {
    const struct mapcp_options options = {.exclude = {.items = &pattern, .count = 1}};
    return !mapcp_filter_admits(&options, path, is_directory);
}

static void a_pattern_without_a_slash_is_for_names_at_any_depth(void) {
    CHECK(excluded("x", "x", false));
    CHECK(excluded("x", "a/b/x", false));
    CHECK(!excluded("x", "x/y", false));
    CHECK(!excluded("", "x", false));
}

static void a_pattern_with_a_slash_is_for_the_path_from_the_root(void) {
    CHECK(excluded("/x", "x", false));
    CHECK(!excluded("/x", "a/x", false));
    CHECK(excluded("a/x", "a/x", false));
    CHECK(!excluded("a/x", "b/a/x", false));
}

static void a_pattern_that_ends_in_a_slash_is_for_directories(void) {
    CHECK(excluded("x/", "a/x", true));
    CHECK(!excluded("x/", "a/x", false));
}

static void an_include_is_for_files_and_lets_directories_through(void) {
    const char *pattern = "*.c";
    const struct mapcp_options options = {.include = {.items = &pattern, .count = 1}};
    CHECK(mapcp_filter_admits(&options, "a/x.c", false));
    CHECK(!mapcp_filter_admits(&options, "a/x.o", false));
    CHECK(mapcp_filter_admits(&options, "a", true));
}

static const struct test tests[] = {
    {"a glob matches within a name", a_glob_matches_within_a_name},
    {"a set matches one of its characters", a_set_matches_one_of_its_characters},
    {"two asterisks match any number of names", two_asterisks_match_any_number_of_names},
    {"a pattern of many asterisks is still quick", a_pattern_of_many_asterisks_is_still_quick},
    {"a pattern without a slash is for names at any depth",
     a_pattern_without_a_slash_is_for_names_at_any_depth},
    {"a pattern with a slash is for the path from the root",
     a_pattern_with_a_slash_is_for_the_path_from_the_root},
    {"a pattern that ends in a slash is for directories", a_pattern_that_ends_in_a_slash_is_for_directories},
    {"an include is for files and lets directories through",
     an_include_is_for_files_and_lets_directories_through},
};
const struct suite filter_suite = {tests, sizeof(tests) / sizeof(*tests)};
