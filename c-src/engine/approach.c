#include "approach.h"

#include <errno.h>
#include <sys/stat.h>

#include "limits.h"
#include "listing.h"
#include "names.h"
#include "parents.h"
#include "way.h"

// How much each of these adds to `passed`: a directory on the way, one that is opened by its whole path, and
// a listed name.
#define PASSED_PER_DIRECTORY 16
#define PASSED_PER_PATH 512
#define PASSED_PER_NAME 4

static bool must_be_portable(const struct mapcp_job *job) {
    return job->options.names == MAPCP_NAME_POLICY_PORTABLE;
}

static bool fail_to_create(struct mapcp_error *error, int number) {
    return mapcp_fail_number(error, MAPCP_OPERATION_CREATE, MAPCP_SIDE_TARGET, number);
}

bool mapcp_approach_begin(struct mapcp_job *job, struct mapcp_error *error) {
    job->state = MAPCP_JOB_APPROACHING;
    return mapcp_way_begin(&job->way, job->given_target, S_ISDIR(job->given_status.st_mode)) ||
           fail_to_create(error, ENOMEM);
}

// --- Comparing names ---------------------------------------------------------------------------------------

/// Whether the names on the rest of the way must be compared with others.
static bool must_compare(const struct mapcp_job *job, const struct mapcp_way *way,
                         enum mapcp_way_event way_end) {
    return must_be_portable(job) && !(way_end == MAPCP_WAY_END && mapcp_way_leads_to_directory(way));
}

/// Begins to list the directory that the first new name will be in. Returns false if that is not allowed.
static bool begin_to_compare(struct mapcp_job *job, struct mapcp_way *way, struct mapcp_error *error) {
    mapcp_name_set_free(&job->beside);
    job->listing = mapcp_way_list(way);
    // If there is no such directory, the copy fails.
    return job->listing || errno == ENOENT || errno == ENOTDIR || mapcp_names_fail_unread(error, errno);
}

static void end_listing(struct mapcp_job *job) {
    if (job->listing) {
        mapcp_listing_close(job->listing);
        job->listing = NULL;
    }
}

/// Reads the next name, or compares after the last one. Sets `*done` then.
static bool compare_next(struct mapcp_job *job, const struct mapcp_way *way, bool *done,
                         struct mapcp_error *error) {
    struct mapcp_listed listed;
    if (job->listing && mapcp_listing_next(job->listing, &listed)) {
        return mapcp_name_set_add(&job->beside, listed.name) || mapcp_names_fail_unread(error, ENOMEM);
    }
    const int number = job->listing ? errno : 0;
    end_listing(job);
    *done = true;
    return number == 0 ? mapcp_names_accept_rest(way->path + way->next, &job->beside, error)
                       : mapcp_names_fail_unread(error, number);
}

bool mapcp_approach_confirm(struct mapcp_job *job, struct mapcp_error *error) {
    struct mapcp_way way = MAPCP_NO_WAY;
    if (!must_be_portable(job)) {
        return true;
    }
    bool good = mapcp_way_begin(&way, job->given_target, false) || mapcp_out_of_memory(error);
    enum mapcp_way_event event = MAPCP_WAY_PASSED;
    while (good && event == MAPCP_WAY_PASSED) {
        event = mapcp_way_next(&way);
    }
    bool done = !good || !must_compare(job, &way, event);
    good = good && (done || begin_to_compare(job, &way, error));
    while (good && !done) {
        good = compare_next(job, &way, &done, error);
    }
    end_listing(job);
    mapcp_way_end(&way);
    return good;
}

// --- Approaching -------------------------------------------------------------------------------------------

