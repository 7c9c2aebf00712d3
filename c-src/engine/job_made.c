// What the jobs of one run have made: none of them replaces what another one has made.

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "filter.h"
#include "job.h"
#include "target.h"

/// Which file a status is of, as a number.
static uint64_t identity(const struct stat *status) {
    // Hosts of WASI have mixed the device into the number already. Elsewhere an odd factor, which loses
    // nothing, brings it into the high bits.
    return (uint64_t)status->st_ino ^ ((uint64_t)status->st_dev * UINT64_C(0x9e3779b97f4a7c15));
}

/// Which file has the name of the entry's target; a dry run makes none, and goes by the path. False if there
/// is none, or if it cannot be looked at.
static bool identify_target(const struct mapcp_job *job, uint64_t *number) {
    struct stat status;
    if (job->options.dry_run) {
        *number = mapcp_hash_path(job->target.text);
        return true;
    }
    const struct mapcp_place target = job->entry.target;
    if (fstatat(target.directory, target.name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    *number = identity(&status);
    return true;
}

bool mapcp_job_spare_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    uint64_t number = 0;
    const bool may_replace = mapcp_decision_replaces(job->decision) ||
                             (job->decision == MAPCP_DECISION_NEW && job->options.dry_run);
    if (!job->options.made || !may_replace || !identify_target(job, &number)) {
        return true;
    }
    const struct mapcp_made_file *found = mapcp_made_find(job->options.made, number);
    if (!found) {
        return true;
    }
    // A source that is named twice is there already.
    if (found->source == identity(source)) {
        job->decision = MAPCP_DECISION_SKIP;
        return true;
    }
    return mapcp_fail(error, MAPCP_CREATE, MAPCP_TARGET, MAPCP_JUST_CREATED);
}

bool mapcp_job_remember_made(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    struct mapcp_made_file file = {.source = identity(source)};
    // What has no name any more can be replaced by nothing.
    return !job->options.made || !identify_target(job, &file.target) ||
           mapcp_made_add(job->options.made, file) ||
           mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}
