#ifndef MAPCP_PREOPENS_H
#define MAPCP_PREOPENS_H

// The directories that the host opened.

#include <stdbool.h>

/// Whether a path is in a directory that the host opened. Nothing needs to exist there. The empty path counts
/// as such, because no directory helps it.
#ifdef __wasi__
bool mapcp_is_preopened(const char *path);
#else
static inline bool mapcp_is_preopened(const char *path) {
    return path;
}
#endif

#endif
