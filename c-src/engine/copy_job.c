#include "copy_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"
#include "temporary.h"

enum state { WAITING, COPYING, DONE, FAILED };

struct mapcp_job {
    enum state state;
    char *source_path;
    char *target_path;
    uint32_t window_size;
    struct mapcp_source source;
    struct mapcp_temporary temporary;
    struct mapcp_progress progress;
    struct mapcp_error error;
};

struct mapcp_job *mapcp_job_new(const char *source, const char *target, const struct mapcp_options *options) {
    struct mapcp_job *job = calloc(1, sizeof(*job));
    if (!job) {
        return NULL;
    }
    job->state = WAITING;
    job->source_path = strdup(source);
    job->target_path = strdup(target);
    job->window_size = options->window_size;
    job->source = MAPCP_NO_SOURCE;
    job->temporary = MAPCP_NO_TEMPORARY;
    if (!job->source_path || !job->target_path) {
        mapcp_job_free(job);
        return NULL;
    }
    return job;
}

static bool fail(struct mapcp_job *job, enum mapcp_operation operation, enum mapcp_code code,
                 const char *path) {
    job->error = (struct mapcp_error){
        .operation = operation, .code = code, .number = 0, .path = path, .leftover = NULL};
    return false;
}

static bool fail_with_number(struct mapcp_job *job, enum mapcp_operation operation, int number,
                             const char *path) {
    fail(job, operation, mapcp_code_of(number), path);
    job->error.number = number;
    return false;
}

/// For a failure of the source, whose functions fill in all of the error but the path.
static bool fail_on_source(struct mapcp_job *job) {
    job->error.path = job->source_path;
    return false;
}

static bool accept(struct mapcp_job *job) {
    if (job->source_path[0] == '\0') {
        return fail(job, MAPCP_ACCEPT, MAPCP_INVALID_ARGUMENT, job->source_path);
    }
    if (job->target_path[0] == '\0') {
        return fail(job, MAPCP_ACCEPT, MAPCP_INVALID_ARGUMENT, job->target_path);
    }
    if (job->window_size > MAPCP_LARGEST_WINDOW) {
        return fail(job, MAPCP_ACCEPT, MAPCP_INVALID_ARGUMENT, job->source_path);
    }
    uint32_t wanted = job->window_size == 0 ? MAPCP_DEFAULT_WINDOW : job->window_size;
    job->window_size = (wanted + MAPCP_PAGE - 1) / MAPCP_PAGE * MAPCP_PAGE;
    return true;
}

static bool is_source(const struct mapcp_job *job, const struct stat *status) {
    return status->st_dev == job->source.status.st_dev && status->st_ino == job->source.status.st_ino;
}

/// Refuses what must not be replaced. A symbolic link may be: it is the link that goes, not what it points
/// to.
static bool check_target(struct mapcp_job *job) {
    struct stat status;
    if (lstat(job->target_path, &status) != 0) {
        return errno == ENOENT || fail_with_number(job, MAPCP_INSPECT, errno, job->target_path);
    }
    if (S_ISDIR(status.st_mode)) {
        return fail(job, MAPCP_CREATE, MAPCP_IS_DIRECTORY, job->target_path);
    }
    if (S_ISLNK(status.st_mode)) {
        // One that leads nowhere, or out of the sandbox, does not lead to the source.
        return stat(job->target_path, &status) != 0 || !is_source(job, &status) ||
               fail(job, MAPCP_ACCEPT, MAPCP_SAME_FILE, job->target_path);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(job, MAPCP_CREATE, MAPCP_NOT_REGULAR_FILE, job->target_path);
    }
    return !is_source(job, &status) || fail(job, MAPCP_ACCEPT, MAPCP_SAME_FILE, job->target_path);
}

