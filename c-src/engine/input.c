#include "input.h"

#include <stdlib.h>
#include <string.h>

bool mapcp_input_add(struct mapcp_input *input, const void *bytes, size_t length) {
    const size_t needed = input->length + length + 1;
    if (needed > input->capacity) {
        const size_t capacity = needed < 2 * input->capacity ? 2 * input->capacity : needed;
        char *memory = malloc(capacity);
        if (!memory) {
            return false;
        }
        if (input->length > 0) {
            memcpy(memory, input->bytes, input->length);
        }
        free(input->memory);
        input->memory = memory;
        input->capacity = capacity;
    } else if (input->length > 0) {
        memmove(input->memory, input->bytes, input->length);
    }
    input->bytes = input->memory;
    if (length > 0) {
        memcpy(input->bytes + input->length, bytes, length);
        input->length += length;
    }
    return true;
}

void mapcp_input_take(struct mapcp_input *input, size_t length) {
    input->bytes += length;
    input->length -= length;
}

void mapcp_input_free(struct mapcp_input *input) {
    free(input->memory);
    *input = (struct mapcp_input){.memory = NULL};
}
