#include "commit.h"

#include <errno.h>

// How often the target is looked at anew, if others keep making and removing it.
#define TRIES 10

/// Fails if a name was not given. Names that a file system cannot have are missing or invalid for it, and so
/// may other things be; but the temporary is there, and lies in the target's directory.
static bool check_named(const struct mapcp_temporary *temporary, int number, struct mapcp_error *error) {
    bool may_be_name = number == ENOENT || number == EINVAL;
    if (may_be_name && mapcp_temporary_is_there(temporary)) {
        number = EILSEQ;
    }
    return number == 0 || mapcp_fail_number(error, MAPCP_RENAME, MAPCP_TARGET, number);
}

static bool replace(struct mapcp_temporary *temporary, struct mapcp_place target, struct mapcp_error *error) {
    return check_named(temporary, mapcp_temporary_rename(temporary, target), error);
}

static bool decide_anew(const struct mapcp_terms *terms, enum mapcp_decision *decision,
                        struct mapcp_error *error) {
    struct mapcp_policy policy = terms->policy;
    policy.is_named = false;
    return mapcp_target_decide(terms->target, terms->source, terms->source_status, policy, decision, error);
}

/// Confirms a policy that depends on what the target is.
static bool commit_by_policy(struct mapcp_temporary *temporary, const struct mapcp_terms *terms,
                             bool *skipped, struct mapcp_error *error) {
    enum mapcp_decision decision = terms->decision;
    // What was to be replaced may be newer by now.
    if (decision != MAPCP_DECISION_NEW && !decide_anew(terms, &decision, error)) {
        return false;
    }
    for (int try = 0; try < TRIES; try++) {
        if (decision == MAPCP_DECISION_SKIP) {
            *skipped = true;
            return true;
        }
        if (decision != MAPCP_DECISION_NEW) {
            return replace(temporary, terms->target, error);
        }
        int number = mapcp_temporary_take_free_name(temporary, terms->target);
        if (number != EEXIST) {
            return check_named(temporary, number, error);
        }
        if (!decide_anew(terms, &decision, error)) {
            return false;
        }
    }
    return mapcp_fail_number(error, MAPCP_RENAME, MAPCP_TARGET, EBUSY);
}

/// Takes a name that nothing may have: not even what the policy would replace or leave.
static bool commit_as_new(struct mapcp_temporary *temporary, struct mapcp_place target,
                          struct mapcp_error *error) {
    int number = mapcp_temporary_take_free_name(temporary, target);
    if (number == EEXIST) {
        return mapcp_fail(error, MAPCP_ACCEPT, MAPCP_TARGET, MAPCP_ALREADY_EXISTS);
    }
    return check_named(temporary, number, error);
}

static bool commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                   struct mapcp_error *error) {
    if (terms->siblings && mapcp_siblings_may_meet(terms->siblings, temporary)) {
        return commit_as_new(temporary, terms->target, error);
    }
    return terms->policy.overwrite == MAPCP_OVERWRITE_ALWAYS
               ? replace(temporary, terms->target, error)
               : commit_by_policy(temporary, terms, skipped, error);
}

bool mapcp_commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                  struct mapcp_error *error) {
    *skipped = false;
    if (!commit(temporary, terms, skipped, error)) {
        return false;
    }
    if (terms->siblings && !*skipped) {
        mapcp_siblings_add(terms->siblings, terms->target.name);
    }
    return true;
}
