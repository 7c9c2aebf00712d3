#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// The number of bytes that a job gets at a time.
#define PIECE 65536

/// Fails with the errno value of an operation on the feed.
static bool fail(const struct mapcp_feed *feed, enum mapcp_operation operation, int number,
                 struct mapcp_copy_error *error) {
    *error = (struct mapcp_copy_error){.source = strdup(feed->path)};
    return mapcp_fail_number(&error->error, operation, MAPCP_SIDE_SOURCE, number);
}

bool mapcp_feed_open(struct mapcp_feed *feed, const char *path, struct mapcp_copy_error *error) {
    *feed = (struct mapcp_feed){.path = path, .descriptor = -1};
    if (path) {
        feed->descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    }
    return !path || feed->descriptor >= 0 || fail(feed, MAPCP_OPERATION_OPEN, errno, error);
}

bool mapcp_feed_job(const struct mapcp_feed *feed, struct mapcp_job *job, struct mapcp_copy_error *error) {
    static char piece[PIECE];
    ssize_t count = 0;
    do {
        count = read(feed->descriptor, piece, sizeof(piece));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return fail(feed, MAPCP_OPERATION_READ, errno, error);
    }
    if (count == 0) {
        mapcp_job_end_input(job);
    }
    return mapcp_job_add_input(job, piece, (size_t)count) || fail(feed, MAPCP_OPERATION_READ, ENOMEM, error);
}

void mapcp_feed_close(struct mapcp_feed *feed) {
    if (feed->descriptor > STDIN_FILENO) {
        // It was only read, so closing it loses nothing.
        (void)close(feed->descriptor);
    }
    feed->descriptor = -1;
}
