#include "entries.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

static void free_paths(struct mapcp_entry *entry) {
    free(entry->source);
    free(entry->target);
}

bool mapcp_entries_add(struct mapcp_entries *entries, const struct mapcp_entry *entry) {
    struct mapcp_entry own = *entry;
    own.source = strdup(entry->source);
    own.target = strdup(entry->target);
    struct mapcp_entry *items =
        mapcp_array_reserve(entries->items, entries->count, &entries->capacity, sizeof(*items));
    entries->items = items ? items : entries->items;
    if (!own.source || !own.target || !items) {
        free_paths(&own);
        return false;
    }
    items[entries->count++] = own;
    return true;
}

void mapcp_entries_free(struct mapcp_entries *entries) {
    for (size_t index = 0; index < entries->count; index++) {
        free_paths(&entries->items[index]);
    }
    free(entries->items);
    *entries = (struct mapcp_entries){.items = NULL};
}