/// Ends the approach, or begins to make the directories that are missing.
static bool arrive(struct mapcp_job *job, bool *done, struct mapcp_error *error) {
    const struct mapcp_options *options = &job->options;
    const bool is_missing = job->way_end == MAPCP_WAY_MISSING;
    *done = job->way_end == MAPCP_WAY_END || options->dry_run || !options->make_parents;
    if (job->way_end == MAPCP_WAY_END) {
        return true;
    }
    if (!options->make_parents) {
        // Otherwise the copy itself finds this out.
        return !options->dry_run || fail_to_create(error, job->way.number);
    }
    if (!is_missing) {
        return options->dry_run || fail_to_create(error, job->way.number);
    }
    // No directory is made if the host refuses the whole path.
    struct stat status;
    if (lstat(job->given_target, &status) != 0 && errno == ENAMETOOLONG) {
        return fail_to_create(error, ENAMETOOLONG);
    }
    job->state = MAPCP_JOB_MAKING_PARENTS;
    return mapcp_limits_allow_parents(options, mapcp_way_left(&job->way), error);
}

/// Counts a directory, and notes whether it is the source.
static void note_passed(struct mapcp_job *job) {
    const struct mapcp_way *way = &job->way;
    const struct stat *source = &job->given_status;
    // The host walks the whole path to a directory elsewhere, and to one above it.
    job->passed += way->above.length > 0 || way->is_elsewhere ? PASSED_PER_PATH : PASSED_PER_DIRECTORY;
    if (way->is_elsewhere) {
        job->is_inside_source = false;
        job->inside_from = 0;
    }
    if (S_ISDIR(source->st_mode) && job->options.recursive && mapcp_is_same_file(&way->status, source)) {
        job->is_inside_source = true;
        job->inside_from = way->above.length > 0 && !way->is_elsewhere ? 0 : way->next;
    }
}

static bool approach(struct mapcp_job *job, bool *done, struct mapcp_error *error) {
    struct mapcp_way *way = &job->way;
    const struct stat *source = &job->given_status;
    job->way_end = mapcp_way_next(way);
    if (job->way_end == MAPCP_WAY_PASSED) {
        note_passed(job);
        return true;
    }
    // The copy may lie in a part of the source that the walk leaves out.
    if (job->is_inside_source && !mapcp_is_left_out(way, job->inside_from, source, &job->options)) {
        return mapcp_fail(error, MAPCP_OPERATION_ACCEPT, MAPCP_SIDE_TARGET, MAPCP_CODE_INTO_ITSELF);
    }
    if (must_compare(job, way, job->way_end)) {
        job->state = MAPCP_JOB_COMPARING;
        return begin_to_compare(job, way, error);
    }
    return arrive(job, done, error);
}

static bool compare(struct mapcp_job *job, bool *done, struct mapcp_error *error) {
    bool is_compared = false;
    job->passed += PASSED_PER_NAME;
    return compare_next(job, &job->way, &is_compared, error) && (!is_compared || arrive(job, done, error));
}

static bool make_parents(struct mapcp_job *job, uint64_t *spent, bool *done, struct mapcp_error *error) {
    if (job->way_end == MAPCP_WAY_MISSING) {
        *spent += MAPCP_ENTRY_COST;
        job->way_end = MAPCP_WAY_PASSED;
        return mapcp_way_make(&job->way, error);
    }
    job->way_end = mapcp_way_next(&job->way);
    job->passed += job->way.is_elsewhere ? PASSED_PER_PATH : PASSED_PER_DIRECTORY;
    *done = job->way_end == MAPCP_WAY_END;
    return job->way_end != MAPCP_WAY_FAILED || fail_to_create(error, job->way.number);
}

bool mapcp_approach_step(struct mapcp_job *job, uint64_t *spent, bool *done, struct mapcp_error *error) {
    bool good = false;
    switch (job->state) {
    case MAPCP_JOB_APPROACHING:
        good = approach(job, done, error);
        break;
    case MAPCP_JOB_COMPARING:
        good = compare(job, done, error);
        break;
    default:
        good = make_parents(job, spent, done, error);
        break;
    }
    if (!good || *done) {
        mapcp_way_close(&job->way);
    }
    return good;
}
