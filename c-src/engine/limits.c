#include "limits.h"

#include <string.h>

#include "path.h"

// Entries that are left out do not count for `max-files`. But a listing that never ends must end here: after
// this many entries, and this many for each one that the limit allows.
#define MOST_LISTED 100000
#define LISTED_PER_FILE 10

// The last defence against a directory that contains itself but has another status each time. No real path is
// this deep: Linux allows 4,095 bytes.
#define DEFAULT_DEPTH 10000

#define ADVICE "; raise the limit if you trust the "

static bool exceed(struct mapcp_error *error, enum mapcp_limit_name limit, uint64_t most) {
    mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, MAPCP_CODE_LIMIT_EXCEEDED);
    error->limit = limit;
    error->most = most;
    return false;
}

static bool allows(struct mapcp_limit limit, uint64_t amount) {
    return !limit.is_set || amount <= limit.most;
}

bool mapcp_limits_allow_entry(const struct mapcp_options *options, const struct mapcp_amounts *copied,
                              struct mapcp_error *error) {
    const struct mapcp_limit limit = options->max_files;
    return !limit.is_set || copied->files < limit.most || exceed(error, MAPCP_LIMIT_FILES, limit.most);
}

bool mapcp_limits_allow_size(const struct mapcp_options *options, const struct mapcp_amounts *copied,
                             uint64_t size, struct mapcp_error *error) {
    if (!allows(options->max_file_size, size)) {
        return exceed(error, MAPCP_LIMIT_FILE_SIZE, options->max_file_size.most);
    }
    // The sum of two sizes could overflow.
    const uint64_t most = options->max_bytes.most;
    if (options->max_bytes.is_set && (copied->bytes > most || size > most - copied->bytes)) {
        return exceed(error, MAPCP_LIMIT_BYTES, most);
    }
    return true;
}

static uint64_t most_depth(const struct mapcp_options *options) {
    return options->max_depth.is_set ? options->max_depth.most : DEFAULT_DEPTH;
}

bool mapcp_limits_allow_depth(const struct mapcp_options *options, uint64_t depth,
                              struct mapcp_error *error) {
    const uint64_t most = most_depth(options);
    return depth <= most || exceed(error, MAPCP_LIMIT_DEPTH, most);
}

bool mapcp_limits_allow_parents(const struct mapcp_options *options, uint64_t count,
                                struct mapcp_error *error) {
    const uint64_t most = most_depth(options);
    if (count > most) {
        (void)exceed(error, MAPCP_LIMIT_PARENTS, most);
        error->side = MAPCP_SIDE_TARGET;
        return false;
    }
    return true;
}

bool mapcp_limits_allow_listed(const struct mapcp_options *options, uint64_t listed,
                               struct mapcp_error *error) {
    const struct mapcp_limit limit = options->max_files;
    return !limit.is_set || listed <= MOST_LISTED || (listed - MOST_LISTED) / LISTED_PER_FILE <= limit.most ||
           exceed(error, MAPCP_LIMIT_LISTED, limit.most);
}

bool mapcp_limits_end_job(const struct mapcp_error *error) {
    return error->code == MAPCP_CODE_LIMIT_EXCEEDED && error->limit != MAPCP_LIMIT_DEPTH &&
           error->limit != MAPCP_LIMIT_FILE_SIZE;
}

char *mapcp_limits_reason(const struct mapcp_error *error) {
    // The number replaces the `#`.
    static const char *const reasons[] = {
        [MAPCP_LIMIT_BYTES] = "with it, the copy has more bytes than `max-bytes=#` allows",
        [MAPCP_LIMIT_FILES] = "with it, the copy has more entries than `max-files=#` allows",
        [MAPCP_LIMIT_LISTED] = "the copy lists far more entries than `max-files=#` allows",
        [MAPCP_LIMIT_DEPTH] = "its path below the source has more names than `max-depth=#` allows",
        [MAPCP_LIMIT_PARENTS] = "more directories are missing on its path than `max-depth=#` allows",
        [MAPCP_LIMIT_FILE_SIZE] = "it has more bytes than `max-file-size=#` allows",
    };
    if (error->code != MAPCP_CODE_LIMIT_EXCEEDED) {
        return NULL;
    }
    char digits[20];
    size_t start = sizeof(digits);
    uint64_t rest = error->most;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    const char *text = reasons[error->limit];
    const char *whom = error->side == MAPCP_SIDE_TARGET ? "path" : "source";
    const size_t before = strcspn(text, "#");
    struct mapcp_path reason = {.text = NULL};
    if (!mapcp_path_append(&reason, text, before) ||
        !mapcp_path_append(&reason, digits + start, sizeof(digits) - start) ||
        !mapcp_path_append(&reason, text + before + 1, strlen(text + before + 1)) ||
        !mapcp_path_append(&reason, ADVICE, strlen(ADVICE)) ||
        !mapcp_path_append(&reason, whom, strlen(whom))) {
        mapcp_path_free(&reason);
    }
    return reason.text;
}
