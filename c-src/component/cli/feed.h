#ifndef MAPCP_FEED_H
#define MAPCP_FEED_H

#include <stdbool.h>

#include "copy_job.h"
#include "report.h"

/// A file, or standard input, whose bytes are the input of a job.
struct mapcp_feed {
    /// Borrowed. NULL if there is none.
    const char *path;
    /// The open descriptor, or -1.
    int descriptor;
};

/// Opens a file, or standard input if the path is "-". With NULL there is no feed. On failure returns false
/// and sets `error`, which the caller must free. The feed must be closed in any case.
bool mapcp_feed_open(struct mapcp_feed *feed, const char *path, struct mapcp_copy_error *error);

/// Passes some bytes to a job that waits for input, or ends the input. On failure returns false and sets
/// `error`, which the caller must free.
bool mapcp_feed_job(const struct mapcp_feed *feed, struct mapcp_job *job, struct mapcp_copy_error *error);

/// Closes the feed.
void mapcp_feed_close(struct mapcp_feed *feed);

#endif
