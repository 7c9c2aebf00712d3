// Fuzzes the paths and the stack of names of a walk. The input is operations, and the reference is plain
// arrays.

#include <string.h>

#include "fuzz.h"
#include "path.h"
#include "temporary.h"

#define LONGEST 600
#define DEEPEST 64

struct model {
    char path[DEEPEST * (LONGEST + 1)];
    size_t lengths[DEEPEST];
    size_t depth;
    char names[DEEPEST][LONGEST];
    size_t count;
};

/// Appends a text to the model's path.
static void append(struct model *model, const char *text) {
    size_t length = strlen(model->path);
    FUZZ_CHECK(length + strlen(text) < sizeof(model->path));
    memcpy(model->path + length, text, strlen(text) + 1);
}

static void push_path(struct model *model, struct mapcp_path *path, const char *name) {
    if (model->depth == DEEPEST) {
        return;
    }
    size_t length = strlen(model->path);
    model->lengths[model->depth++] = length;
    if (length > 0 && model->path[length - 1] != '/') {
        append(model, "/");
    }
    append(model, name);
    FUZZ_CHECK(mapcp_path_push(path, name));
}

static void cut_path(struct model *model, struct mapcp_path *path) {
    if (model->depth > 0) {
        size_t length = model->lengths[--model->depth];
        model->path[length] = '\0';
        mapcp_path_cut(path, length);
    }
}

static void push_name(struct model *model, struct mapcp_names *names, const char *name) {
    if (model->count < DEEPEST) {
        memcpy(model->names[model->count++], name, strlen(name) + 1);
        FUZZ_CHECK(mapcp_names_push(names, name));
    }
}

static void pop_name(struct model *model, struct mapcp_names *names) {
    const char *name = mapcp_names_pop(names);
    FUZZ_CHECK((name == NULL) == (model->count == 0));
    if (name) {
        FUZZ_CHECK(strcmp(name, model->names[--model->count]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct model model;
    struct fuzz_input input = {.bytes = data, .left = size};
    struct mapcp_path path = {.text = NULL};
    struct mapcp_names names = {.text = NULL};
    char name[LONGEST];
    model.depth = model.count = 0;
    fuzz_take_string(&input, model.path, LONGEST);
    FUZZ_CHECK(mapcp_path_set(&path, model.path));
    while (input.left > 0) {
        uint8_t action = fuzz_take(&input) % 4;
        if (action % 2 == 0) {
            fuzz_take_string(&input, name, sizeof(name));
            (void)mapcp_is_temporary_name(name);
        }
        if (action == 0) {
            push_path(&model, &path, name);
        } else if (action == 1) {
            cut_path(&model, &path);
        } else if (action == 2) {
            push_name(&model, &names, name);
        } else {
            pop_name(&model, &names);
        }
        FUZZ_CHECK(strcmp(path.text, model.path) == 0 && path.length == strlen(model.path));
    }
    mapcp_path_free(&path);
    mapcp_names_free(&names);
    return 0;
}
