#ifndef MAPCP_CHECKSUM_H
#define MAPCP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Adds bytes to a checksum, which is 0 initially. Each call but the last must add a multiple of 8 bytes.
///
/// It detects faults of memory, disk and software: every change within 8 aligned bytes, and any other change
/// except with a probability of 2^-64. It does not protect against an attacker who chooses the bytes.
uint64_t mapcp_checksum_add(uint64_t sum, const void *bytes, size_t length);

#endif
