// Fuzzes the component's command line. The input is the arguments, each with its NUL. The output is
// discarded.
//
// Each input runs twice, as one instance can, and both runs must have the same result.

#include <sys/stat.h>
#include <wasi/api.h>

#include "fuzz.h"
#include "mapcp.h"
#include "workplace.h"

#define MOST_ARGUMENTS 12

static char arguments[MOST_ARGUMENTS][48];
static size_t argument_count;

__wasi_errno_t __wasi_args_sizes_get(__wasi_size_t *count, __wasi_size_t *bytes) {
    *count = argument_count;
    *bytes = 0;
    for (size_t index = 0; index < argument_count; index++) {
        *bytes += strlen(arguments[index]) + 1;
    }
    return 0;
}

__wasi_errno_t __wasi_args_get(uint8_t **vector, uint8_t *bytes) {
    for (size_t index = 0; index < argument_count; index++) {
        size_t size = strlen(arguments[index]) + 1;
        memcpy(bytes, arguments[index], size);
        vector[index] = bytes;
        bytes += size;
    }
    return 0;
}

/// Whether a path could lead out of the workplace. A native run has no other protection.
static int leads_out(const char *argument) {
    return argument[0] == '/' || strstr(argument, "..") != NULL;
}

static void make_file(const char *path) {
    FILE *file = fopen(path, "w");
    FUZZ_CHECK(file != NULL && fputs(path, file) >= 0 && fclose(file) == 0);
}

static bool run_anew(void) {
    workplace_renew();
    FUZZ_CHECK(mkdir("d", 0777) == 0 && mkdir("d/e", 0777) == 0);
    make_file("f");
    make_file("d/g");
    return exports_wasi_cli_run_run();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    argument_count = 0;
    strcpy(arguments[argument_count++], "mapcp");
    while (input.left > 0 && argument_count < MOST_ARGUMENTS) {
        fuzz_take_string(&input, arguments[argument_count], sizeof(arguments[0]));
        if (leads_out(arguments[argument_count++])) {
            return 0;
        }
    }
    bool good = run_anew();
    FUZZ_CHECK(run_anew() == good);
    return 0;
}
