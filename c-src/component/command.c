// The component as a command: `mapcp SOURCE TARGET`, exported as wasi:cli/run. What it does is in cli/.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "grammar.h"
#include "mapcp.h"
#include "run.h"

static const char out_of_memory[] = "mapcp: cannot read the arguments: out of memory\n";

/// The program's arguments as main would get them, in one block that the caller must free. NULL with errno
/// set on failure.
static char **read_arguments(int *count) {
    __wasi_size_t arguments = 0;
    __wasi_size_t bytes = 0;
    __wasi_errno_t number = __wasi_args_sizes_get(&arguments, &bytes);
    char **vector = number ? NULL : malloc((arguments + 1) * sizeof(*vector) + bytes);
    if (vector) {
        number = __wasi_args_get((uint8_t **)vector, (uint8_t *)(vector + arguments + 1));
        vector[arguments] = NULL;
    }
    if (number) {
        free(vector);
        errno = number;
        return NULL;
    }
    *count = (int)arguments;
    return vector;
}

static bool act(const struct mapcp_invocation *invocation) {
    switch (invocation->action) {
    case MAPCP_ACTION_CLEAN:
        return mapcp_clean_all(invocation);
    case MAPCP_ACTION_COPY:
        return mapcp_copy_all(invocation);
    default:
        fputs(invocation->text ? invocation->text : out_of_memory, invocation->status == 0 ? stdout : stderr);
        return invocation->status == 0;
    }
}

/// Whether everything was printed. If not, says so on standard error.
static bool has_printed(bool is_copy) {
    const bool good = fflush(stdout) == 0 && !ferror(stdout);
    if (!good) {
        // The first error is unknown by now.
        fputs("mapcp: cannot print: standard output does not take it", stderr);
        fputs(is_copy ? "; what was finished stays\n" : "\n", stderr);
    }
    return fflush(stderr) == 0 && good;
}

bool exports_wasi_cli_run_run(void) {
    // Write whole lines.
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    int count = 0;
    char **arguments = read_arguments(&count);
    if (!arguments) {
        fputs(out_of_memory, stderr);
        return false;
    }
    // The first argument is the program's name.
    const size_t skipped = count > 0;
    struct mapcp_invocation invocation =
        mapcp_parse((const char *const *)arguments + skipped, (size_t)count - skipped, true);
    const bool good = act(&invocation);
    const bool is_copy = invocation.action == MAPCP_ACTION_COPY;
    mapcp_invocation_free(&invocation);
    free(arguments);
    return has_printed(is_copy) && good;
}
