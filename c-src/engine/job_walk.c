// The trees of a job: how it measures and copies them, entry by entry.

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "job.h"

// What an entry costs of a step's budget, besides its bytes: opening and naming a file takes the time of
// copying some.
#define ENTRY_COST 262144

static bool begin_walk(struct mapcp_job *job, enum mapcp_tree_purpose purpose, struct mapcp_error *error) {
    job->tree = (struct mapcp_tree){
        .purpose = purpose,
        .options = &job->options,
        .namer = &job->namer,
        .source = &job->source,
        .target = &job->target,
    };
    return mapcp_path_set(&job->source, job->given_source) && mapcp_path_set(&job->target, job->given_target)
               ? mapcp_tree_begin(&job->tree, error)
               : mapcp_fail_number(error, MAPCP_LIST, MAPCP_SOURCE, ENOMEM);
}

static bool begin_tree(struct mapcp_job *job, struct mapcp_error *error) {
    job->in_tree = true;
    job->state = MAPCP_JOB_WALKING;
    return begin_walk(job, job->options.dry_run ? MAPCP_TREE_DRY_RUN : MAPCP_TREE_COPY, error);
}

static void measure_entry(struct mapcp_job *job, const struct mapcp_tree_entry *entry) {
    struct stat status;
    struct mapcp_error ignored;
    bool follow = job->options.symlinks == MAPCP_SYMLINKS_FOLLOW;
    // What cannot be looked at now is reported when its turn to be copied comes.
    if (entry->kind != MAPCP_TREE_SPECIAL && mapcp_stat_source(entry->source, follow, &status, &ignored)) {
        job->progress.files_total++;
        uint64_t bytes = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
        job->progress.bytes_total = mapcp_job_sum(job->progress.bytes_total, mapcp_job_work_for(job, bytes));
    }
}

bool mapcp_job_measure(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    // So that a step of the least budget measures one file, wherever that is.
    *spent += event == MAPCP_TREE_ENTERED ? 0 : ENTRY_COST;
    switch (event) {
    case MAPCP_TREE_FOUND:
        measure_entry(job, &entry);
        return true;
    case MAPCP_TREE_ENTERED:
    case MAPCP_TREE_FAILED:
        return true;
    default:
        mapcp_tree_end(&job->tree);
        job->progress.totals_known = true;
        return begin_tree(job, &error) || mapcp_job_fail(job, &error);
    }
}

bool mapcp_job_walk(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    uint64_t left_out = job->tree.left_out;
    *spent += ENTRY_COST;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    job->progress.directories = job->tree.directories;
    job->progress.skipped += job->tree.left_out - left_out;
    switch (event) {
    case MAPCP_TREE_ENTERED:
        return ((!entry.target_is_new || mapcp_job_note(job, MAPCP_ENTRY_DIRECTORY, false, 0, &error)) &&
                (!entry.status || mapcp_job_warn_of_times(job, entry.status, false, &error))) ||
               mapcp_job_fail(job, &error);
    case MAPCP_TREE_FOUND:
        return mapcp_job_begin_entry(job, &entry, &error) ||
               mapcp_job_settle(job, &error, job->options.keep_going || entry.kind == MAPCP_TREE_SPECIAL);
    case MAPCP_TREE_FAILED:
        return mapcp_job_settle_entry(job, &error);
    default:
        job->state = MAPCP_JOB_DONE;
        return true;
    }
}

bool mapcp_job_begin_walk(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.measure) {
        job->state = MAPCP_JOB_MEASURING;
        return begin_walk(job, MAPCP_TREE_MEASURE, error);
    }
    return begin_tree(job, error);
}
