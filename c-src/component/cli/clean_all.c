#include "clean_all.h"

#include <stdint.h>
#include <stdio.h>

#include "clean.h"
#include "json.h"
#include "problems.h"
#include "text.h"

static void put_removed(const char *directory, uint64_t removed, bool json) {
    if (json) {
        mapcp_json_begin("clean");
        mapcp_json_string("directory", directory);
        mapcp_json_number("removed", removed);
        mapcp_json_end();
        return;
    }
    mapcp_put_quoted(stdout, directory);
    fputs(": ", stdout);
    mapcp_put_number(stdout, removed);
    fputs(removed == 1 ? " temporary file removed\n" : " temporary files removed\n", stdout);
}

bool mapcp_clean_all(const struct mapcp_flags *flags) {
    bool good = true;
    for (int index = 0; index < flags->name_count; index++) {
        const char *directory = flags->names[index];
        uint64_t removed = 0;
        struct mapcp_problem problem;
        if (!mapcp_clean(directory, &removed, &problem)) {
            mapcp_print_clean_problem(&problem, flags->json);
            mapcp_problem_free(&problem);
            good = false;
        } else if (!flags->quiet) {
            put_removed(directory, removed, flags->json);
        }
    }
    return good;
}
