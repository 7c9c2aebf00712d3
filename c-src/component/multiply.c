// A function of compiler-rt, in a smaller form. wasi-libc multiplies seconds with a check for overflow, which
// takes 128 bits. compiler-rt's own function divides such numbers, and would be a twenty-fifth of the
// component.

#include <stdint.h>

typedef __int128 wide;
typedef unsigned __int128 unsigned_wide;

static unsigned_wide amount_of(wide number) {
    return number < 0 ? -(unsigned_wide)number : (unsigned_wide)number;
}

/// Multiplies two numbers, and says whether the product has overflowed.
wide __muloti4(wide one, wide other, int *overflows);

wide __muloti4(wide one, wide other, int *overflows) {
    const unsigned_wide left = amount_of(one);
    const unsigned_wide right = amount_of(other);
    const uint64_t left_high = (uint64_t)(left >> 64);
    const uint64_t right_high = (uint64_t)(right >> 64);
    // At most one of the two is not zero, or the product overflows.
    const unsigned_wide high =
        (unsigned_wide)left_high * (uint64_t)right + (unsigned_wide)right_high * (uint64_t)left;
    const unsigned_wide low = (unsigned_wide)(uint64_t)left * (uint64_t)right;
    const unsigned_wide product = low + (high << 64);
    const int is_negative = (one < 0) != (other < 0);
    const unsigned_wide most = ((unsigned_wide)1 << 127) - !is_negative;
    *overflows =
        (left_high != 0 && right_high != 0) || (uint64_t)(high >> 64) != 0 || product < low || product > most;
    return (wide)(is_negative ? -product : product);
}
