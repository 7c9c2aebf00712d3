#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "path.h"

static void an_array_whose_size_overflows_is_no_memory(void) {
    size_t capacity = SIZE_MAX / 8;
    CHECK(mapcp_array_reserve(NULL, capacity, &capacity, 16) == NULL);
    CHECK(capacity == SIZE_MAX / 8);
}

static void a_text_whose_size_overflows_is_no_memory(void) {
    struct mapcp_path path = {.text = NULL};
    CHECK(mapcp_path_set(&path, "a"));
    CHECK(!mapcp_path_append(&path, "b", SIZE_MAX / 2));
    CHECK(path.length == 1);
    mapcp_path_free(&path);
}

static const struct test tests[] = {
    {"an array whose size overflows is no memory", an_array_whose_size_overflows_is_no_memory},
    {"a text whose size overflows is no memory", a_text_whose_size_overflows_is_no_memory},
};

const struct suite path_suite = {tests, sizeof(tests) / sizeof(*tests)};
