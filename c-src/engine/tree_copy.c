#include "tree_copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "approach.h"
#include "entry_copy.h"
#include "filter.h"
#include "guided_walk.h"
#include "job_errors.h"
#include "limits.h"
#include "parents.h"
#include "temporary.h"
#include "tree_frame.h"

// --- Beginning and measuring -------------------------------------------------------------------------------

/// Enters the source, and beside it the target. A tree that must appear as a whole is made under its
/// temporary name; a dry run finds nothing there.
static bool enter_roots(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_tree *tree = &job->tree;
    if (!mapcp_job_is_in_whole(job)) {
        return mapcp_tree_begin(tree, error);
    }
    const struct mapcp_place source = {.directory = AT_FDCWD, .name = job->given_source};
    if (tree->purpose != MAPCP_TREE_COPY) {
        const struct mapcp_place nowhere = {.directory = MAPCP_NOWHERE, .name = job->given_target};
        return mapcp_tree_begin_at(tree, source, nowhere, error);
    }
    return mapcp_whole_tree_enter(&job->whole, tree, source, &job->namer, error);
}

static bool begin_walk(struct mapcp_job *job, enum mapcp_tree_purpose purpose, struct mapcp_error *error) {
    job->tree = (struct mapcp_tree){
        .purpose = purpose,
        .is_guided = job->options.input != MAPCP_INPUT_NONE,
        .options = &job->options,
        .namer = &job->namer,
        .source = &job->source,
        .target = &job->target,
        // They are left out.
        .is_entry = mapcp_is_unfinished_name,
        .copied = purpose == MAPCP_TREE_MEASURE ? NULL : &job->copied,
    };
    return mapcp_path_set(&job->source, job->given_source) && mapcp_path_set(&job->target, job->given_target)
               ? enter_roots(job, error)
               : mapcp_out_of_memory(error);
}

static bool begin_tree(struct mapcp_job *job, struct mapcp_error *error) {
    job->in_tree = true;
    job->state = MAPCP_JOB_WALKING;
    return begin_walk(job, job->options.dry_run ? MAPCP_TREE_DRY_RUN : MAPCP_TREE_COPY, error);
}

/// Ends measuring, and begins to copy.
static bool end_measuring(struct mapcp_job *job, bool totals_known) {
    struct mapcp_error error;
    mapcp_tree_end(&job->tree);
    job->progress.totals_known = totals_known;
    return (mapcp_approach_confirm(job, &error) && begin_tree(job, &error)) || mapcp_job_fail(job, &error);
}

/// Whether measuring has found more entries than a limit allows. Some of them may be skipped.
static bool has_measured_enough(const struct mapcp_job *job) {
    const struct mapcp_limit limit = job->options.max_files;
    return limit.is_set && job->progress.files_total + job->tree.directories > limit.most;
}

bool mapcp_tree_copy_measure(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    // Directories are free, so a step with the smallest budget measures one file, at any depth.
    *spent += event == MAPCP_TREE_ENTERED || event == MAPCP_TREE_PASSED ? 0 : MAPCP_ENTRY_COST;
    switch (event) {
    case MAPCP_TREE_PASSED:
        job->passed++;
        return true;
    case MAPCP_TREE_FOUND:
        if (!mapcp_is_unfinished_name(entry.source.name)) {
            mapcp_entry_copy_measure(job, &entry);
        }
        return !has_measured_enough(job) || end_measuring(job, false);
    case MAPCP_TREE_ENTERED:
        return !has_measured_enough(job) || end_measuring(job, false);
    case MAPCP_TREE_FAILED:
        return !mapcp_limits_end_job(&error) || end_measuring(job, false);
    default:
        return end_measuring(job, true);
    }
}

static bool begin_directory(struct mapcp_job *job, struct mapcp_error *error) {
    if (job->options.measure && job->options.input == MAPCP_INPUT_NONE) {
        job->state = MAPCP_JOB_MEASURING;
        return begin_walk(job, MAPCP_TREE_MEASURE, error);
    }
    return begin_tree(job, error);
}

// --- A tree that must appear as a whole --------------------------------------------------------------------

/// Makes the target itself the place of the current entry.
static void go_to_whole(struct mapcp_job *job) {
    job->entry.target = (struct mapcp_place){.directory = job->whole.parent, .name = job->whole.name};
}

/// Warns that the old tree, or a part of it, is still there under this name.
static bool warn_of_old(struct mapcp_job *job, const char *name, const struct mapcp_error *why,
                        struct mapcp_error *error) {
    return mapcp_job_warn(job, why, mapcp_path_beside(job->whole.path, name), error);
}

