#ifndef SHARED_MMAN_PAGE_TABLE_H
#define SHARED_MMAN_PAGE_TABLE_H

#include <stddef.h>

struct mapping;

/// WASI's page size, equal to PAGESIZE and sysconf's result.
#define PAGE ((size_t)65536)
/// The number of pages in a 32-bit address space.
#define PAGES ((size_t)65536)

/// The number of the page that contains an address.
size_t page_of(const void *address);

/// The mapping of a page, or NULL.
struct mapping *page_mapping(size_t page);

/// Sets the mapping of a page, or NULL to unmap it.
void page_assign(size_t page, struct mapping *mapping);

#endif
