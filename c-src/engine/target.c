#include "target.h"

#include <errno.h>
#include <fcntl.h>

// How often to decide again if others keep creating and removing the target.
#define TRIES 10

bool mapcp_is_same_file(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/// Whether it is known which of two times is later. It is unknown if WASI has neither of them.
static bool is_known(const struct timespec *source, const struct timespec *target) {
    return !(mapcp_time_may_be_earlier(source) && mapcp_time_may_be_earlier(target)) &&
           !(mapcp_time_may_be_later(source) && mapcp_time_may_be_later(target));
}

bool mapcp_target_is_undecided(const struct mapcp_error *error) {
    return error->operation == MAPCP_OPERATION_INSPECT && error->side == MAPCP_SIDE_TARGET &&
           error->code == MAPCP_CODE_UNSUPPORTED && error->number == 0;
}

/// Refuses a link that leads to `file`, or that cannot be followed because of a transient error. A link that
/// leads nowhere or out of the sandbox does not lead to `file`.
static bool check_link(struct mapcp_place link, const struct stat *status, const struct stat *file,
                       enum mapcp_side side, struct mapcp_error *error) {
    struct stat destination;
    if (!S_ISLNK(status->st_mode) || S_ISLNK(file->st_mode)) {
        return true;
    }
    if (fstatat(link.directory, link.name, &destination, 0) != 0) {
        (void)mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, side, errno);
        return !mapcp_is_transient(error);
    }
    return !mapcp_is_same_file(&destination, file) ||
           mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_SAME_FILE);
}

/// Refuses a target that is the source by another name, or the destination of the source. If a link replaced
/// its own destination, the content would be lost.
static bool check_not_source(struct mapcp_place target, const struct stat *status, struct mapcp_place source,
                             const struct stat *source_status, struct mapcp_error *error) {
    if (mapcp_is_same_file(status, source_status)) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_SAME_FILE);
    }
    return check_link(target, status, source_status, MAPCP_SIDE_TARGET, error) &&
           check_link(source, source_status, status, MAPCP_SIDE_SOURCE, error);
}

/// Refuses a link to a FIFO, a socket or a device, or one that cannot be followed because of a transient
/// error. A link that leads nowhere or out of the sandbox is accepted.
static bool check_not_special(struct mapcp_place target, struct mapcp_error *error) {
    struct stat status;
    if (fstatat(target.directory, target.name, &status, 0) != 0) {
        (void)mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
        return !mapcp_is_transient(error);
    }
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ||
           mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_NOT_REGULAR_FILE);
}

bool mapcp_target_decide(struct mapcp_place target, struct mapcp_place source,
                         const struct stat *source_status, struct mapcp_policy policy,
                         enum mapcp_decision *decision, struct mapcp_error *error) {
    const enum mapcp_overwrite overwrite = policy.overwrite;
    struct stat status;
    *decision = MAPCP_DECISION_NEW;
    if (target.directory == MAPCP_NOWHERE) {
        return true;
    }
    int flags = mapcp_path_enters(target.name) ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(target.directory, target.name, &status, flags) != 0) {
        return errno == ENOENT || mapcp_fail_number(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_IS_DIRECTORY);
    }
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_NOT_REGULAR_FILE);
    }
    // One file with two names is the usual state after a copy with hard links, and not newer than itself.
    if (overwrite == MAPCP_OVERWRITE_NEVER ||
        (overwrite == MAPCP_OVERWRITE_NEWER && mapcp_is_same_file(&status, source_status))) {
        *decision = MAPCP_DECISION_SKIP;
        return true;
    }
    if (!check_not_source(target, &status, source, source_status, error)) {
        return false;
    }
    if (overwrite == MAPCP_OVERWRITE_ERROR) {
        return mapcp_fail(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
    }
    if (overwrite == MAPCP_OVERWRITE_NEWER && !is_known(&source_status->st_mtim, &status.st_mtim)) {
        return mapcp_fail(error, MAPCP_OPERATION_INSPECT, MAPCP_SIDE_TARGET, MAPCP_CODE_UNSUPPORTED);
    }
    bool stays = overwrite == MAPCP_OVERWRITE_NEWER &&
                 !mapcp_is_later(&source_status->st_mtim, &status, target, policy.keeping);
    *decision = stays                                             ? MAPCP_DECISION_SKIP
                : mapcp_alias_is_possible(&status, source_status) ? MAPCP_DECISION_REPLACE_OTHER
                                                                  : MAPCP_DECISION_REPLACE;
    return stays || !policy.is_named || !S_ISLNK(status.st_mode) || check_not_special(target, error);
}

