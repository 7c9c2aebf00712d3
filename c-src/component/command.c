// The component as a command: `mapcp SOURCE TARGET`, exported as wasi:cli/run. What it does is in cli/.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "clean_all.h"
#include "flags.h"
#include "help.h"
#include "mapcp.h"
#include "run.h"

/// The program's arguments as main would get them, or NULL with errno set. One block, to be freed by the
/// caller.
static char **read_arguments(int *count) {
    __wasi_size_t arguments = 0;
    __wasi_size_t bytes = 0;
    __wasi_errno_t failure = __wasi_args_sizes_get(&arguments, &bytes);
    char **vector = failure ? NULL : malloc((arguments + 1) * sizeof(*vector) + bytes);
    if (vector) {
        failure = __wasi_args_get((uint8_t **)vector, (uint8_t *)(vector + arguments + 1));
        vector[arguments] = NULL;
    }
    if (failure) {
        free(vector);
        errno = failure;
        return NULL;
    }
    *count = (int)arguments;
    return vector;
}

static bool act(const struct mapcp_flags *flags) {
    switch (flags->action) {
    case MAPCP_PRINT_HELP:
        return fputs(mapcp_usage, stdout) >= 0 && fputs(mapcp_help, stdout) >= 0;
    case MAPCP_PRINT_VERSION:
        return fputs(mapcp_version, stdout) >= 0;
    case MAPCP_CLEAN:
        return mapcp_clean_all(flags);
    default:
        return mapcp_copy_all(flags);
    }
}

bool exports_wasi_cli_run_run(void) {
    // One write for a line, and not one for each piece of it.
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    int count = 0;
    char **arguments = read_arguments(&count);
    if (!arguments) {
        fputs("mapcp: cannot read the arguments: out of memory\n", stderr);
        return false;
    }
    struct mapcp_flags flags;
    bool good = mapcp_flags_read(&flags, count, arguments) && act(&flags);
    mapcp_flags_free(&flags);
    free(arguments);
    // What was printed may not have arrived.
    return fflush(NULL) == 0 && !ferror(stdout) && good;
}
