#include "hard_links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "times.h"

static size_t slot_of(const struct mapcp_hard_links *links, const struct stat *source) {
    // The multiplication spreads the numbers of files, which are often consecutive.
    const uint64_t hash = mapcp_identity(source) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) % links->slot_count;
}

/// The slot of a file, or the free slot that it would get. The table must have a free slot.
static struct mapcp_hard_link **find_slot(const struct mapcp_hard_links *links, const struct stat *source) {
    size_t slot = slot_of(links, source);
    while (links->slots[slot] && !mapcp_is_same_file(&links->slots[slot]->source, source)) {
        slot = (slot + 1) % links->slot_count;
    }
    return &links->slots[slot];
}

struct mapcp_hard_link *mapcp_hard_links_find(const struct mapcp_hard_links *links,
                                              const struct stat *source) {
    return links->slot_count > 0 ? *find_slot(links, source) : NULL;
}

/// Keeps at least half of the table free.
static bool grow(struct mapcp_hard_links *links) {
    if (2 * (links->count + 1) <= links->slot_count) {
        return true;
    }
    struct mapcp_hard_links larger = *links;
    larger.slot_count = 2 * links->slot_count + 64;
    larger.slots = (struct mapcp_hard_link **)calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots) {
        return false;
    }
    for (size_t slot = 0; slot < links->slot_count; slot++) {
        if (links->slots[slot]) {
            *find_slot(&larger, &links->slots[slot]->source) = links->slots[slot];
        }
    }
    free((void *)links->slots);
    *links = larger;
    return true;
}

static void free_link(struct mapcp_hard_link *link) {
    free(link->path);
    free(link);
}

bool mapcp_hard_links_add(struct mapcp_hard_links *links, const struct stat *source,
                          const struct stat *target, const char *path) {
    struct mapcp_hard_link *link = calloc(1, sizeof(*link));
    if (!link) {
        return false;
    }
    link->path = strdup(path);
    if (!link->path || !grow(links)) {
        free_link(link);
        return false;
    }
    link->source = *source;
    link->target = *target;
    link->left = (uint64_t)source->st_nlink - 1;
    struct mapcp_hard_link **slot = find_slot(links, source);
    if (*slot) {
        free_link(*slot);
    } else {
        links->count++;
    }
    *slot = link;
    return true;
}

void mapcp_hard_links_see(struct mapcp_hard_links *links, struct mapcp_hard_link *link) {
    if (--link->left > 0) {
        return;
    }
    size_t slot = (size_t)(find_slot(links, &link->source) - links->slots);
    links->slots[slot] = NULL;
    links->count--;
    free_link(link);
    // The files behind it may be there only because its slot was taken.
    while (links->slots[slot = (slot + 1) % links->slot_count]) {
        struct mapcp_hard_link *moved = links->slots[slot];
        links->slots[slot] = NULL;
        *find_slot(links, &moved->source) = moved;
    }
}

/// Whether a file is still the copy that this job has made.
static bool is_our_copy(const struct stat *ours, const struct stat *found) {
    return mapcp_is_same_file(ours, found) && ours->st_size == found->st_size &&
           mapcp_is_same_time(ours->st_mtim, found->st_mtim);
}

enum mapcp_hard_link_result mapcp_hard_links_make(struct mapcp_hard_links *links,
                                                  const struct mapcp_hard_link *link, int root,
                                                  const struct mapcp_terms *terms,
                                                  struct mapcp_temporary *temporary,
                                                  struct mapcp_namer *namer, struct mapcp_error *error) {
    const struct mapcp_place copy = {.directory = root, .name = link->path};
    struct stat made;
    const int number = mapcp_temporary_hard_link(temporary, terms->target, terms->in_place, copy, namer);
    if (number == EEXIST) {
        mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
        return MAPCP_HARD_LINK_FAILED;
    }
    if (number == EXDEV || mapcp_lacks_hard_links(number)) {
        // EMLINK and EXDEV are about one file. All others are about the file system.
        links->are_unsupported = number != EMLINK && number != EXDEV;
        links->refused = number;
        return MAPCP_HARD_LINK_IMPOSSIBLE;
    }
    if (number == ENOENT) {
        return MAPCP_HARD_LINK_IMPOSSIBLE;
    }
    if (number != 0) {
        mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
        return MAPCP_HARD_LINK_FAILED;
    }
    if (fstatat(temporary->directory, temporary->name, &made, AT_SYMLINK_NOFOLLOW) != 0) {
        mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
        return MAPCP_HARD_LINK_FAILED;
    }
    if (is_our_copy(&link->target, &made)) {
        return MAPCP_HARD_LINK_MADE;
    }
    if (!mapcp_temporary_discard(temporary)) {
        mapcp_fail_number(error, MAPCP_OPERATION_REMOVE, MAPCP_SIDE_TARGET, errno);
        return MAPCP_HARD_LINK_FAILED;
    }
    return MAPCP_HARD_LINK_IMPOSSIBLE;
}

void mapcp_hard_links_free(struct mapcp_hard_links *links) {
    for (size_t slot = 0; slot < links->slot_count; slot++) {
        if (links->slots[slot]) {
            free_link(links->slots[slot]);
        }
    }
    free((void *)links->slots);
    *links = (struct mapcp_hard_links){.slots = NULL};
}
