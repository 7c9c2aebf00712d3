// Values that pass between the host and the component's exports.

#include "interface.h"

#include <stdlib.h>
#include <string.h>

void *mapcp_or_abort(void *memory) {
    if (!memory) {
        abort();
    }
    return memory;
}

char *mapcp_take_string(mapcp_string_t *string, bool *has_nul) {
    // Each NUL becomes two characters.
    char *copy = mapcp_or_abort(malloc(2 * string->len + 1));
    char *end = copy;
    *has_nul = false;
    for (size_t index = 0; index < string->len; index++) {
        const char byte = (char)string->ptr[index];
        if (byte == '\0') {
            *has_nul = true;
            *end++ = '\\';
        }
        *end++ = byte == '\0' ? '0' : byte;
    }
    *end = '\0';
    mapcp_string_free(string);
    return copy;
}

const char **mapcp_take_strings(mapcp_list_string_t *list, const char **with_nul) {
    const char **items = mapcp_or_abort(calloc(list->len + 1, sizeof(*items)));
    *with_nul = NULL;
    for (size_t index = 0; index < list->len; index++) {
        bool has_nul = false;
        items[index] = mapcp_take_string(&list->ptr[index], &has_nul);
        *with_nul = has_nul && !*with_nul ? items[index] : *with_nul;
    }
    if (list->len > 0) {
        // The address of an empty list is not that of allocated memory.
        free(list->ptr);
    }
    return items;
}

void mapcp_put_string(mapcp_string_t *result, const char *from) {
    mapcp_string_dup(result, from ? from : "");
}

void *mapcp_new_items(size_t count, size_t size) {
    return count == 0 ? NULL : mapcp_or_abort(calloc(count, size));
}
