#include "made.h"

#include <stdlib.h>

#include "path.h"

/// The place of a file in the table, or the free one where it belongs. The table must have a free one.
static uint32_t *place_of(const struct mapcp_made *made, uint64_t target) {
    // Spread by a multiplication, since the numbers of files are often consecutive.
    const uint64_t hash = target * UINT64_C(0x9e3779b97f4a7c15);
    size_t place = (size_t)(hash >> 32) % made->place_count;
    while (made->places[place] != 0 && made->files[made->places[place] - 1].target != target) {
        place = (place + 1) % made->place_count;
    }
    return &made->places[place];
}

/// Keeps at least half of the table free.
static bool make_room(struct mapcp_made *made) {
    if (2 * (made->count + 1) <= made->place_count) {
        return true;
    }
    struct mapcp_made larger = *made;
    larger.place_count = 2 * made->place_count + 64;
    larger.places = calloc(larger.place_count, sizeof(*larger.places));
    if (!larger.places) {
        return false;
    }
    for (size_t index = 0; index < made->count; index++) {
        *place_of(&larger, made->files[index].target) = (uint32_t)index + 1;
    }
    free(made->places);
    *made = larger;
    return true;
}

bool mapcp_made_add(struct mapcp_made *made, struct mapcp_made_file file) {
    struct mapcp_made_file *files =
        mapcp_array_reserve(made->files, made->count, &made->capacity, sizeof(*files));
    made->files = files ? files : made->files;
    if (!files || made->count == UINT32_MAX || !make_room(made)) {
        return false;
    }
    made->files[made->count++] = file;
    *place_of(made, file.target) = (uint32_t)made->count;
    return true;
}

const struct mapcp_made_file *mapcp_made_find(const struct mapcp_made *made, uint64_t target) {
    const uint32_t number = made->place_count > 0 ? *place_of(made, target) : 0;
    return number > 0 ? &made->files[number - 1] : NULL;
}

void mapcp_made_free(struct mapcp_made *made) {
    free(made->files);
    free(made->places);
    *made = (struct mapcp_made){.files = NULL};
}
