#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "path.h"

TEST(an_array_whose_size_overflows_is_no_memory) {
    size_t capacity = SIZE_MAX / 8;
    CHECK(mapcp_array_reserve(NULL, capacity, &capacity, 16) == NULL);
    CHECK(capacity == SIZE_MAX / 8);
}

TEST(a_text_whose_size_overflows_is_no_memory) {
    struct mapcp_path path = {.text = NULL};
    CHECK(mapcp_path_set(&path, "a"));
    CHECK(!mapcp_path_append(&path, "b", SIZE_MAX / 2));
    CHECK(path.length == 1);
    mapcp_path_free(&path);
}
