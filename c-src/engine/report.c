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

const char *mapcp_problem_path(const struct mapcp_problem *problem) {
    return problem->error.side == MAPCP_SOURCE ? problem->source : problem->target;
}

bool mapcp_problem_is_warning(const struct mapcp_problem *problem) {
    return problem->outcome != MAPCP_FAILED;
}

void mapcp_problem_free(struct mapcp_problem *problem) {
    free(problem->source);
    free(problem->target);
    free(problem->leftover);
    *problem = (struct mapcp_problem){.source = NULL};
}

bool mapcp_problems_add(struct mapcp_problems *problems, struct mapcp_problem problem) {
    struct mapcp_problem *items =
        mapcp_array_reserve(problems->items, problems->count, &problems->capacity, sizeof(*items));
    if (!items) {
        return false;
    }
    problems->items = items;
    problems->items[problems->count++] = problem;
    return true;
}

void mapcp_problems_free(struct mapcp_problems *problems) {
    for (size_t index = 0; index < problems->count; index++) {
        mapcp_problem_free(&problems->items[index]);
    }
    free(problems->items);
    *problems = (struct mapcp_problems){.items = NULL};
}
