#include "list.h"

#include <string.h>

#include "check.h"

/// Adds some bytes, and ends the list if `is_last`.
static void add(struct mapcp_list *list, const char *bytes, size_t length, bool is_last) {
    CHECK(mapcp_input_add(&list->input, bytes, length));
    list->input.ended = is_last;
}

static void expect(struct mapcp_list *list, const char *path) {
    struct mapcp_error error;
    CHECK(mapcp_list_next(list, &error) == MAPCP_LIST_PATH);
    CHECK(strcmp(list->path.text, path) == 0);
}

static void expect_refused(struct mapcp_list *list, const char *path, enum mapcp_code code) {
    struct mapcp_error error;
    CHECK(mapcp_list_next(list, &error) == MAPCP_LIST_REFUSED);
    CHECK(strcmp(list->path.text, path) == 0);
    CHECK(error.code == code);
}

static void expect_event(struct mapcp_list *list, enum mapcp_list_event event) {
    struct mapcp_error error;
    CHECK(mapcp_list_next(list, &error) == event);
}

TEST(a_list_may_come_byte_by_byte) {
    static const char bytes[] = "one\0two/three\0four";
    struct mapcp_list list = {.has_lines = false};
    for (size_t index = 0; index < sizeof(bytes) - 1; index++) {
        expect_event(&list, MAPCP_LIST_WAITS);
        add(&list, bytes + index, 1, false);
        if (index == 3) {
            expect(&list, "one");
        } else if (index == 13) {
            expect(&list, "two/three");
        }
    }
    list.input.ended = true;
    expect(&list, "four");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(a_list_may_come_all_at_once) {
    static const char bytes[] = "a\0\0b/c\0d\0";
    struct mapcp_list list = {.has_lines = false};
    add(&list, bytes, sizeof(bytes) - 1, true);
    expect(&list, "a");
    expect_refused(&list, "", MAPCP_CODE_INVALID_ARGUMENT);
    expect(&list, "b/c");
    expect(&list, "d");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(lines_may_end_as_on_windows_and_be_empty) {
    static const char bytes[] = "a\r\n\n\r\nb c\n\xc3\xa9\nlast";
    struct mapcp_list list = {.has_lines = true};
    add(&list, bytes, sizeof(bytes) - 1, true);
    expect(&list, "a");
    expect(&list, "b c");
    expect(&list, "\xc3\xa9");
    expect(&list, "last");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(a_line_feed_is_part_of_a_path_that_ends_in_a_nul) {
    struct mapcp_list list = {.has_lines = false};
    add(&list, "a\nb\r\0", 5, true);
    expect(&list, "a\nb\r");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(a_line_with_a_nul_is_refused) {
    struct mapcp_list list = {.has_lines = true};
    add(&list, "a\na\0b\0", 6, true);
    expect(&list, "a");
    expect_refused(&list, "a", MAPCP_CODE_INVALID_ARGUMENT);
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(a_path_is_read_without_dots_and_empty_names) {
    static const char bytes[] = ".\0./a\0.//b/./c//\0d/.\0././\0.a/..b/c..\0";
    struct mapcp_list list = {.has_lines = false};
    add(&list, bytes, sizeof(bytes) - 1, true);
    expect(&list, "");
    CHECK(list.is_directory);
    expect(&list, "a");
    CHECK(!list.is_directory);
    expect(&list, "b/c");
    CHECK(list.is_directory);
    expect(&list, "d");
    CHECK(list.is_directory);
    expect(&list, "");
    expect(&list, ".a/..b/c..");
    CHECK(!list.is_directory);
    mapcp_list_free(&list);
}

TEST(a_path_that_leads_out_is_refused) {
    static const char *const paths[] = {"/",      "/a",           "..",   "../a",  "a/..",
                                        "a/../b", "a/b/../../..", "./..", "//a/.."};
    for (size_t index = 0; index < sizeof(paths) / sizeof(*paths); index++) {
        struct mapcp_list list = {.has_lines = false};
        add(&list, paths[index], strlen(paths[index]) + 1, true);
        expect_refused(&list, paths[index], MAPCP_CODE_INVALID_ARGUMENT);
        expect_event(&list, MAPCP_LIST_END);
        mapcp_list_free(&list);
    }
}

TEST(a_path_that_is_not_utf8_is_refused_with_escapes) {
    static const struct {
        const char *path;
        const char *shown;
    } cases[] = {
        {"caf\xe9", "caf\\xe9"},
        {"\xc3", "\\xc3"},
        {"\xc3\xa9\xa9", "\xc3\xa9\\xa9"},
        {"\xc0\x80", "\\xc0\\x80"},
        {"\xe0\x80\x80", "\\xe0\\x80\\x80"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf0\x80\x80\x80", "\\xf0\\x80\\x80\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xff/a", "\\xff/a"},
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
    };
    for (size_t index = 0; index < sizeof(cases) / sizeof(*cases); index++) {
        struct mapcp_list list = {.has_lines = true};
        add(&list, cases[index].path, strlen(cases[index].path), true);
        expect_refused(&list, cases[index].shown, MAPCP_CODE_INVALID_NAME);
        mapcp_list_free(&list);
    }
    struct mapcp_list list = {.has_lines = true};
    static const char good[] = "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xe0\xa0\x80\xc2\x80";
    add(&list, good, sizeof(good) - 1, true);
    expect(&list, good);
    mapcp_list_free(&list);
}

TEST(a_path_that_is_too_long_is_refused_and_takes_no_memory) {
    static char piece[50000];
    struct mapcp_list list = {.has_lines = true};
    memset(piece, 'x', sizeof(piece));
    add(&list, piece, sizeof(piece), false);
    expect_event(&list, MAPCP_LIST_WAITS);
    add(&list, piece, sizeof(piece), false);
    struct mapcp_error error;
    CHECK(mapcp_list_next(&list, &error) == MAPCP_LIST_REFUSED && error.code == MAPCP_CODE_NAME_TOO_LONG);
    CHECK(list.path.length == 255);
    for (int count = 0; count < 100; count++) {
        expect_event(&list, MAPCP_LIST_WAITS);
        add(&list, piece, sizeof(piece), false);
    }
    CHECK(list.input.capacity < 4 * sizeof(piece));
    expect_event(&list, MAPCP_LIST_WAITS);
    add(&list, "x\nnext\n", 7, true);
    expect(&list, "next");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}

TEST(a_path_that_is_repeated_at_once_is_ignored) {
    static const char bytes[] = "a\0a\0a\0b\0a\0./a\0a\0";
    struct mapcp_list list = {.has_lines = false};
    add(&list, bytes, sizeof(bytes) - 1, true);
    expect(&list, "a");
    expect(&list, "b");
    expect(&list, "a");
    // The same entry in other words is another path.
    expect(&list, "a");
    expect(&list, "a");
    expect_event(&list, MAPCP_LIST_END);
    mapcp_list_free(&list);
}
