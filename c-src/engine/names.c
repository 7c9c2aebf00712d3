#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listing.h"
#include "utf8.h"

// --- Names that some system cannot have --------------------------------------------------------------------

// The limit of most systems in bytes. Windows has the same limit in UTF-16 units, of which a name never has
// more than bytes.
#define LONGEST 255

static const char GOES_BACK[] = "in its path, '..' follows a missing directory; leave both out";

static const char RESERVED[] = "Windows reserves this name; choose another name";

/// Whether Windows reserves a name: its part before the first dot, without spaces at the end.
static bool is_reserved(const char *name) {
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static const char *const ports[] = {"com", "lpt"};
    // The digits 0 to 9, and ¹, ² and ³.
    static const char *const digits[] = {"0", "1", "2", "3",        "4",        "5",       "6",
                                         "7", "8", "9", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    size_t length = strcspn(name, ".");
    while (length > 0 && name[length - 1] == ' ') {
        length--;
    }
    for (size_t index = 0; index < sizeof(devices) / sizeof(*devices); index++) {
        if (strlen(devices[index]) == length && strncasecmp(name, devices[index], length) == 0) {
            return true;
        }
    }
    for (size_t index = 0; index < sizeof(ports) / sizeof(*ports); index++) {
        for (size_t digit = 0; digit < sizeof(digits) / sizeof(*digits); digit++) {
            if (3 + strlen(digits[digit]) == length && strncasecmp(name, ports[index], 3) == 0 &&
                strncmp(name + 3, digits[digit], length - 3) == 0) {
                return true;
            }
        }
    }
    return false;
}

static size_t count_characters(const char *text, size_t length) {
    size_t count = 0;
    for (const char *at = text; at < text + length; count++) {
        (void)mapcp_take_character(&at);
    }
    return count;
}

/// Whether a name has the form of those that Windows gives to files with longer names, such as
/// `LONGNA~1.TXT`.
static bool is_short_name(const char *name) {
    const size_t stem = strcspn(name, ".");
    const char *extension = name + stem + (name[stem] == '.');
    const size_t extension_length = strlen(extension);
    size_t tilde = stem;
    while (tilde > 0 && isdigit((unsigned char)name[tilde - 1])) {
        tilde--;
    }
    return tilde > 1 && tilde < stem && name[tilde - 1] == '~' && count_characters(name, stem) <= 8 &&
           !strchr(extension, '.') && count_characters(extension, extension_length) <= 3;
}

const char *mapcp_name_fault(const char *name) {
    const size_t length = strlen(name);
    for (const char *at = name; *at != '\0';) {
        const uint32_t character = mapcp_take_character(&at);
        if (character > MAPCP_LAST_CHARACTER) {
            return "the name is not valid UTF-8; choose another name";
        }
        const bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (is_control || (character < 0x80 && strchr("<>:\"|?*\\", (int)character))) {
            return "Windows allows no control character, and none of <>:\"|?*\\, in a name; "
                   "choose another name";
        }
    }
    if (length > LONGEST) {
        return "the name has more than 255 bytes, which some systems do not allow; choose another name";
    }
    if (length > 0 && (name[length - 1] == '.' || name[length - 1] == ' ')) {
        return "Windows removes a dot or a space at the end of a name; choose another name";
    }
    if (is_short_name(name)) {
        return "Windows can give this name to a file with a longer name; choose another name";
    }
    return is_reserved(name) ? RESERVED : NULL;
}

// --- Sets of names -----------------------------------------------------------------------------------------

/// A name in the hash table, or a free slot, whose offset is 0.
struct mapcp_name_slot {
    uint32_t hash;
    /// The offset of the name in the block of names, plus one.
    uint32_t offset;
};

static uint32_t hash_of(const struct mapcp_name_set *set, const struct mapcp_folded *folded) {
    uint64_t hash = set->seed;
    for (size_t index = 0; index < folded->length; index++) {
        hash = (hash ^ folded->characters[index]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

static const char *name_in(const struct mapcp_name_set *set, const struct mapcp_name_slot *slot) {
    return set->names.text + slot->offset - 1;
}

/// The next slot in the class of the name that `set->folded` is, from `*slot` on. NULL at the end of the
/// class, when `*slot` is free, and if memory runs out, when it is not.
static struct mapcp_name_slot *next_of_class(struct mapcp_name_set *set, uint32_t hash, size_t *slot) {
    for (; set->slots[*slot].offset != 0; *slot = (*slot + 1) % set->slot_count) {
        struct mapcp_name_slot *found = &set->slots[*slot];
        if (found->hash != hash) {
            continue;
        }
        if (!mapcp_fold(&set->other, name_in(set, found))) {
            return NULL;
        }
        if (mapcp_folded_are_equal(&set->other, &set->folded)) {
            return found;
        }
    }
    return NULL;
}

/// Keeps at least half of the table free.
static bool grow_table(struct mapcp_name_set *set) {
    if (2 * (set->used + 1) <= set->slot_count) {
        return true;
    }
    const size_t count = 2 * set->slot_count + 64;
    struct mapcp_name_slot *slots = calloc(count, sizeof(*slots));
    if (!slots) {
        return false;
    }
    for (size_t index = 0; index < set->slot_count; index++) {
        const struct mapcp_name_slot *old = &set->slots[index];
        size_t slot = old->hash % count;
        while (old->offset != 0 && slots[slot].offset != 0) {
            slot = (slot + 1) % count;
        }
        if (old->offset != 0) {
            slots[slot] = *old;
        }
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = count;
    return true;
}

/// Puts a name into the block, and its offset into a slot.
static bool put_name(struct mapcp_name_set *set, struct mapcp_name_slot *slot, uint32_t hash,
                     const char *name) {
    const size_t offset = set->names.length;
    if (offset >= UINT32_MAX || !mapcp_names_push(&set->names, name)) {
        return false;
    }
    *slot = (struct mapcp_name_slot){.hash = hash, .offset = (uint32_t)offset + 1};
    return true;
}

bool mapcp_name_set_add(struct mapcp_name_set *set, const char *name) {
    if (!set->slots && getentropy(&set->seed, sizeof(set->seed)) != 0) {
        // Without a seed, names with one hash are only slower.
        set->seed = 1;
    }
    if (!mapcp_fold(&set->folded, name) || !grow_table(set)) {
        return false;
    }
    const uint32_t hash = hash_of(set, &set->folded);
    const size_t most = set->rule == MAPCP_NAMES_SMALLEST ? 1 : 2;
    size_t slot = hash % set->slot_count;
    size_t count = 0;
    struct mapcp_name_slot *found = NULL;
    while ((found = next_of_class(set, hash, &slot))) {
        const int order = strcmp(name, name_in(set, found));
        count++;
        if (order == 0 || (count == most && !(set->rule == MAPCP_NAMES_SMALLEST && order < 0))) {
            return true;
        }
        if (count == most) {
            return put_name(set, found, hash, name);
        }
        slot = (slot + 1) % set->slot_count;
    }
    if (set->slots[slot].offset != 0 || !put_name(set, &set->slots[slot], hash, name)) {
        return false;
    }
    set->used++;
    return true;
}

bool mapcp_name_set_find(struct mapcp_name_set *set, const char *name, const char **sibling) {
    *sibling = NULL;
    if (set->used == 0) {
        return true;
    }
    if (!mapcp_fold(&set->folded, name)) {
        return false;
    }
    const uint32_t hash = hash_of(set, &set->folded);
    size_t slot = hash % set->slot_count;
    struct mapcp_name_slot *found = NULL;
    while (!*sibling && (found = next_of_class(set, hash, &slot))) {
        const int order = strcmp(name_in(set, found), name);
        if (set->rule == MAPCP_NAMES_SMALLEST ? order < 0 : order != 0) {
            *sibling = name_in(set, found);
        }
        slot = (slot + 1) % set->slot_count;
    }
    return *sibling || set->slots[slot].offset == 0;
}

int mapcp_name_set_add_directory(struct mapcp_name_set *set, int directory, const char *path) {
    struct mapcp_listing *listing = mapcp_listing_open_at(directory, path);
    if (!listing) {
        return errno;
    }
    struct mapcp_listed listed;
    int number = 0;
    while (number == 0 && mapcp_listing_next(listing, &listed)) {
        number = mapcp_name_set_add(set, listed.name) ? 0 : ENOMEM;
    }
    number = number == 0 ? errno : number;
    mapcp_listing_close(listing);
    return number;
}

void mapcp_name_set_free(struct mapcp_name_set *set) {
    mapcp_names_free(&set->names);
    free(set->slots);
    mapcp_folded_free(&set->folded);
    mapcp_folded_free(&set->other);
    *set = (struct mapcp_name_set){.slots = NULL};
}

// --- Refusing ----------------------------------------------------------------------------------------------

static bool no_memory(struct mapcp_error *error) {
    return mapcp_fail_number(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, ENOMEM);
}

static bool refuse(struct mapcp_error *error, const char *because) {
    return mapcp_fail_because(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_NAME_NOT_PORTABLE,
                              because);
}

bool mapcp_names_accept(const char *name, struct mapcp_name_set *target, struct mapcp_name_set *source,
                        struct mapcp_error *error) {
    struct mapcp_name_set *const sets[] = {target, source};
    const char *fault = mapcp_name_fault(name);
    if (fault) {
        return refuse(error, fault);
    }
    for (size_t index = 0; index < sizeof(sets) / sizeof(*sets); index++) {
        const char *sibling = NULL;
        if (sets[index] && !mapcp_name_set_find(sets[index], name, &sibling)) {
            return no_memory(error);
        }
        if (sibling) {
            refuse(error, "some file systems treat this name and another one in its directory as one; "
                          "rename one of them");
            error->sibling = sibling;
            return false;
        }
    }
    return true;
}

bool mapcp_names_fail_unread(struct mapcp_error *error, int number) {
    mapcp_fail_number(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, number);
    // Any other error says enough.
    if (number == EACCES) {
        error->because =
            "its directory cannot be listed, but `names=portable` compares the name with those in it";
    }
    return false;
}

bool mapcp_names_accept_rest(const char *rest, struct mapcp_name_set *beside, struct mapcp_error *error) {
    char *names = strdup(rest);
    if (!names) {
        return no_memory(error);
    }
    bool good = true;
    struct mapcp_name_set *set = beside;
    for (char *name = names; good && *name != '\0';) {
        const size_t length = strcspn(name, "/");
        char *const next = name + length + strspn(name + length, "/");
        name[length] = '\0';
        // Nothing can be listed below a missing directory.
        const bool goes_up = strcmp(name, "..") == 0;
        const bool has_name = *name != '\0' && strcmp(name, ".") != 0 && !goes_up;
        good = goes_up ? set || refuse(error, GOES_BACK)
                       : !has_name || mapcp_names_accept(name, set, NULL, error);
        set = has_name ? NULL : set;
        name = next;
    }
    free(names);
    return good;
}
