// The component as a library: the resource copy-job of the interface mapcp:copy/copier.

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "copy_job.h"
#include "filter.h"
#include "interface.h"
#include "mapcp.h"
#include "preopens.h"

// The engine's enumerations have the order of the interface's, so values need no translation.
static_assert((int)MAPCP_OPERATION_MATCH == EXPORTS_MAPCP_COPY_COPIER_OPERATION_MATCH, "operations");
static_assert((int)MAPCP_OUTCOME_COPIED == EXPORTS_MAPCP_COPY_COPIER_OUTCOME_COPIED, "outcomes");
static_assert((int)MAPCP_CODE_OTHER == EXPORTS_MAPCP_COPY_COPIER_ERROR_CODE_OTHER, "error codes");
static_assert((int)MAPCP_SYMLINKS_CONTAINED == EXPORTS_MAPCP_COPY_COPIER_SYMLINK_POLICY_CONTAINED,
              "symlinks");
static_assert((int)MAPCP_NAME_POLICY_PORTABLE == EXPORTS_MAPCP_COPY_COPIER_NAME_POLICY_PORTABLE, "names");
static_assert((int)MAPCP_OVERWRITE_ERROR == EXPORTS_MAPCP_COPY_COPIER_OVERWRITE_POLICY_ERROR, "overwrite");
static_assert((int)MAPCP_ENTRY_DIRECTORY == EXPORTS_MAPCP_COPY_COPIER_ENTRY_KIND_DIRECTORY,
              "kinds of entries");
static_assert((int)MAPCP_INPUT_CONTENT == EXPORTS_MAPCP_COPY_COPIER_INPUT_CONTENT, "kinds of input");
static_assert((int)MAPCP_ATOMICITY_TREE == EXPORTS_MAPCP_COPY_COPIER_ATOMICITY_TREE, "atomicity");
static_assert((int)MAPCP_SPARSE_NEVER == EXPORTS_MAPCP_COPY_COPIER_SPARSE_POLICY_NEVER, "sparse");

typedef exports_mapcp_copy_copier_copy_job_t copy_job;
typedef exports_mapcp_copy_copier_copy_options_t copy_options;
typedef exports_mapcp_copy_copier_copy_error_t copy_error;
typedef exports_mapcp_copy_copier_list_copy_error_t copy_errors;
typedef exports_mapcp_copy_copier_progress_t progress;
typedef exports_mapcp_copy_copier_entry_t entry;
typedef exports_mapcp_copy_copier_list_entry_t entries;

struct exports_mapcp_copy_copier_copy_job_t {
    struct mapcp_job *job;
    /// The files that this job and those before it have made, and how many of them the host has.
    struct mapcp_made made;
    size_t made_taken;
    /// Whether a string of the host has a NUL, and then the error of every step.
    bool is_refused;
    struct mapcp_copy_error refusal;
};

static const char HAS_NUL[] = "it must not contain a NUL character";

/// Takes patterns. `with_nul` becomes the first one that has a NUL, unless it is already set.
static struct mapcp_patterns take_patterns(mapcp_list_string_t *list, const char **with_nul) {
    const size_t count = list->len;
    const char *first = NULL;
    const struct mapcp_patterns patterns = {.items = mapcp_take_strings(list, &first), .count = count};
    *with_nul = *with_nul ? *with_nul : first;
    return patterns;
}

/// The error of a string that has a NUL. The caller must free it.
static struct mapcp_copy_error refuse_nul(enum mapcp_side side, const char *source, const char *target,
                                          const char *pattern) {
    struct mapcp_copy_error failure = {
        .source = strdup(source), .target = strdup(target), .about = pattern ? strdup(pattern) : NULL};
    (void)mapcp_fail_because(&failure.error, MAPCP_OPERATION_ACCEPT, side, MAPCP_CODE_INVALID_ARGUMENT,
                             HAS_NUL);
    return failure;
}