// --- The commit --------------------------------------------------------------------------------------------

/// Checks the errno value of a commit. If it says missing or invalid although the temporary file is still
/// there, the file system cannot have the target's name.
static bool check_named(const struct mapcp_temporary *temporary, int number, struct mapcp_error *error) {
    if (number == 0) {
        return true;
    }
    bool may_be_name = number == ENOENT || number == EINVAL;
    bool is_there = may_be_name && mapcp_temporary_is_there(temporary);
    (void)mapcp_fail_number(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, is_there ? EILSEQ : number);
    if (number == ENOENT && !is_there) {
        error->because = "its unfinished copy is gone; "
                         "another program removed it, or cleaned the directory of temporary files meanwhile";
    }
    return false;
}

static bool replace(struct mapcp_temporary *temporary, struct mapcp_place target, struct mapcp_error *error) {
    return check_named(temporary, mapcp_temporary_rename(temporary, target), error);
}

static bool decide_again(const struct mapcp_terms *terms, enum mapcp_decision *decision,
                         struct mapcp_error *error) {
    struct mapcp_policy policy = terms->policy;
    policy.is_named = false;
    return mapcp_target_decide(terms->target, terms->source, terms->source_status, policy, decision, error);
}

/// Commits under a policy that depends on the target.
static bool commit_by_policy(struct mapcp_temporary *temporary, const struct mapcp_terms *terms,
                             bool *skipped, struct mapcp_error *error) {
    enum mapcp_decision decision = terms->decision;
    // The target may have changed since the decision.
    if (decision != MAPCP_DECISION_NEW && !decide_again(terms, &decision, error)) {
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
        if (!decide_again(terms, &decision, error)) {
            return false;
        }
    }
    return mapcp_fail_number(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_TARGET, EBUSY);
}

/// Commits if the name is free. If it is taken, fails under every policy.
static bool commit_as_new(struct mapcp_temporary *temporary, struct mapcp_place target,
                          struct mapcp_error *error) {
    int number = mapcp_temporary_take_free_name(temporary, target);
    if (number == EEXIST) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_ALREADY_EXISTS);
    }
    return check_named(temporary, number, error);
}

static bool commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                   struct mapcp_error *error) {
    struct mapcp_siblings *siblings = terms->siblings;
    bool must_be_free =
        siblings && (siblings->is_new || (siblings->is_shared && terms->decision == MAPCP_DECISION_NEW));
    if (must_be_free && mapcp_siblings_may_meet(siblings, temporary)) {
        return commit_as_new(temporary, terms->target, error);
    }
    return terms->policy.overwrite == MAPCP_OVERWRITE_ALWAYS
               ? replace(temporary, terms->target, error)
               : commit_by_policy(temporary, terms, skipped, error);
}

bool mapcp_commit(struct mapcp_temporary *temporary, const struct mapcp_terms *terms, bool *skipped,
                  struct mapcp_error *error) {
    *skipped = false;
    if (terms->in_place) {
        mapcp_temporary_forget(temporary);
        return true;
    }
    if (!commit(temporary, terms, skipped, error)) {
        return false;
    }
    if (terms->siblings && !*skipped) {
        mapcp_siblings_add(terms->siblings, terms->target.name);
    }
    return true;
}
