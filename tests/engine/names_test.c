#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "names.h"
#include "unicode.h"

TEST(a_name_that_some_system_cannot_have_has_a_fault) {
    static const char *const bad[] = {
        "con",         "CON.txt", "nul .txt", "com1",         "LPT0.a.b",
        "lpt\xc2\xb3", "conin$",  "a.",       "a ",           ".",
        "..",          "a\x01",   "\x7f",     "a\xc2\x85",    "a\\b",
        "a:b",         "\xff",    "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xe2\x82",
    };
    static const char *const good[] = {"console", "com",  "com10", "co",
                                       ".con",    " con", "a.b",   "\xf0\x9f\x8e\x89"};
    for (size_t index = 0; index < sizeof(bad) / sizeof(*bad); index++) {
        CHECK(mapcp_name_fault(bad[index]));
    }
    for (size_t index = 0; index < sizeof(good) / sizeof(*good); index++) {
        CHECK(!mapcp_name_fault(good[index]));
    }
    char longest[257];
    memset(longest, 'n', sizeof(longest));
    longest[255] = '\0';
    CHECK(!mapcp_name_fault(longest));
    longest[255] = 'n';
    longest[256] = '\0';
    CHECK(mapcp_name_fault(longest));
}

/// Checks the sibling of a name in a set. NULL means that it has none.
static void check_sibling(struct mapcp_name_set *set, const char *name, const char *expected) {
    const char *sibling = NULL;
    CHECK(mapcp_name_set_find(set, name, &sibling));
    CHECK(expected ? sibling && strcmp(sibling, expected) == 0 : !sibling);
}

TEST(a_set_finds_another_name_of_the_same_class) {
    struct mapcp_name_set set = {.rule = MAPCP_NAMES_ANY};
    check_sibling(&set, "a", NULL);
    CHECK(mapcp_name_set_add(&set, "a") && mapcp_name_set_add(&set, "a"));
    check_sibling(&set, "a", NULL);
    check_sibling(&set, "A", "a");
    CHECK(mapcp_name_set_add(&set, "A") && mapcp_name_set_add(&set, "\xef\xbb\xbf"
                                                                    "a"));
    check_sibling(&set, "a", "A");
    check_sibling(&set, "A", "a");
    check_sibling(&set, "b", NULL);
    mapcp_name_set_free(&set);
}

TEST(a_set_keeps_the_smallest_name_of_a_class) {
    struct mapcp_name_set set = {.rule = MAPCP_NAMES_SMALLEST};
    CHECK(mapcp_name_set_add(&set, "readme") && mapcp_name_set_add(&set, "README") &&
          mapcp_name_set_add(&set, "Readme"));
    check_sibling(&set, "README", NULL);
    check_sibling(&set, "Readme", "README");
    check_sibling(&set, "readme", "README");
    mapcp_name_set_free(&set);
}

TEST(a_set_has_room_for_many_names_and_many_of_one_class) {
    struct mapcp_name_set set = {.rule = MAPCP_NAMES_ANY};
    char name[32];
    for (unsigned number = 0; number < 50000; number++) {
        (void)snprintf(name, sizeof(name), "f%u", number);
        CHECK(mapcp_name_set_add(&set, name));
        // A class with as many names as there are numbers.
        for (unsigned bit = 0; bit < 17; bit++) {
            name[bit] = (char)((number >> bit & 1) ? 'A' : 'a');
        }
        name[17] = '\0';
        CHECK(mapcp_name_set_add(&set, name));
    }
    for (unsigned number = 0; number < 50000; number++) {
        char expected[32];
        (void)snprintf(name, sizeof(name), "F%u", number);
        (void)snprintf(expected, sizeof(expected), "f%u", number);
        check_sibling(&set, name, expected);
    }
    // Which of the two that it keeps depends on the seed.
    const char *sibling = NULL;
    CHECK(mapcp_name_set_find(&set, "AAAAAAAAAAAAAAAAA", &sibling) && sibling);
    mapcp_name_set_free(&set);
}