static struct mapcp_shard take_shard(const copy_options *options) {
    if (!options->shard.is_some) {
        return (struct mapcp_shard){.count = 0};
    }
    const exports_mapcp_copy_copier_shard_t *given = &options->shard.val;
    // For the engine, all zeros are the whole copy. Here a count of 0 is invalid, so it becomes an invalid
    // shard.
    return (struct mapcp_shard){.index = given->count == 0 ? 1 : given->index, .count = given->count};
}

// The host gets three numbers for each file: its identity, that of its source, and the key of its path.
#define NUMBERS_OF_MADE 3

/// Takes the files that earlier jobs have made.
static void take_made(copy_job *self, copy_options *options) {
    mapcp_list_u64_t *given = &options->made.val;
    if (!options->made.is_some) {
        return;
    }
    for (size_t index = 0; index + NUMBERS_OF_MADE <= given->len; index += NUMBERS_OF_MADE) {
        const struct mapcp_made_file file = {
            .target = given->ptr[index], .source = given->ptr[index + 1], .key = given->ptr[index + 2]};
        if (!mapcp_made_add(&self->made, file)) {
            abort();
        }
    }
    self->made_taken = self->made.count;
    mapcp_list_u64_free(given);
}

/// Copies an option that has the same name in the engine.
#define TAKE(name) .name = given->name,
#define TAKE_LIMIT(name) .name = {.is_set = given->name.is_some, .most = given->name.val},

exports_mapcp_copy_copier_own_copy_job_t
exports_mapcp_copy_copier_constructor_copy_job(mapcp_string_t *given_source, mapcp_string_t *given_target,
                                               copy_options *given) {
    copy_job *self = mapcp_or_abort(calloc(1, sizeof(*self)));
    bool source_has_nul = false;
    bool target_has_nul = false;
    const char *pattern_with_nul = NULL;
    char *source = mapcp_take_string(given_source, &source_has_nul);
    char *target = mapcp_take_string(given_target, &target_has_nul);
    struct mapcp_options options = {
        MAPCP_SAME_OPTIONS(TAKE) MAPCP_LIMITS(TAKE_LIMIT).include =
            take_patterns(&given->include, &pattern_with_nul),
        .exclude = take_patterns(&given->exclude, &pattern_with_nul),
        .shard = take_shard(given),
        .already_copied = {.bytes = given->already_copied.bytes, .files = given->already_copied.files},
        .has_size = given->size.is_some,
        .size = given->size.is_some ? given->size.val : 0,
        .made = given->made.is_some ? &self->made : NULL,
    };
    take_made(self, given);
    self->is_refused = source_has_nul || target_has_nul || pattern_with_nul;
    if (self->is_refused) {
        const bool is_target = target_has_nul && !source_has_nul;
        self->refusal = refuse_nul(is_target ? MAPCP_SIDE_TARGET : MAPCP_SIDE_SOURCE, source, target,
                                   source_has_nul || target_has_nul ? NULL : pattern_with_nul);
    }
    self->job = mapcp_or_abort(mapcp_job_new(source, target, &options));
    mapcp_patterns_free(&options.include);
    mapcp_patterns_free(&options.exclude);
    free(source);
    free(target);
    return exports_mapcp_copy_copier_copy_job_new(self);
}

void exports_mapcp_copy_copier_copy_job_destructor(copy_job *self) {
    mapcp_job_free(self->job);
    mapcp_made_free(&self->made);
    mapcp_copy_error_free(&self->refusal);
    free(self);
}

/// The destructor. wit-bindgen 0.63 exports it as "[dtor]copy_job", but hosts call it by the resource's name.
__attribute__((__export_name__("mapcp:copy/copier@0.1.0#[dtor]copy-job"))) void
mapcp_copy_job_dtor(copy_job *self);

void mapcp_copy_job_dtor(copy_job *self) {
    exports_mapcp_copy_copier_copy_job_destructor(self);
}

