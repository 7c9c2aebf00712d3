#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "path.h"

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

const char *mapcp_copy_error_path(const struct mapcp_copy_error *error) {
    return error->about                             ? error->about
           : error->error.side == MAPCP_SIDE_SOURCE ? error->source
                                                    : error->target;
}

const char *mapcp_copy_error_reason(const struct mapcp_copy_error *error) {
    return error->reason ? error->reason : mapcp_reason(&error->error);
}

bool mapcp_copy_error_is_warning(const struct mapcp_copy_error *error) {
    return error->outcome != MAPCP_OUTCOME_FAILED;
}

void mapcp_copy_error_free(struct mapcp_copy_error *error) {
    free(error->source);
    free(error->target);
    free(error->about);
    free(error->leftover);
    free(error->sibling);
    free(error->listed);
    free(error->reason);
    *error = (struct mapcp_copy_error){.source = NULL};
}

bool mapcp_copy_errors_add(struct mapcp_copy_errors *errors, struct mapcp_copy_error error) {
    struct mapcp_copy_error *items =
        mapcp_array_reserve(errors->items, errors->count, &errors->capacity, sizeof(*items));
    errors->items = items ? items : errors->items;
    if (!items || !error.source || !error.target) {
        mapcp_copy_error_free(&error);
        return false;
    }
    items[errors->count++] = error;
    return true;
}

void mapcp_copy_errors_free(struct mapcp_copy_errors *errors) {
    for (size_t index = 0; index < errors->count; index++) {
        mapcp_copy_error_free(&errors->items[index]);
    }
    free(errors->items);
    *errors = (struct mapcp_copy_errors){.items = NULL};
}
