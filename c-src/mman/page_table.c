#include "page_table.h"

#include <stdint.h>

#ifdef __wasm64__
#error "the table below supports only 32-bit addresses"
#endif

// One entry for each possible page, so a lookup is one load. The table takes 256 KiB, but its zeros are not
// stored in the module, and a host can allocate them on first use.
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
