#include "bar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

/// Columns of the bar itself.
#define WIDTH 12

/// Milliseconds between two lines where there is no terminal.
#define LINE_INTERVAL 2000

/// What a terminal does at once: go to the line's beginning; not wrap it, or wrap again; erase its rest.
#define TO_BEGINNING "\r"
#define WITHOUT_WRAPPING "\x1b[?7l"
#define WITH_WRAPPING "\x1b[?7h"
#define ERASE_REST "\x1b[K"

uint64_t mapcp_milliseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool mapcp_can_draw(void) {
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
}

/// Writes a number of bytes for people, such as "1.5 MiB".
static void put_bytes(uint64_t bytes) {
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    size_t unit = 0;
    while (unit < sizeof(units) / sizeof(*units) - 1 && bytes >> 10 * (unit + 1) > 0) {
        unit++;
    }
    if (unit == 0) {
        mapcp_put_number(stderr, bytes);
    } else {
        const uint64_t tenths = ((bytes >> 10 * (unit - 1)) * 10 + 512) / 1024;
        mapcp_put_number(stderr, tenths / 10);
        fputc('.', stderr);
        mapcp_put_number(stderr, tenths % 10);
    }
    fputs(units[unit], stderr);
}

/// Writes a time for people, such as "59 s".
static void put_seconds(uint64_t seconds) {
    const bool is_short = seconds < 100;
    const bool is_long = seconds >= 6000;
    mapcp_put_number(stderr, is_short ? seconds : seconds / (is_long ? 3600 : 60));
    fputs(is_short ? " s" : is_long ? " h" : " min", stderr);
}

static void put_amounts(const struct mapcp_bar *bar, uint64_t done, uint64_t total) {
    put_bytes(done);
    fputs(" of ", stderr);
    put_bytes(total);
    const uint64_t elapsed = bar->shown - bar->started;
    const double rate = (double)done / (double)(elapsed > 0 ? elapsed : 1);
    fputs(", ", stderr);
    put_bytes((uint64_t)(rate * 1000));
    fputs("/s", stderr);
    if (rate > 0) {
        fputs(", ", stderr);
        put_seconds((uint64_t)((double)(total - done) / rate / 1000) + (total > done));
        fputs(" left", stderr);
    }
}

static void put_line(const struct mapcp_bar *bar, const struct mapcp_progress *progress, const char *path) {
    const uint64_t total = progress->totals_known ? progress->bytes_total : 0;
    const uint64_t done = progress->bytes_done;
    // In floating point, as a product of bytes may be too large.
    const int full = total > 0 ? (int)(WIDTH * ((double)done / (double)total)) : 0;
    for (int column = 0; column < WIDTH; column++) {
        fputs(column < full ? "█" : "░", stderr);
    }
    fputc(' ', stderr);
    if (progress->totals_known) {
        put_amounts(bar, done, total);
    } else {
        fputs("counting", stderr);
    }
    fputc(' ', stderr);
    mapcp_put_escaped(stderr, path);
}

void mapcp_bar_show(struct mapcp_bar *bar, const struct mapcp_progress *progress, const char *path) {
    const uint64_t now = mapcp_milliseconds();
    const bool is_terminal = mapcp_can_draw();
    if (!is_terminal && bar->shown > 0 && now - bar->shown < LINE_INTERVAL) {
        return;
    }
    bar->shown = now;
    fputs(is_terminal ? TO_BEGINNING WITHOUT_WRAPPING : "", stderr);
    put_line(bar, progress, path);
    fputs(is_terminal ? ERASE_REST WITH_WRAPPING : "\n", stderr);
    fflush(stderr);
}

void mapcp_bar_remove(struct mapcp_bar *bar) {
    if (bar->shown > 0 && mapcp_can_draw()) {
        fputs(TO_BEGINNING ERASE_REST, stderr);
        fflush(stderr);
        bar->shown = 0;
    }
}
