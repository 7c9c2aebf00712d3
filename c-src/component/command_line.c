// The command line's grammar, exported as the interface mapcp:copy/command-line.

#include <stdlib.h>

#include "grammar.h"
#include "interface.h"

typedef exports_mapcp_copy_command_line_invocation_t invocation;
typedef exports_mapcp_copy_command_line_copy_request_t copy_request;
typedef exports_mapcp_copy_command_line_clean_request_t clean_request;
typedef exports_mapcp_copy_command_line_copy_options_t copy_options;
typedef exports_mapcp_copy_command_line_output_options_t output_options;
typedef exports_mapcp_copy_command_line_message_t message;
typedef exports_mapcp_copy_command_line_option_description_t description;
typedef exports_mapcp_copy_command_line_list_option_description_t descriptions;

static void put_message(message *result, const char *text, int status) {
    result->status = (uint8_t)status;
    mapcp_put_string(&result->text, text ? text : "mapcp: out of memory\n");
}

static void put_strings(mapcp_list_string_t *result, const char *const *from, size_t count) {
    *result = (mapcp_list_string_t){.ptr = mapcp_new_items(count, sizeof(mapcp_string_t)), .len = count};
    for (size_t index = 0; index < count; index++) {
        mapcp_put_string(&result->ptr[index], from[index]);
    }
}

static void put_output(output_options *result, const struct mapcp_invocation *from) {
    *result = (output_options){.json = from->json, .quiet = from->quiet, .verbose = from->verbose};
    result->progress.is_some = from->progress != MAPCP_PROGRESS_BY_DEFAULT;
    result->progress.val = from->progress == MAPCP_PROGRESS_ALWAYS;
}

/// Copies an option that has the same name in the engine.
#define PUT(name) .name = from->name,
#define PUT_LIMIT(name) .name = {.is_some = from->name.is_set, .val = from->name.most},

static void put_options(copy_options *result, const struct mapcp_options *from) {
    *result = (copy_options){MAPCP_SAME_OPTIONS(PUT) MAPCP_LIMITS(PUT_LIMIT)};
    put_strings(&result->include, from->include.items, from->include.count);
    put_strings(&result->exclude, from->exclude.items, from->exclude.count);
    result->shard.is_some = from->shard.count > 0;
    result->shard.val.index = from->shard.index;
    result->shard.val.count = from->shard.count;
}

static void put_copy(copy_request *result, const struct mapcp_invocation *from) {
    *result = (copy_request){
        .target_is_path = from->target_is_path,
        .makes_target = from->makes_target,
        .unless_directory.is_some = from->unless_directory != NULL,
        .concurrency = from->concurrency,
        .files_from.is_some = from->files_from != NULL,
    };
    put_strings(&result->sources, from->names, from->name_count);
    mapcp_put_string(&result->target, from->target);
    if (from->files_from) {
        mapcp_put_string(&result->files_from.val, from->files_from);
    }
    if (from->unless_directory) {
        put_message(&result->unless_directory.val, from->unless_directory, MAPCP_STATUS_USAGE);
    }
    put_options(&result->options, &from->options);
    put_output(&result->output, from);
}

static void put_clean(clean_request *result, const struct mapcp_invocation *from) {
    *result = (clean_request){.dry_run = from->options.dry_run};
    put_strings(&result->directories, from->names, from->name_count);
    put_output(&result->output, from);
}

void exports_mapcp_copy_command_line_parse(mapcp_list_string_t *given, invocation *result) {
    const size_t count = given->len;
    const char *with_nul = NULL;
    const char **arguments = mapcp_take_strings(given, &with_nul);
    // No arguments are wrong usage as well, so only the message must differ.
    struct mapcp_invocation from = mapcp_parse(arguments, with_nul ? 0 : count, false);
    switch (from.action) {
    case MAPCP_ACTION_COPY:
        result->tag = EXPORTS_MAPCP_COPY_COMMAND_LINE_INVOCATION_COPY;
        put_copy(&result->val.copy, &from);
        break;
    case MAPCP_ACTION_CLEAN:
        result->tag = EXPORTS_MAPCP_COPY_COMMAND_LINE_INVOCATION_CLEAN;
        put_clean(&result->val.clean, &from);
        break;
    case MAPCP_ACTION_PRINT:
        result->tag = EXPORTS_MAPCP_COPY_COMMAND_LINE_INVOCATION_PRINT;
        put_message(&result->val.print,
                    with_nul ? "mapcp: an argument must not contain a NUL character\n" : from.text,
                    from.status);
        break;
    case MAPCP_ACTION_COMPLETE:
        result->tag = EXPORTS_MAPCP_COPY_COMMAND_LINE_INVOCATION_COMPLETE;
        mapcp_put_string(&result->val.complete, from.shell);
        break;
    }
    mapcp_invocation_free(&from);
    for (size_t index = 0; index < count; index++) {
        free((char *)arguments[index]);
    }
    free(arguments);
}

static void put_optional(mapcp_option_string_t *result, const char *from) {
    result->is_some = from != NULL;
    if (from) {
        mapcp_put_string(&result->val, from);
    }
}

static size_t count_of(const char *const *strings) {
    size_t count = 0;
    while (strings && strings[count]) {
        count++;
    }
    return count;
}

static void put_description(description *result, const struct mapcp_option_description *from) {
    mapcp_put_string(&result->name, from->name);
    mapcp_put_string(&result->letters, from->letters);
    mapcp_put_string(&result->section, from->section);
    put_optional(&result->help, from->help);
    put_optional(&result->value, from->value);
    put_strings(&result->choices, from->choices, count_of(from->choices));
    put_optional(&result->default_, from->initial);
    put_optional(&result->needs, from->needs);
}

void exports_mapcp_copy_command_line_options(descriptions *result) {
    struct mapcp_option_description option;
    size_t count = 0;
    while (mapcp_describe_option(count, &option)) {
        count++;
    }
    *result = (descriptions){.ptr = mapcp_new_items(count, sizeof(description)), .len = count};
    for (size_t number = 0; mapcp_describe_option(number, &option); number++) {
        put_description(&result->ptr[number], &option);
    }
}
