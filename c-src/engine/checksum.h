#ifndef MAPCP_CHECKSUM_H
#define MAPCP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Adds bytes to a checksum, which is 0 initially. Each call but the last must add a multiple of 8 bytes.
///
/// It finds faults of memory, disk and software: any change of up to 8 adjacent bytes for certain, and any
/// other with a chance of 1 to 2^64. It is no protection from somebody who chooses the bytes.
uint64_t mapcp_checksum_add(uint64_t sum, const void *bytes, size_t length);

#endif
