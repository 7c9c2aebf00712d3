#include "made.h"

#include <fcntl.h>
#include <stdlib.h>

#include "filter.h"

/// The slot of a file in the table, or the free slot that it would get. The table must have a free slot.
static uint32_t *slot_of(const struct mapcp_made *made, uint64_t target) {
    // The multiplication spreads the numbers of files, which are often consecutive.
    const uint64_t hash = target * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (size_t)(hash >> 32) % made->slot_count;
    while (made->slots[slot] != 0 && made->files[made->slots[slot] - 1].target != target) {
        slot = (slot + 1) % made->slot_count;
    }
    return &made->slots[slot];
}

/// Keeps at least half of the table free.
static bool grow_table(struct mapcp_made *made) {
    if (2 * (made->count + 1) <= made->slot_count) {
        return true;
    }
    struct mapcp_made larger = *made;
    larger.slot_count = 2 * made->slot_count + 64;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots) {
        return false;
    }
    for (size_t index = 0; index < made->count; index++) {
        *slot_of(&larger, made->files[index].target) = (uint32_t)index + 1;
    }
    free(made->slots);
    *made = larger;
    return true;
}

uint64_t mapcp_identity(const struct stat *status) {
    // WASI hosts have mixed the device into the inode number. Elsewhere this odd factor brings the device
    // into the high bits, without loss.
    return (uint64_t)status->st_ino ^ ((uint64_t)status->st_dev * UINT64_C(0x9e3779b97f4a7c15));
}

bool mapcp_made_identify(struct mapcp_place target, const char *planned, uint64_t *number) {
    struct stat status;
    if (planned) {
        *number = mapcp_hash_path(planned);
        return true;
    }
    if (fstatat(target.directory, target.name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    *number = mapcp_identity(&status);
    return true;
}

bool mapcp_made_add(struct mapcp_made *made, struct mapcp_made_file file) {
    struct mapcp_made_file *files =
        mapcp_array_reserve(made->files, made->count, &made->capacity, sizeof(*files));
    made->files = files ? files : made->files;
    if (!files || made->count == UINT32_MAX || !grow_table(made)) {
        return false;
    }
    made->files[made->count++] = file;
    *slot_of(made, file.target) = (uint32_t)made->count;
    return true;
}

const struct mapcp_made_file *mapcp_made_find(const struct mapcp_made *made, uint64_t target) {
    const uint32_t number = made->slot_count > 0 ? *slot_of(made, target) : 0;
    return number > 0 ? &made->files[number - 1] : NULL;
}

void mapcp_made_free(struct mapcp_made *made) {
    free(made->files);
    free(made->slots);
    *made = (struct mapcp_made){.files = NULL};
}