static void put_progress(progress *result, const struct mapcp_progress *from) {
    *result = (progress){
        .done = from->done,
        .waits = from->waits,
        .asks = {.is_some = from->asks, .val = {.file = from->asked_file, .offset = from->asked_offset}},
        .bytes_done = from->bytes_done,
        .bytes_in_place = from->bytes_in_place,
        .bytes_total = {.is_some = from->totals_known, .val = from->bytes_total},
        .files_done = from->files_done,
        .files_total = {.is_some = from->totals_known, .val = from->files_total},
        .directories = from->directories,
        .skipped = from->skipped,
    };
}

/// The reason of an error, for the host. Static, or borrowed from the error.
static const char *reason_of(const struct mapcp_copy_error *error) {
    const char *path = mapcp_copy_error_path(error);
    return error->error.code == MAPCP_CODE_NOT_FOUND && path && !mapcp_is_preopened(path)
               ? "it is in none of the directories that the host opened"
               : mapcp_copy_error_reason(error);
}

static void put_error(copy_error *result, const struct mapcp_copy_error *from) {
    const char *reason = reason_of(from);
    *result = (copy_error){
        .outcome = (uint8_t)from->outcome,
        .operation = (uint8_t)from->error.operation,
    };
    result->code.tag = (uint8_t)from->error.code;
    if (from->error.code == MAPCP_CODE_OTHER) {
        mapcp_put_string(&result->code.val.other, reason);
    }
    mapcp_put_string(&result->path, mapcp_copy_error_path(from));
    mapcp_put_string(&result->source, from->source);
    mapcp_put_string(&result->target, from->target);
    mapcp_put_string(&result->reason, reason);
    result->leftover.is_some = from->leftover != NULL;
    if (from->leftover) {
        mapcp_put_string(&result->leftover.val, from->leftover);
    }
    result->sibling.is_some = from->sibling != NULL;
    if (from->sibling) {
        mapcp_put_string(&result->sibling.val, from->sibling);
    }
    if (from->listed) {
        const size_t length = strlen(from->listed);
        result->listed = (mapcp_list_u8_t){.ptr = mapcp_new_items(length, 1), .len = length};
        memcpy(result->listed.ptr, from->listed, length);
    }
}

bool exports_mapcp_copy_copier_method_copy_job_step(copy_job *self, uint64_t budget, progress *result,
                                                    copy_error *error) {
    if (self->is_refused || !mapcp_job_step(self->job, budget)) {
        put_error(error, self->is_refused ? &self->refusal : mapcp_job_error(self->job));
        return false;
    }
    put_progress(result, mapcp_job_progress(self->job));
    return true;
}

bool exports_mapcp_copy_copier_method_copy_job_stop(copy_job *self) {
    return mapcp_job_stop(self->job);
}

void exports_mapcp_copy_copier_method_copy_job_add_input(copy_job *self, mapcp_list_u8_t *bytes) {
    const bool good = mapcp_job_add_input(self->job, bytes->ptr, bytes->len);
    mapcp_list_u8_free(bytes);
    if (!good) {
        abort();
    }
}

void exports_mapcp_copy_copier_method_copy_job_end_input(copy_job *self) {
    mapcp_job_end_input(self->job);
}

void exports_mapcp_copy_copier_method_copy_job_add_ranges(copy_job *self, mapcp_list_u64_t *ranges) {
    mapcp_job_add_ranges(self->job, ranges->ptr, ranges->len / 2);
    mapcp_list_u64_free(ranges);
}

void exports_mapcp_copy_copier_method_copy_job_progress(copy_job *self, progress *result) {
    put_progress(result, mapcp_job_progress(self->job));
}

void exports_mapcp_copy_copier_method_copy_job_current_path(copy_job *self, mapcp_string_t *result) {
    mapcp_put_string(result, mapcp_job_current_path(self->job));
}

