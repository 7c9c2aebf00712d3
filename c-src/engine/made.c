#include "made.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "spelling.h"

/// The slot of the file that has the identity or, if `by_key`, the key `number`. If there is none, the free
/// slot that it would get. The table must have a free slot.
static uint32_t *slot_of(const struct mapcp_made *made, uint64_t number, bool by_key) {
    // The multiplication spreads the numbers of files, which are often consecutive.
    const uint64_t hash = number * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (size_t)(hash >> 32) % made->slot_count;
    while (made->slots[slot] != 0) {
        const struct mapcp_made_file *file = &made->files[made->slots[slot] - 1];
        if ((by_key ? file->key : file->target) == number) {
            break;
        }
        slot = (slot + 1) % made->slot_count;
    }
    return &made->slots[slot];
}

/// Puts the file with this index into the table.
static void put_into_table(struct mapcp_made *made, size_t index) {
    *slot_of(made, made->files[index].target, false) = (uint32_t)index + 1;
    *slot_of(made, made->files[index].key, true) = (uint32_t)index + 1;
}

/// Keeps at least half of the table free.
static bool grow_table(struct mapcp_made *made) {
    if (4 * (made->count + 1) <= made->slot_count) {
        return true;
    }
    struct mapcp_made larger = *made;
    larger.slot_count = 2 * made->slot_count + 64;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots) {
        return false;
    }
    for (size_t index = 0; index < made->count; index++) {
        put_into_table(&larger, index);
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
    made->files[made->count] = file;
    put_into_table(made, made->count++);
    return true;
}

static const struct mapcp_made_file *find(const struct mapcp_made *made, uint64_t number, bool by_key) {
    const uint32_t found = made->slot_count > 0 ? *slot_of(made, number, by_key) : 0;
    return found > 0 ? &made->files[found - 1] : NULL;
}

const struct mapcp_made_file *mapcp_made_find(const struct mapcp_made *made, uint64_t target) {
    return find(made, target, false);
}

const struct mapcp_made_file *mapcp_made_find_key(const struct mapcp_made *made, uint64_t key) {
    return find(made, key, true);
}

/// The identity of the directory whose path is the first `length` bytes of `path`. 0 if it cannot be
/// inspected.
static uint64_t identify_directory(const char *path, size_t length) {
    struct stat status;
    char *directory = length > 0 ? strndup(path, length) : strdup(".");
    const bool is_found = directory && stat(directory, &status) == 0;
    free(directory);
    return is_found ? mapcp_identity(&status) : 0;
}

uint64_t mapcp_made_key(struct mapcp_made_directory *directory, const char *job_target, bool is_itself,
                        const char *target) {
    if (!directory->is_known) {
        directory->is_known = true;
        directory->length =
            is_itself ? strlen(job_target) : (size_t)(mapcp_path_name(job_target) - job_target);
        directory->identity = identify_directory(job_target, directory->length);
    }
    const char *below = target + directory->length;
    return mapcp_spelling_key(below + strspn(below, "/")) ^ directory->identity;
}

void mapcp_made_free(struct mapcp_made *made) {
    free(made->files);
    free(made->slots);
    *made = (struct mapcp_made){.files = NULL};
}
