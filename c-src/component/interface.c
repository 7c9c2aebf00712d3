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

char *mapcp_take_string(mapcp_string_t *string) {
    bool has_nul = string->len > 0 && memchr(string->ptr, '\0', string->len) != NULL;
    char *copy = mapcp_or_abort(strndup((const char *)string->ptr, has_nul ? 0 : string->len));
    mapcp_string_free(string);
    return copy;
}

const char **mapcp_take_strings(mapcp_list_string_t *list) {
    const char **items = mapcp_or_abort(calloc(list->len + 1, sizeof(*items)));
    for (size_t index = 0; index < list->len; index++) {
        items[index] = mapcp_take_string(&list->ptr[index]);
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
