#include "page_table.h"

#include <stdint.h>

#ifdef __wasm64__
#error "the table below is for addresses of 32 bits"
#endif

// One entry for each possible page, so a look-up is one load. It takes 256 KiB of zeros, which are not in the
// module's file, and which a host provides only when they are used.
static struct mapping *table[PAGES];

size_t page_of(const void *address) {
    return (uintptr_t)address / PAGE;
}

struct mapping *page_mapping(size_t page) {
    return table[page];
}

void page_assign(size_t page, struct mapping *mapping) {
    table[page] = mapping;
}
