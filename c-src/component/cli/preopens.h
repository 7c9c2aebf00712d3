#ifndef MAPCP_PREOPENS_H
#define MAPCP_PREOPENS_H

// The directories that the host opened.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether a path is in a directory that the host opened. Nothing needs to exist there. The empty path counts
/// as such, because no directory helps it.
#ifdef __wasi__
bool mapcp_is_preopened(const char *path);

/// The name of the directory that the host opened with this number, from 0. The caller must free it. NULL if
/// there is no such directory, or memory runs out.
char *mapcp_preopen_name(uint32_t index);
#else
static inline bool mapcp_is_preopened(const char *path) {
    return path;
}

static inline char *mapcp_preopen_name(uint32_t index) {
    (void)index;
    return NULL;
}
#endif

#endif
