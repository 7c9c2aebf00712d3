#include "spelling.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "filter.h"
#include "listing.h"
#include "target.h"
#include "times.h"

/// What is known, or what the temporary file shows.
static enum mapcp_spellings ask(enum mapcp_spellings known, const struct mapcp_temporary *temporary,
                                enum mapcp_spelling spelling) {
    return known == MAPCP_SPELLINGS_UNKNOWN ? mapcp_temporary_spellings(temporary, spelling) : known;
}

bool mapcp_siblings_may_meet(struct mapcp_siblings *siblings, const struct mapcp_temporary *temporary) {
    bool is_foreign = !mapcp_path_is_ascii(temporary->name);
    // A letter beyond ASCII can equal an ASCII letter, as the Kelvin sign equals K. So the first such name is
    // tested even if the directory is empty.
    if (is_foreign) {
        siblings->by_form = ask(siblings->by_form, temporary, MAPCP_SPELLING_FORM);
    }
    if (!siblings->has_any) {
        return false;
    }
    siblings->by_case = ask(siblings->by_case, temporary, MAPCP_SPELLING_CASE);
    bool form_matters = is_foreign || siblings->has_foreign;
    return siblings->by_case != MAPCP_SPELLINGS_DIFFER ||
           (form_matters && siblings->by_form != MAPCP_SPELLINGS_DIFFER);
}

void mapcp_siblings_add(struct mapcp_siblings *siblings, const char *name) {
    siblings->has_any = true;
    siblings->has_foreign = siblings->has_foreign || !mapcp_path_is_ascii(name);
}

// --- Twins -------------------------------------------------------------------------------------------------

/// Whether `text` begins with a combining mark: U+0300 to U+036F.
static bool is_mark(const unsigned char *text) {
    return text[0] == 0xcc || (text[0] == 0xcd && text[1] < 0xb0);
}

// A letter beyond ASCII counts only as one, as does a letter with a mark. So do k and s, because the Kelvin
// sign is a k, and the long s is an s.
uint64_t mapcp_spelling_key(const char *name) {
    uint64_t key = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++) {
        bool is_ascii = *at < 0x80;
        // Chinese characters have no case. They keep their bytes, because many names have no other ones.
        bool is_plain = *at >= 0xe4 && *at <= 0xe9;
        bool is_start = *at >= 0xc0;
        if (is_mark(at) || (!is_ascii && !is_start)) {
            continue;
        }
        unsigned char letter = is_ascii && !is_mark(at + 1) ? (unsigned char)tolower(*at) : '?';
        letter = letter == 'k' || letter == 's' ? '?' : letter;
        key = (key ^ letter) * UINT64_C(0x100000001b3);
        for (int byte = 1; is_plain && byte < 3 && at[byte] != '\0'; byte++) {
            key = (key ^ at[byte]) * UINT64_C(0x100000001b3);
        }
    }
    return key;
}

/// Moves the key at `index` down to its place in a heap, whose largest key is at the top.
static void sift(uint64_t *keys, size_t count, size_t index) {
    const uint64_t key = keys[index];
    size_t child = 2 * index + 1;
    for (; child < count; child = 2 * index + 1) {
        child += child + 1 < count && keys[child + 1] > keys[child];
        if (keys[child] <= key) {
            break;
        }
        keys[index] = keys[child];
        index = child;
    }
    keys[index] = key;
}

/// Sorts keys. A heap sort, because that of the C library would be a fiftieth of the component.
static void sort_keys(uint64_t *keys, size_t count) {
    for (size_t index = count / 2; index > 0; index--) {
        sift(keys, count, index - 1);
    }
    for (size_t last = count; last > 1; last--) {
        const uint64_t largest = keys[0];
        keys[0] = keys[last - 1];
        keys[last - 1] = largest;
        sift(keys, last - 1, 0);
    }
}

static int compare_keys(const void *one, const void *other) {
    const uint64_t left = *(const uint64_t *)one;
    const uint64_t right = *(const uint64_t *)other;
    return (left > right) - (left < right);
}

