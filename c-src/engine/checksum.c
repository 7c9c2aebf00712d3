#include "checksum.h"

#include <string.h>

/// Each step can be reversed, so two sums that differ never become equal by adding the same word.
static uint64_t add_word(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ (sum >> 32);
}

uint64_t mapcp_checksum_add(uint64_t sum, const void *bytes, size_t length) {
    const char *at = bytes;
    uint64_t word = 0;
    for (; length >= sizeof(word); at += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        sum = add_word(sum, word);
    }
    if (length > 0) {
        word = 0;
        memcpy(&word, at, length);
        sum = add_word(add_word(sum, word), length);
    }
    return sum;
}
