#include "spelling.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "path.h"

/// What was known, or what the temporary shows.
static enum mapcp_spellings ask(enum mapcp_spellings known, const struct mapcp_temporary *temporary,
                                enum mapcp_spelling spelling) {
    return known == MAPCP_SPELLINGS_UNKNOWN ? mapcp_temporary_spellings(temporary, spelling) : known;
}

bool mapcp_siblings_may_meet(struct mapcp_siblings *siblings, const struct mapcp_temporary *temporary) {
    bool is_foreign = !mapcp_path_is_ascii(temporary->name);
    // A letter beyond ASCII can be the same as one of ASCII, as the Kelvin sign is a K. So the form is asked
    // for with the first such name, also if nothing is there that it could meet.
    if (is_foreign) {
        siblings->by_form = ask(siblings->by_form, temporary, MAPCP_OTHER_FORM);
    }
    if (!siblings->has_any) {
        return false;
    }
    siblings->by_case = ask(siblings->by_case, temporary, MAPCP_OTHER_CASE);
    bool form_matters = is_foreign || siblings->has_foreign;
    return siblings->by_case != MAPCP_SPELLINGS_DIFFER ||
           (form_matters && siblings->by_form != MAPCP_SPELLINGS_DIFFER);
}

bool mapcp_siblings_may_have(struct mapcp_siblings *siblings, struct mapcp_place place,
                             struct mapcp_namer *namer) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    if (mapcp_temporary_create(&temporary, place, namer) != 0) {
        return siblings->has_any;
    }
    bool may_meet = mapcp_siblings_may_meet(siblings, &temporary);
    if (!mapcp_temporary_discard(&temporary)) {
        mapcp_temporary_forget(&temporary);
    }
    return may_meet;
}

void mapcp_siblings_add(struct mapcp_siblings *siblings, const char *name) {
    siblings->has_any = true;
    siblings->has_foreign = siblings->has_foreign || !mapcp_path_is_ascii(name);
}

static bool is_same_time(const struct timespec *one, const struct timespec *other) {
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other) {
    return one->st_mode == other->st_mode && one->st_size == other->st_size &&
           is_same_time(&one->st_mtim, &other->st_mtim) && is_same_time(&one->st_ctim, &other->st_ctim);
}

bool mapcp_alias_is_name(const char *one, const char *other) {
    return strcasecmp(mapcp_path_name(one), mapcp_path_name(other)) == 0;
}

/// Whether a temporary is in the directory that a place is in.
static bool is_beside(struct mapcp_place place, const struct mapcp_temporary *temporary) {
    const char *name = mapcp_path_name(temporary->name);
    size_t directory = (size_t)(mapcp_path_name(place.name) - place.name);
    char *path = malloc(directory + strlen(name) + 1);
    if (!path) {
        return false;
    }
    struct stat status;
    memcpy(path, place.name, directory);
    memcpy(path + directory, name, strlen(name) + 1);
    bool is_there = fstatat(place.directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
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
    bool folds = mapcp_temporary_spellings(temporary, MAPCP_OTHER_CASE) == MAPCP_SPELLINGS_MEET;
    bool composes = mapcp_temporary_spellings(temporary, MAPCP_OTHER_FORM) == MAPCP_SPELLINGS_MEET;
    // Without tables of letters, two names beyond ASCII that are alike in all else are taken to be one.
    bool is_foreign = !mapcp_path_is_ascii(source.name) || !mapcp_path_is_ascii(target.name);
    return folds ? is_foreign || mapcp_alias_is_name(source.name, target.name) : composes && is_foreign;
}

bool mapcp_alias_is_directory(int one, int other, struct mapcp_namer *namer) {
    struct mapcp_temporary temporary = MAPCP_NO_TEMPORARY;
    // Any name will do.
    const struct mapcp_place place = {.directory = one, .name = "x"};
    if (mapcp_temporary_create(&temporary, place, namer) != 0) {
        return false;
    }
    bool is_same = is_beside((struct mapcp_place){.directory = other, .name = "x"}, &temporary);
    if (!mapcp_temporary_discard(&temporary)) {
        mapcp_temporary_forget(&temporary);
    }
    return is_same;
}
