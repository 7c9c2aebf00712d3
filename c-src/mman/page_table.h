#ifndef SHARED_MMAN_PAGE_TABLE_H
#define SHARED_MMAN_PAGE_TABLE_H

#include <stddef.h>

struct mapping;

/// The page size, as PAGESIZE and sysconf tell it under WASI.
#define PAGE ((size_t)65536)
/// How many pages an address space of 32 bits has.
#define PAGES ((size_t)65536)

/// The number of the page that an address is in.
size_t page_of(const void *address);

/// The mapping that a page belongs to, or NULL.
struct mapping *page_mapping(size_t page);

/// Says that a page belongs to a mapping, or, with NULL, to none.
void page_assign(size_t page, struct mapping *mapping);

#endif
