#include "clean_all.h"

#include <stdio.h>

#include "clean.h"
#include "json.h"
#include "problems.h"
#include "text.h"

static void put_file(const char *path, const struct mapcp_flags *flags) {
    if (flags->json) {
        mapcp_json_begin("temporary");
        mapcp_json_string("path", path);
        mapcp_json_end();
        return;
    }
    fputs(flags->options.dry_run ? "would remove " : "removed ", stdout);
    mapcp_put_quoted(stdout, path);
    fputs("\n", stdout);
}

static void put_count(const char *directory, size_t count, const struct mapcp_flags *flags) {
    if (flags->json) {
        mapcp_json_begin("clean");
        mapcp_json_string("directory", directory);
        mapcp_json_number("removed", count);
        mapcp_json_end();
        return;
    }
    mapcp_put_quoted(stdout, directory);
    fputs(": ", stdout);
    mapcp_put_number(stdout, count);
    fputs(count == 1 ? " temporary file " : " temporary files ", stdout);
    fputs(flags->options.dry_run ? "to remove\n" : "removed\n", stdout);
}

static void put_removed(const char *directory, const struct mapcp_names *files,
                        const struct mapcp_flags *flags) {
    if (flags->quiet) {
        return;
    }
    const bool lists = flags->verbose || flags->options.dry_run;
    const char *path = NULL;
    while (lists && (path = mapcp_names_next(files, path))) {
        put_file(path, flags);
    }
    put_count(directory, mapcp_names_count(files), flags);
}

/// Cleans a directory, and prints what there is to say. False if something failed.
static bool clean(const char *directory, const struct mapcp_flags *flags) {
    struct mapcp_names files;
    struct mapcp_problems failures;
    struct mapcp_problem problem;
    const bool has_begun = mapcp_clean(directory, flags->options.dry_run, &files, &failures, &problem);
    const bool good = has_begun && failures.count == 0;
    for (size_t index = 0; index < failures.count; index++) {
        mapcp_print_clean_problem(&failures.items[index], flags->json);
    }
    if (has_begun) {
        put_removed(directory, &files, flags);
    } else {
        mapcp_print_clean_problem(&problem, flags->json);
        mapcp_problem_free(&problem);
    }
    mapcp_names_free(&files);
    mapcp_problems_free(&failures);
    return good;
}

bool mapcp_clean_all(const struct mapcp_flags *flags) {
    bool good = true;
    for (int index = 0; index < flags->name_count; index++) {
        good = clean(flags->names[index], flags) && good;
    }
    return good;
}
