#include "spelling.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool mapcp_alias_is_possible(const struct stat *one, const struct stat *other) {
    return one->st_mode == other->st_mode && one->st_size == other->st_size &&
           mapcp_is_same_time(one->st_mtim, other->st_mtim) &&
           mapcp_is_same_time(one->st_ctim, other->st_ctim);
}

bool mapcp_alias_is_name(const char *one, const char *other) {
    return strcasecmp(mapcp_path_name(one), mapcp_path_name(other)) == 0;
}

/// Whether a temporary file is in the directory of a place.
static bool is_beside(struct mapcp_place place, const struct mapcp_temporary *temporary) {
    struct stat status;
    char *path = mapcp_temporary_path(temporary, place.name);
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
    // Names beyond ASCII cannot be compared without tables of letters. They count as equal.
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
    if (!mapcp_temporary_discard(&temporary)) {
        mapcp_temporary_forget(&temporary);
    }
    return is_same;
}