/// Reads the names of the source's directory, and keeps the keys that several of them have.
static void read_keys(struct mapcp_siblings *siblings, int source) {
    size_t capacity = 0;
    size_t count = 0;
    struct mapcp_listed listed;
    struct mapcp_listing *listing = mapcp_listing_open_at(source, ".");
    siblings->has_keys = true;
    while (listing && mapcp_listing_next(listing, &listed)) {
        uint64_t *keys = mapcp_array_reserve(siblings->keys, count, &capacity, sizeof(*keys));
        if (!keys) {
            break;
        }
        siblings->keys = keys;
        siblings->keys[count++] = mapcp_spelling_key(listed.name);
    }
    if (listing) {
        mapcp_listing_close(listing);
    }
    sort_keys(siblings->keys, count);
    for (size_t index = 1; index < count; index++) {
        if (siblings->keys[index] == siblings->keys[index - 1]) {
            siblings->keys[siblings->key_count++] = siblings->keys[index];
        }
    }
}

/// Whether names that differ in the case of ASCII letters can be one name, as the name that is taken shows.
static bool may_ignore_case(struct mapcp_siblings *siblings, struct mapcp_place target) {
    char *other = siblings->by_case == MAPCP_SPELLINGS_UNKNOWN ? strdup(target.name) : NULL;
    bool has_letter = false;
    for (char *letter = other; letter && *letter != '\0'; letter++) {
        has_letter = has_letter || isalpha((unsigned char)*letter);
        *letter = (char)(islower((unsigned char)*letter) ? toupper((unsigned char)*letter)
                                                         : tolower((unsigned char)*letter));
    }
    struct stat status;
    if (has_letter && fstatat(target.directory, other, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
        errno == ENOENT) {
        siblings->by_case = MAPCP_SPELLINGS_DIFFER;
    }
    free(other);
    return siblings->by_case != MAPCP_SPELLINGS_DIFFER;
}

/// Whether the directory treats two spellings of a temporary file as one.
static bool treats_as_one(struct mapcp_siblings *siblings, const struct mapcp_twin_search *search) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    if (mapcp_temporary_create(&temporary, search->target, search->namer) == 0) {
        siblings->by_case = ask(siblings->by_case, &temporary, MAPCP_SPELLING_CASE);
        siblings->by_form = ask(siblings->by_form, &temporary, MAPCP_SPELLING_FORM);
        mapcp_temporary_drop(&temporary);
    }
    return siblings->by_case == MAPCP_SPELLINGS_MEET || siblings->by_form == MAPCP_SPELLINGS_MEET;
}

