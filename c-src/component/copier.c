// The component as a library: the resource copy-job of the interface mapcp:copy/copier.

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "copy_job.h"
#include "mapcp.h"

// The engine's enumerations are the interface's, in its order: so a value passes as it is.
static_assert((int)MAPCP_ACCEPT == EXPORTS_MAPCP_COPY_COPIER_OPERATION_ACCEPT, "first operation");
static_assert((int)MAPCP_RENAME == EXPORTS_MAPCP_COPY_COPIER_OPERATION_RENAME, "last operation");
static_assert((int)MAPCP_NOT_FOUND == EXPORTS_MAPCP_COPY_COPIER_ERROR_CODE_NOT_FOUND, "first code");
static_assert((int)MAPCP_OTHER == EXPORTS_MAPCP_COPY_COPIER_ERROR_CODE_OTHER, "last code");

typedef exports_mapcp_copy_copier_copy_job_t copy_job;
typedef exports_mapcp_copy_copier_copy_options_t copy_options;
typedef exports_mapcp_copy_copier_copy_error_t copy_error;
typedef exports_mapcp_copy_copier_progress_t progress;

struct exports_mapcp_copy_copier_copy_job_t {
    char *source;
    char *target;
    struct mapcp_job *job;
};

/// A copy of a string from the host, which has a length and no terminator. A NUL in it would silently end a
/// path early, so such a string becomes the empty path, which the engine refuses.
static char *take_string(const mapcp_string_t *string) {
    bool has_nul = memchr(string->ptr, '\0', string->len) != NULL;
    return strndup((const char *)string->ptr, has_nul ? 0 : string->len);
}

exports_mapcp_copy_copier_own_copy_job_t
exports_mapcp_copy_copier_constructor_copy_job(mapcp_string_t *source, mapcp_string_t *target,
                                               copy_options *options) {
    const struct mapcp_options engine_options = {.window_size = options->window_size};
    copy_job *self = calloc(1, sizeof(*self));
    if (self) {
        self->source = take_string(source);
        self->target = take_string(target);
    }
    if (self && self->source && self->target) {
        self->job = mapcp_job_new(self->source, self->target, &engine_options);
    }
    mapcp_string_free(source);
    mapcp_string_free(target);
    // A constructor cannot fail; there is nothing better to do without memory for a few hundred bytes.
    if (!self || !self->job) {
        abort();
    }
    return exports_mapcp_copy_copier_copy_job_new(self);
}

void exports_mapcp_copy_copier_copy_job_destructor(copy_job *self) {
    mapcp_job_free(self->job);
    free(self->source);
    free(self->target);
    free(self);
}

/// wit-bindgen 0.63 exports the destructor as "[dtor]copy_job", which nothing calls: the name is that of the
/// resource.
__attribute__((__export_name__("mapcp:copy/copier@0.1.0#[dtor]copy-job"))) void
mapcp_copy_job_dtor(copy_job *self);

void mapcp_copy_job_dtor(copy_job *self) {
    exports_mapcp_copy_copier_copy_job_destructor(self);
}

static void put_progress(progress *result, const struct mapcp_progress *from) {
    *result = (progress){
        .done = from->done,
        .bytes_done = from->bytes_done,
        .bytes_total = {.is_some = from->totals_known, .val = from->bytes_total},
        .files_done = from->files_done,
        .files_total = {.is_some = from->totals_known, .val = from->files_total},
    };
}

static void put_error(copy_error *result, const copy_job *self, const struct mapcp_error *from) {
    const char *reason = mapcp_reason(from);
    *result = (copy_error){.operation = (uint8_t)from->operation};
    result->code.tag = (uint8_t)from->code;
    if (from->code == MAPCP_OTHER) {
        mapcp_string_dup(&result->code.val.other, reason);
    }
    mapcp_string_dup(&result->path, from->path);
    mapcp_string_dup(&result->source, self->source);
    mapcp_string_dup(&result->target, self->target);
    mapcp_string_dup(&result->reason, reason);
    result->leftover.is_some = from->leftover != NULL;
    if (from->leftover) {
        mapcp_string_dup(&result->leftover.val, from->leftover);
    }
}

bool exports_mapcp_copy_copier_method_copy_job_step(copy_job *self, uint64_t budget, progress *result,
                                                    copy_error *error) {
    if (!mapcp_job_step(self->job, budget)) {
        put_error(error, self, mapcp_job_error(self->job));
        return false;
    }
    put_progress(result, mapcp_job_progress(self->job));
    return true;
}
