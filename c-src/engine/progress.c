#include "progress.h"

void mapcp_count(uint64_t *count, uint64_t amount) {
    *count = amount > UINT64_MAX - *count ? UINT64_MAX : *count + amount;
}

void mapcp_uncount(uint64_t *count, uint64_t amount) {
    *count -= *count < amount ? *count : amount;
}

void mapcp_progress_raise_totals(struct mapcp_progress *progress) {
    if (progress->bytes_total < progress->bytes_done) {
        progress->bytes_total = progress->bytes_done;
    }
    if (progress->files_total < progress->files_done) {
        progress->files_total = progress->files_done;
    }
}

void mapcp_progress_end(struct mapcp_progress *progress) {
    progress->done = true;
    progress->totals_known = true;
    progress->bytes_total = progress->bytes_done;
    progress->files_total = progress->files_done;
}