/// Whether another name, which has the same key, is a twin.
static bool is_twin(struct mapcp_siblings *siblings, const struct mapcp_twin_search *search,
                    const char *name) {
    struct stat one;
    struct stat other;
    const struct mapcp_place target = search->target;
    const bool is_foreign = !mapcp_path_is_ascii(target.name) || !mapcp_path_is_ascii(name);
    if (!search->is_taken) {
        return !is_foreign && strcasecmp(target.name, name) == 0 && strcmp(name, target.name) < 0 &&
               siblings->by_case == MAPCP_SPELLINGS_MEET;
    }
    if (fstatat(target.directory, target.name, &one, AT_SYMLINK_NOFOLLOW) != 0 ||
        fstatat(target.directory, name, &other, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    if (mapcp_is_same_file(&one, &other) && (one.st_nlink == 1 || S_ISDIR(one.st_mode))) {
        return true;
    }
    // They are links to one file, or two files, or the file system numbers its files by their spelling.
    bool may_be_one = is_foreign ? mapcp_alias_is_possible(&one, &other) : strcasecmp(target.name, name) == 0;
    return may_be_one && treats_as_one(siblings, search);
}

/// Whether the filters admit an entry with this name beside the searched one.
static bool is_admitted(const struct mapcp_twin_search *search, const char *name) {
    char *path = mapcp_path_beside(search->path, name);
    const bool is_admitted = path && mapcp_filter_may_admit(search->options, path);
    free(path);
    return is_admitted;
}

bool mapcp_siblings_have_twin(struct mapcp_siblings *siblings, const struct mapcp_twin_search *search) {
    const char *own = search->target.name;
    const uint64_t key = mapcp_spelling_key(own);
    if (search->is_taken && mapcp_path_is_ascii(own) && !siblings->has_foreign &&
        !may_ignore_case(siblings, search->target)) {
        return false;
    }
    if (!siblings->has_keys) {
        read_keys(siblings, search->source);
    }
    if (siblings->key_count == 0 ||
        !bsearch(&key, siblings->keys, siblings->key_count, sizeof(key), compare_keys)) {
        return false;
    }
    bool has_twin = false;
    struct mapcp_listed listed;
    struct mapcp_listing *listing = mapcp_listing_open_at(search->source, ".");
    while (listing && !has_twin && mapcp_listing_next(listing, &listed)) {
        has_twin = mapcp_spelling_key(listed.name) == key && strcmp(listed.name, own) != 0 &&
                   is_admitted(search, listed.name) && is_twin(siblings, search, listed.name);
    }
    if (listing) {
        mapcp_listing_close(listing);
    }
    return has_twin;
}

void mapcp_siblings_free(struct mapcp_siblings *siblings) {
    free(siblings->keys);
    siblings->keys = NULL;
    siblings->key_count = 0;
}

// --- Aliases -----------------------------------------------------------------------------------------------

bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other) {
    return one->st_mode == other->st_mode && one->st_size == other->st_size &&
           mapcp_is_same_time(one->st_mtim, other->st_mtim) &&
           mapcp_is_same_time(one->st_ctim, other->st_ctim);
}

bool mapcp_alias_is_name(const char *one, const char *other) {
    return strcasecmp(mapcp_path_name(one), mapcp_path_name(other)) == 0;
}

/// Lists the directory of a place. NULL if this fails.
static struct mapcp_listing *list_around(struct mapcp_place place) {
    const size_t length = (size_t)(mapcp_path_name(place.name) - place.name);
    char *path = length > 0 ? strndup(place.name, length) : strdup(".");
    struct mapcp_listing *listing = path ? mapcp_listing_open_at(place.directory, path) : NULL;
    free(path);
    return listing;
}

bool mapcp_alias_is_made(struct mapcp_place place) {
    const char *own = mapcp_path_name(place.name);
    const uint64_t key = mapcp_spelling_key(own);
    bool is_listed = false;
    bool has_similar = false;
    struct mapcp_listed listed;
    struct mapcp_listing *listing = list_around(place);
    while (listing && mapcp_listing_next(listing, &listed)) {
        const bool is_own = strcmp(listed.name, own) == 0;
        is_listed = is_listed || is_own;
        has_similar = has_similar || (!is_own && mapcp_spelling_key(listed.name) == key);
    }
    if (listing) {
        mapcp_listing_close(listing);
    }
    return !(is_listed && has_similar);
}

/// Whether a temporary file is in the directory of a place.
static bool is_beside(struct mapcp_place place, const struct mapcp_temporary *temporary) {
    struct stat status;
    char *path = mapcp_path_beside(place.name, mapcp_path_name(temporary->name));
    bool is_there = path && fstatat(place.directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
    free(path);
    return is_there;
}

bool mapcp_alias_is_file(struct mapcp_place source, struct mapcp_place target,
                         const struct mapcp_temporary *temporary) {
    if (!is_beside(source, temporary)) {
        return false;
    }
    if (strcmp(mapcp_path_name(source.name), mapcp_path_name(target.name)) == 0) {
        return true;
    }
    bool folds = mapcp_temporary_spellings(temporary, MAPCP_SPELLING_CASE) == MAPCP_SPELLINGS_MEET;
    bool composes = mapcp_temporary_spellings(temporary, MAPCP_SPELLING_FORM) == MAPCP_SPELLINGS_MEET;
    // File systems have different tables of letters, so all names beyond ASCII count as equal.
    bool is_foreign = !mapcp_path_is_ascii(source.name) || !mapcp_path_is_ascii(target.name);
    return folds ? is_foreign || mapcp_alias_is_name(source.name, target.name) : composes && is_foreign;
}

bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    const struct mapcp_place place = {.directory = one, .name = "x"};
    if (mapcp_temporary_create(&temporary, place, namer) != 0) {
        return false;
    }
    bool is_same = is_beside((struct mapcp_place){.directory = other, .name = "x"}, &temporary);
    mapcp_temporary_drop(&temporary);
    return is_same;
}
