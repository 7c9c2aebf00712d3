#include <errno.h>
#include <string.h>

#include "check.h"
#include "error.h"

TEST(every_code_has_a_reason) {
    for (int code = MAPCP_CODE_NOT_FOUND; code < MAPCP_CODE_OTHER; code++) {
        const struct mapcp_error error = {.operation = MAPCP_OPERATION_OPEN, .code = (enum mapcp_code)code};
        CHECK(strlen(mapcp_reason(&error)) > 0);
    }
}

TEST(every_operation_has_a_verb) {
    for (int operation = MAPCP_OPERATION_ACCEPT; operation <= MAPCP_OPERATION_REMOVE; operation++) {
        CHECK(strlen(mapcp_verb((enum mapcp_operation)operation)) > 0);
    }
}

static enum mapcp_code code_of(int number) {
    struct mapcp_error error;
    CHECK(!mapcp_fail_number(&error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, number));
    CHECK(error.number == number);
    return error.code;
}

TEST(an_unknown_number_is_other_and_says_what_strerror_says) {
    struct mapcp_error error;
    CHECK(!mapcp_fail_number(&error, MAPCP_OPERATION_OPEN, MAPCP_SIDE_SOURCE, EPROTO));
    CHECK(error.code == MAPCP_CODE_OTHER);
    CHECK(strcmp(mapcp_reason(&error), strerror(EPROTO)) == 0);
}

TEST(numbers_become_their_codes) {
    CHECK(code_of(ENOENT) == MAPCP_CODE_NOT_FOUND);
    CHECK(code_of(ENOSPC) == MAPCP_CODE_NO_SPACE);
    CHECK(code_of(EDQUOT) == MAPCP_CODE_QUOTA_EXCEEDED);
    CHECK(code_of(EFBIG) == MAPCP_CODE_FILE_TOO_LARGE);
    CHECK(code_of(ENFILE) == MAPCP_CODE_TOO_MANY_OPEN_FILES);
    CHECK(code_of(EMFILE) == MAPCP_CODE_TOO_MANY_OPEN_FILES);
    CHECK(code_of(EROFS) == MAPCP_CODE_READ_ONLY_FILE_SYSTEM);
    CHECK(code_of(ELOOP) == MAPCP_CODE_TOO_MANY_LINKS);
}

static const char *reason_of(enum mapcp_operation operation, int number) {
    struct mapcp_error error;
    CHECK(!mapcp_fail_number(&error, operation, MAPCP_SIDE_SOURCE, number));
    return mapcp_reason(&error);
}

TEST(only_a_mapping_without_memory_advises_a_smaller_window) {
    CHECK(strcmp(reason_of(MAPCP_OPERATION_MAP, ENOMEM), "out of memory; try a smaller window") == 0);
    CHECK(strcmp(reason_of(MAPCP_OPERATION_OPEN, ENOMEM), "out of memory or file descriptors") == 0);
}

TEST(a_source_without_data_yet_is_reported_as_not_a_regular_file) {
    CHECK(strstr(reason_of(MAPCP_OPERATION_MAP, EAGAIN), "although it is a regular file"));
}
