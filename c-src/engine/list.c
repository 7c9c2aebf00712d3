#include "list.h"

#include <errno.h>
#include <string.h>

#include "temporary.h"
#include "utf8.h"

// The number of bytes that a message shows of a path that is too long.
#define SHOWN_BYTES 255

static const char NOT_BELOW[] = "a listed path must be relative, and must not contain '..'";
static const char HAS_NUL[] = "a line of the list contains a NUL; if NULs end its paths, use `null`";
static const char HAS_LINES[] = "the path is too long; " MAPCP_LIST_HAS_LINES;

static bool is_valid(const char *text) {
    while (*text != '\0') {
        if (mapcp_take_character(&text) > MAPCP_LAST_CHARACTER) {
            return false;
        }
    }
    return true;
}

/// Sets the path to `text`, with escapes such as `\xff` for bytes that are not valid UTF-8. Returns false if
/// memory runs out.
static bool set_escaped(struct mapcp_path *path, const char *text) {
    static const char digits[] = "0123456789abcdef";
    bool good = mapcp_path_set(path, "");
    while (good && *text != '\0') {
        const char *start = text;
        const unsigned byte = (unsigned char)*start;
        const char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
        good = mapcp_take_character(&text) <= MAPCP_LAST_CHARACTER
                   ? mapcp_path_append(path, start, (size_t)(text - start))
                   : mapcp_path_append(path, escape, sizeof(escape));
    }
    return good;
}

static enum mapcp_list_event run_out_of_memory(struct mapcp_error *error) {
    (void)mapcp_out_of_memory(error);
    return MAPCP_LIST_REFUSED;
}

/// Refuses the last path.
static enum mapcp_list_event refuse(struct mapcp_list *list, enum mapcp_code code, const char *because,
                                    struct mapcp_error *error) {
    mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_SOURCE, code, because);
    return set_escaped(&list->path, list->given.text) ? MAPCP_LIST_REFUSED : run_out_of_memory(error);
}

static bool is_name(const char *name, size_t length, const char *what) {
    return length == strlen(what) && memcmp(name, what, length) == 0;
}

/// Sets `path` to the names of the last path, unless that leads out of the source.
static enum mapcp_list_event take_names(struct mapcp_list *list, struct mapcp_error *error) {
    const char *at = list->given.text;
    if (*at == '/') {
        return refuse(list, MAPCP_CODE_INVALID_ARGUMENT, NOT_BELOW, error);
    }
    bool good = mapcp_path_set(&list->path, "");
    while (good && *at != '\0') {
        const size_t length = strcspn(at, "/");
        const size_t slashes = strspn(at + length, "/");
        const bool is_dot = is_name(at, length, ".");
        if (is_name(at, length, "..")) {
            return refuse(list, MAPCP_CODE_INVALID_ARGUMENT, NOT_BELOW, error);
        }
        list->is_directory = is_dot || slashes > 0;
        good = is_dot || ((list->path.length == 0 || mapcp_path_append(&list->path, "/", 1)) &&
                          mapcp_path_append(&list->path, at, length));
        at += length + slashes;
    }
    if (!good) {
        return run_out_of_memory(error);
    }
    return mapcp_refuse_unfinished_names(list->path.text, MAPCP_SIDE_SOURCE, error) ? MAPCP_LIST_PATH
                                                                                    : MAPCP_LIST_REFUSED;
}

/// Checks the last path, which has `length` bytes, and sets `path`.
static enum mapcp_list_event take_path(struct mapcp_list *list, size_t length, struct mapcp_error *error) {
    const bool is_too_long = length > MAPCP_LONGEST_LISTED;
    if (list->given.length < (is_too_long ? SHOWN_BYTES : length)) {
        return refuse(list, MAPCP_CODE_INVALID_ARGUMENT, HAS_NUL, error);
    }
    if (is_too_long) {
        return refuse(list, MAPCP_CODE_NAME_TOO_LONG, strchr(list->given.text, '\n') ? HAS_LINES : NULL,
                      error);
    }
    if (length == 0) {
        return refuse(list, MAPCP_CODE_INVALID_ARGUMENT, "the path is empty", error);
    }
    return is_valid(list->given.text) ? take_names(list, error)
                                      : refuse(list, MAPCP_CODE_INVALID_NAME, NULL, error);
}

enum mapcp_list_event mapcp_list_next(struct mapcp_list *list, struct mapcp_error *error) {
    struct mapcp_input *input = &list->input;
    while (input->length > 0) {
        char *text = input->bytes;
        const char *end = memchr(text, list->has_lines ? '\n' : '\0', input->length);
        size_t length = end ? (size_t)(end - text) : input->length;
        const size_t taken = end ? length + 1 : length;
        if (!end && !input->ended && length <= MAPCP_LONGEST_LISTED) {
            return MAPCP_LIST_WAITS;
        }
        const bool is_rest = list->overflows;
        list->overflows = !end;
        if (list->has_lines && length > 0 && text[length - 1] == '\r') {
            length--;
        }
        const bool is_empty_line = list->has_lines && length == 0;
        text[length > MAPCP_LONGEST_LISTED ? SHOWN_BYTES : length] = '\0';
        mapcp_input_take(input, taken);
        const bool is_repeated =
            list->given.text && list->given.length == length && strcmp(text, list->given.text) == 0;
        if (is_rest || is_empty_line || is_repeated) {
            continue;
        }
        return mapcp_path_set(&list->given, text) ? take_path(list, length, error) : run_out_of_memory(error);
    }
    return input->ended ? MAPCP_LIST_END : MAPCP_LIST_WAITS;
}

const char *mapcp_list_invalid(const struct mapcp_list *list) {
    const char *text = list->given.text;
    return text && !is_valid(text) ? text : NULL;
}

void mapcp_list_free(struct mapcp_list *list) {
    mapcp_input_free(&list->input);
    mapcp_path_free(&list->path);
    mapcp_path_free(&list->given);
}