/// Gives the complete tree its name. A dry run does not.
static bool commit_whole(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_error why;
    const bool is_dry = job->options.dry_run;
    if (!mapcp_approach_confirm(job, error)) {
        return false;
    }
    if (!is_dry && !mapcp_whole_tree_commit(&job->whole, &job->options, &job->namer, error)) {
        return false;
    }
    go_to_whole(job);
    job->state = MAPCP_JOB_REMOVING;
    return mapcp_entry_copy_remember_made(job, &job->whole.source, error) &&
           (is_dry || mapcp_whole_tree_discard_old(&job->whole, &job->namer, &why) ||
            warn_of_old(job, job->whole.aside, &why, error));
}

bool mapcp_tree_copy_remove_old(struct mapcp_job *job, uint64_t *spent) {
    const struct mapcp_removal *removal = &job->whole.removal;
    struct mapcp_error error;
    *spent += MAPCP_ENTRY_COST;
    if (mapcp_whole_tree_remove_next(&job->whole)) {
        return true;
    }
    job->state = MAPCP_JOB_DONE;
    if (!removal->has_failed) {
        return true;
    }
    struct mapcp_error why = removal->error;
    char *failed = removal->failed.text ? mapcp_path_beside(job->whole.path, removal->failed.text) : NULL;
    why.about = failed;
    const bool good = warn_of_old(job, job->whole.temporary, &why, &error);
    free(failed);
    return good || mapcp_job_fail(job, &error);
}

bool mapcp_tree_copy_undo(struct mapcp_job *job, uint64_t *spent) {
    *spent += MAPCP_ENTRY_COST;
    if (mapcp_whole_tree_remove_next(&job->whole)) {
        return true;
    }
    mapcp_whole_tree_explain(&job->whole, &job->error);
    job->progress.bytes_in_place = 0;
    job->progress.files_done = 0;
    job->progress.directories = 0;
    return mapcp_job_end_failed(job);
}

/// Begins a walk through the old tree.
static bool begin_inspection(struct mapcp_job *job, struct mapcp_error *error) {
    static const struct mapcp_options everything = {.symlinks = MAPCP_SYMLINKS_PRESERVE};
    job->state = MAPCP_JOB_INSPECTING;
    job->tree = (struct mapcp_tree){
        .purpose = MAPCP_TREE_MEASURE,
        .options = &everything,
        .source = &job->target,
        .target = &job->source,
    };
    return mapcp_whole_tree_inspect(&job->whole, &job->tree, error);
}

bool mapcp_tree_copy_inspect(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_error error;
    bool is_done = false;
    *spent += MAPCP_ENTRY_COST;
    if (!mapcp_whole_tree_inspect_next(&job->whole, &job->tree, &is_done, &error)) {
        mapcp_path_cut(&job->source, strlen(job->given_source));
        mapcp_path_cut(&job->target, strlen(job->given_target));
        return mapcp_job_fail(job, &error);
    }
    if (!is_done) {
        return true;
    }
    mapcp_tree_end(&job->tree);
    return begin_directory(job, &error) || mapcp_job_fail(job, &error);
}

/// Decides about a tree that must appear as a whole, and begins to copy it.
static bool begin_whole(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    const struct mapcp_place target = {.directory = AT_FDCWD, .name = job->given_target};
    struct mapcp_error refused;
    const bool may_create = !job->options.dry_run || mapcp_check_may_create(target, &refused);
    if (!mapcp_whole_tree_decide(&job->whole, job->given_target, job->given_source, source, &job->options,
                                 &job->namer, &job->decision, error)) {
        return false;
    }
    go_to_whole(job);
    if (!mapcp_entry_copy_spare_made(job, source, error)) {
        return false;
    }
    if (!may_create && job->decision != MAPCP_DECISION_SKIP) {
        *error = refused;
        return false;
    }
    switch (job->decision) {
    case MAPCP_DECISION_SKIP:
        job->state = MAPCP_JOB_DONE;
        job->progress.skipped++;
        return true;
    case MAPCP_DECISION_NEW:
        return begin_directory(job, error);
    default:
        return begin_inspection(job, error);
    }
}

bool mapcp_tree_copy_begin(struct mapcp_job *job, const struct stat *source, struct mapcp_error *error) {
    return job->options.atomic == MAPCP_ATOMICITY_TREE ? begin_whole(job, source, error)
                                                       : begin_directory(job, error);
}

// --- Walking -----------------------------------------------------------------------------------------------

