#include "problems.h"

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "posix.h"
#include "text.h"

/// A path of a problem; there is none where there was no memory for it.
static const char *known(const char *path) {
    return path ? path : "";
}

/// Writes a problem of cleaning as a sentence without its end, and of a copy as the end of one.
static void put_cause(FILE *stream, const struct mapcp_problem *problem) {
    fputs("cannot ", stream);
    fputs(mapcp_verb(problem->error.operation), stream);
    fputc(' ', stream);
    mapcp_put_quoted(stream, known(mapcp_problem_path(problem)));
    fputs(": ", stream);
    fputs(mapcp_reason(&problem->error), stream);
}

/// Writes a problem of a copy as a sentence without its end.
static void put_sentence(FILE *stream, const struct mapcp_problem *problem) {
    bool is_copied = problem->outcome == MAPCP_COPIED;
    fputs(is_copied ? "copied " : "cannot copy ", stream);
    mapcp_put_quoted(stream, known(problem->source));
    fputs(" to ", stream);
    mapcp_put_quoted(stream, known(problem->target));
    fputs(is_copied ? ", but " : ": ", stream);
    put_cause(stream, problem);
    if (problem->leftover) {
        fputs("; remove the temporary file ", stream);
        mapcp_put_quoted(stream, problem->leftover);
    }
}

/// Writes the property `message`; without memory, nothing.
static void put_message(const struct mapcp_problem *problem,
                        void (*put)(FILE *, const struct mapcp_problem *)) {
    char *message = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&message, &length);
    if (!stream) {
        return;
    }
    put(stream, problem);
    if (fclose(stream) == 0) {
        mapcp_json_string("message", message);
    }
    free(message);
}

static void begin_json(const char *type, const struct mapcp_problem *problem) {
    mapcp_json_begin(type);
    mapcp_json_string("code", mapcp_code_name(problem->error.code));
    mapcp_json_string("operation", mapcp_operation_name(problem->error.operation));
    mapcp_json_string("path", known(mapcp_problem_path(problem)));
}

void mapcp_print_problem(const struct mapcp_problem *problem, bool is_warning, bool json) {
    if (!json) {
        fputs(is_warning ? "mapcp: warning: " : "mapcp: ", stderr);
        put_sentence(stderr, problem);
        fputc('\n', stderr);
        return;
    }
    begin_json(is_warning ? "warning" : "error", problem);
    mapcp_json_string("source", known(problem->source));
    mapcp_json_string("target", known(problem->target));
    mapcp_json_string("reason", mapcp_reason(&problem->error));
    if (problem->leftover) {
        mapcp_json_string("leftover", problem->leftover);
    }
    put_message(problem, put_sentence);
    mapcp_json_end();
}

void mapcp_print_clean_problem(const struct mapcp_problem *problem, bool json) {
    if (!json) {
        fputs("mapcp: ", stderr);
        put_cause(stderr, problem);
        fputc('\n', stderr);
        return;
    }
    begin_json("error", problem);
    mapcp_json_string("reason", mapcp_reason(&problem->error));
    put_message(problem, put_cause);
    mapcp_json_end();
}