static void put_errors(copy_errors *result, const struct mapcp_copy_errors *from) {
    *result = (copy_errors){.ptr = mapcp_new_items(from->count, sizeof(copy_error)), .len = from->count};
    for (size_t index = 0; index < from->count; index++) {
        put_error(&result->ptr[index], &from->items[index]);
    }
}

void exports_mapcp_copy_copier_method_copy_job_take_errors(copy_job *self, copy_errors *result) {
    struct mapcp_copy_errors errors = mapcp_job_take_errors(self->job);
    put_errors(result, &errors);
    mapcp_copy_errors_free(&errors);
}

static void put_entry(entry *result, const struct mapcp_entry *from) {
    *result = (entry){.kind = (uint8_t)from->kind, .skipped = from->skipped, .bytes = from->bytes};
    mapcp_put_string(&result->source, from->source);
    mapcp_put_string(&result->target, from->target);
}

void exports_mapcp_copy_copier_method_copy_job_take_entries(copy_job *self, entries *result) {
    struct mapcp_entries from = mapcp_job_take_entries(self->job);
    *result = (entries){.ptr = mapcp_new_items(from.count, sizeof(entry)), .len = from.count};
    for (size_t index = 0; index < from.count; index++) {
        put_entry(&result->ptr[index], &from.items[index]);
    }
    mapcp_entries_free(&from);
}

void exports_mapcp_copy_copier_method_copy_job_take_made(copy_job *self, mapcp_list_u64_t *result) {
    const size_t count = NUMBERS_OF_MADE * (self->made.count - self->made_taken);
    *result = (mapcp_list_u64_t){.ptr = mapcp_new_items(count, sizeof(uint64_t)), .len = count};
    for (size_t index = 0; index < count; index += NUMBERS_OF_MADE) {
        const struct mapcp_made_file *file = &self->made.files[self->made_taken++];
        result->ptr[index] = file->target;
        result->ptr[index + 1] = file->source;
        result->ptr[index + 2] = file->key;
    }
}

bool exports_mapcp_copy_copier_pattern_fault(mapcp_string_t *given, mapcp_string_t *result) {
    bool has_nul = false;
    char *pattern = mapcp_take_string(given, &has_nul);
    const char *const fault =
        has_nul ? "A pattern must not contain a NUL character." : mapcp_glob_fault(pattern);
    free(pattern);
    if (fault) {
        mapcp_put_string(result, fault);
    }
    return fault != NULL;
}

/// Copies names into strings for the host.
static void put_names(mapcp_list_string_t *result, const struct mapcp_names *from) {
    const size_t count = mapcp_names_count(from);
    *result = (mapcp_list_string_t){.ptr = mapcp_new_items(count, sizeof(mapcp_string_t)), .len = count};
    const char *name = NULL;
    for (size_t index = 0; index < count; index++) {
        name = mapcp_names_next(from, name);
        mapcp_put_string(&result->ptr[index], name);
    }
}

bool exports_mapcp_copy_copier_clean(mapcp_string_t *given, bool dry_run,
                                     exports_mapcp_copy_copier_clean_report_t *result, copy_error *error) {
    struct mapcp_cleaned cleaned;
    struct mapcp_copy_error cause;
    bool has_nul = false;
    char *directory = mapcp_take_string(given, &has_nul);
    if (has_nul) {
        cleaned = (struct mapcp_cleaned){.errors = {.count = 0}};
        cause = refuse_nul(MAPCP_SIDE_SOURCE, directory, directory, NULL);
    }
    const bool good = !has_nul && mapcp_clean(directory, dry_run, &cleaned, &cause);
    if (good) {
        put_names(&result->files, &cleaned.files);
        put_names(&result->restored, &cleaned.restored);
        put_errors(&result->errors, &cleaned.errors);
    } else {
        put_error(error, &cause);
        mapcp_copy_error_free(&cause);
    }
    mapcp_cleaned_free(&cleaned);
    free(directory);
    return good;
}