/// Reports a listed path that is refused. The paths of the current entry stay those of the walk.
static bool refuse_listed(struct mapcp_job *job, struct mapcp_error *error) {
    const struct mapcp_path of_walk[] = {job->source, job->target};
    const char *path = job->list.path.text ? job->list.path.text : "";
    struct mapcp_path source = {.text = NULL};
    struct mapcp_path target = {.text = NULL};
    struct mapcp_error no_memory;
    bool good = mapcp_path_set(&source, job->given_source) && mapcp_path_push(&source, path) &&
                mapcp_path_set(&target, job->given_target) && mapcp_path_push(&target, path);
    if (good) {
        // A path that is too long is cut.
        error->listed = error->code == MAPCP_CODE_NAME_TOO_LONG ? NULL : mapcp_list_invalid(&job->list);
        job->source = source;
        job->target = target;
        good = mapcp_job_go_on_or_fail(job, error, job->options.keep_going);
        job->source = of_walk[0];
        job->target = of_walk[1];
    } else {
        (void)mapcp_out_of_memory(&no_memory);
        good = mapcp_job_fail(job, &no_memory);
    }
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}

/// Sends the walk to the next path of the list.
static bool follow_list(struct mapcp_job *job) {
    struct mapcp_error error;
    struct mapcp_error limit;
    switch (mapcp_list_next(&job->list, &error)) {
    case MAPCP_LIST_PATH:
        return mapcp_guided_walk_go_to(&job->tree, job->list.path.text, job->list.is_directory) ||
               (mapcp_out_of_memory(&error), mapcp_job_fail(job, &error));
    case MAPCP_LIST_REFUSED:
        return mapcp_limits_allow_listed(&job->options, ++job->tree.listed, &limit)
                   ? refuse_listed(job, &error)
                   : refuse_listed(job, &limit);
    case MAPCP_LIST_WAITS:
        job->progress.waits = true;
        return true;
    default:
        mapcp_guided_walk_end(&job->tree);
        return true;
    }
}

/// Leaves out what another copy has not finished. Of several jobs that divide a copy, one warns.
static bool leave_out_unfinished(struct mapcp_job *job, const struct mapcp_tree_entry *entry) {
    struct mapcp_error why;
    struct mapcp_error no_memory;
    job->entry = *entry;
    (void)mapcp_fail_unfinished(MAPCP_SIDE_SOURCE, &why);
    return !mapcp_shard_has(job->options.shard, mapcp_tree_path_below(&job->tree)) ||
           mapcp_job_leave_out(job, &why, &no_memory) || mapcp_job_fail(job, &no_memory);
}

bool mapcp_tree_copy_walk(struct mapcp_job *job, uint64_t *spent) {
    struct mapcp_tree_entry entry;
    struct mapcp_error error;
    uint64_t left_out = job->tree.left_out;
    enum mapcp_tree_event event = mapcp_tree_next(&job->tree, &entry, &error);
    *spent += event == MAPCP_TREE_PASSED ? 0 : MAPCP_ENTRY_COST;
    job->progress.directories = job->tree.directories;
    job->progress.skipped += job->tree.left_out - left_out;
    switch (event) {
    case MAPCP_TREE_ENTERED:
        return ((!entry.target_is_new ||
                 mapcp_entry_copy_report(job, MAPCP_ENTRY_DIRECTORY, false, 0, &error)) &&
                (!entry.status || mapcp_job_warn_of_times(job, entry.status, false, &error))) ||
               mapcp_job_fail(job, &error);
    case MAPCP_TREE_FOUND:
        if (mapcp_is_unfinished_name(entry.source.name)) {
            return leave_out_unfinished(job, &entry);
        }
        return mapcp_entry_copy_begin(job, &entry, &error) ||
               mapcp_job_go_on_or_fail(job, &error,
                                       job->options.keep_going || entry.kind == MAPCP_TREE_SPECIAL);
    case MAPCP_TREE_PASSED:
        job->passed++;
        return true;
    case MAPCP_TREE_FAILED:
        return mapcp_job_go_on_or_fail(job, &error, job->options.keep_going);
    case MAPCP_TREE_WAITS:
        return follow_list(job);
    default:
        job->state = mapcp_job_is_in_whole(job) ? MAPCP_JOB_COMMITTING : MAPCP_JOB_DONE;
        return true;
    }
}

bool mapcp_tree_copy_commit(struct mapcp_job *job) {
    struct mapcp_error error;
    return commit_whole(job, &error) || mapcp_job_fail(job, &error);
}