static bool begin(struct mapcp_job *job) {
    if (!accept(job)) {
        return false;
    }
    if (!mapcp_source_open(&job->source, job->source_path, &job->error)) {
        return fail_on_source(job);
    }
    if (!check_target(job)) {
        return false;
    }
    int number = mapcp_temporary_create(&job->temporary, job->target_path);
    if (number != 0) {
        return fail_with_number(job, MAPCP_CREATE, number, job->target_path);
    }
    job->progress.bytes_total = (uint64_t)job->source.status.st_size;
    job->progress.files_total = 1;
    job->progress.totals_known = true;
    return true;
}

/// Writes a window to the temporary file; returns 0 or the errno value.
static int write_window(const struct mapcp_job *job, const struct mapcp_window *window) {
    size_t written = 0;
    while (written < window->length) {
        // pwrite, since the preview 1 adapter cuts what write gives it into pieces of 4,096 bytes.
        ssize_t count = pwrite(job->temporary.descriptor, (const char *)window->bytes + written,
                               window->length - written, (off_t)(window->offset + written));
        if (count > 0) {
            written += (size_t)count;
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static bool copy_window(struct mapcp_job *job) {
    uint64_t left = job->progress.bytes_total - job->progress.bytes_done;
    struct mapcp_window window;
    size_t length = left < job->window_size ? (size_t)left : job->window_size;
    if (!mapcp_source_map(&job->source, job->progress.bytes_done, length, &window, &job->error)) {
        return fail_on_source(job);
    }
    int number = write_window(job, &window);
    bool unmapped = mapcp_source_unmap(&window, &job->error);
    if (number != 0) {
        return fail_with_number(job, MAPCP_WRITE, number, job->target_path);
    }
    if (!unmapped) {
        return fail_on_source(job);
    }
    job->progress.bytes_done += length;
    return true;
}

static bool finish(struct mapcp_job *job) {
    if (!mapcp_source_close(&job->source, &job->error)) {
        return fail_on_source(job);
    }
    int number = mapcp_temporary_close(&job->temporary);
    if (number != 0) {
        return fail_with_number(job, MAPCP_CLOSE, number, job->target_path);
    }
    number = mapcp_temporary_commit(&job->temporary, job->target_path);
    if (number != 0) {
        return fail_with_number(job, MAPCP_RENAME, number, job->target_path);
    }
    job->progress.files_done = 1;
    job->progress.done = true;
    return true;
}

/// Gives back what the job holds; what cannot be removed becomes the error's `leftover`.
static void release(struct mapcp_job *job) {
    struct mapcp_error ignored;
    (void)mapcp_source_close(&job->source, &ignored);
    if (mapcp_temporary_discard(&job->temporary) != 0) {
        job->error.leftover = job->temporary.path;
    }
}

static bool work(struct mapcp_job *job, uint64_t budget) {
    if (job->state == WAITING) {
        if (!begin(job)) {
            return false;
        }
        job->state = COPYING;
    }
    uint64_t enough =
        budget > UINT64_MAX - job->progress.bytes_done ? UINT64_MAX : job->progress.bytes_done + budget;
    while (job->progress.bytes_done < job->progress.bytes_total) {
        if (!copy_window(job)) {
            return false;
        }
        if (job->progress.bytes_done >= enough && job->progress.bytes_done < job->progress.bytes_total) {
            return true;
        }
    }
    if (!finish(job)) {
        return false;
    }
    job->state = DONE;
    return true;
}

bool mapcp_job_step(struct mapcp_job *job, uint64_t budget) {
    if (job->state == DONE || job->state == FAILED) {
        return job->state == DONE;
    }
    if (!work(job, budget)) {
        job->state = FAILED;
        release(job);
        return false;
    }
    return true;
}

const struct mapcp_progress *mapcp_job_progress(const struct mapcp_job *job) {
    return &job->progress;
}

const struct mapcp_error *mapcp_job_error(const struct mapcp_job *job) {
    return &job->error;
}

void mapcp_job_free(struct mapcp_job *job) {
    if (!job) {
        return;
    }
    release(job);
    mapcp_temporary_forget(&job->temporary);
    free(job->source_path);
    free(job->target_path);
    free(job);
}
