#include "print.h"

void mapcp_print_quoted(FILE *stream, const char *path) {
    fputc('\'', stream);
    for (const unsigned char *byte = (const unsigned char *)path; *byte; byte++) {
        if (*byte == '\n') {
            fputs("\\n", stream);
        } else if (*byte < 0x20 || *byte == 0x7f) {
            const char escape[] = {'\\', 'x', "01234567"[*byte >> 4], "0123456789abcdef"[*byte & 0xf], '\0'};
            fputs(escape, stream);
        } else {
            fputc(*byte, stream);
        }
    }
    fputc('\'', stream);
}

void mapcp_print_number(FILE *stream, uint64_t number) {
    char digits[21];
    char *first = digits + sizeof(digits) - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    fputs(first, stream);
}

static void print_cause(const struct mapcp_problem *problem) {
    fputs("cannot ", stderr);
    fputs(mapcp_verb(problem->error.operation), stderr);
    fputc(' ', stderr);
    mapcp_print_quoted(stderr, mapcp_problem_path(problem) ? mapcp_problem_path(problem) : "");
    fputs(": ", stderr);
    fputs(mapcp_reason(&problem->error), stderr);
}

void mapcp_print_clean_problem(const struct mapcp_problem *problem) {
    fputs("mapcp: ", stderr);
    print_cause(problem);
    fputc('\n', stderr);
}

void mapcp_print_problem(const struct mapcp_problem *problem, bool is_warning) {
    fputs(is_warning ? "mapcp: warning: cannot copy " : "mapcp: cannot copy ", stderr);
    mapcp_print_quoted(stderr, problem->source ? problem->source : "");
    fputs(" to ", stderr);
    mapcp_print_quoted(stderr, problem->target ? problem->target : "");
    fputs(": ", stderr);
    print_cause(problem);
    if (problem->leftover) {
        fputs("; remove the temporary file ", stderr);
        mapcp_print_quoted(stderr, problem->leftover);
    }
    fputc('\n', stderr);
}
