#ifndef MAPCP_BAR_H
#define MAPCP_BAR_H

#include <stdbool.h>
#include <stdint.h>

#include "copy_job.h"

/// A line on standard error that says how far copies have come. All zeros but `started` at first.
struct mapcp_bar {
    /// Since when bytes have been copied, by mapcp_milliseconds.
    uint64_t started;
    /// When it was last shown; 0 where it is not.
    uint64_t shown;
};

/// Milliseconds since some moment.
uint64_t mapcp_milliseconds(void);

/// Whether standard error is a terminal that can be drawn on, and not only be written to line by line.
bool mapcp_can_draw(void);

/// Shows the bar, on a terminal in place of what was shown before, and elsewhere now and then as a line.
void mapcp_bar_show(struct mapcp_bar *bar, const struct mapcp_progress *progress, const char *path);

/// Takes the bar away.
void mapcp_bar_remove(struct mapcp_bar *bar);

#endif
