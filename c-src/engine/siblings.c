#include "siblings.h"

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
