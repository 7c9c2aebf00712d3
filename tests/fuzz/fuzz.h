#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Called by libFuzzer for each input. Always returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Ends the program and prints the place, unless the condition holds.
#define FUZZ_CHECK(condition)                                                                                \
    ((condition) ? (void)0                                                                                   \
                 : (fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition), abort()))

/// The rest of an input.
struct fuzz_input {
    const uint8_t *bytes;
    size_t left;
};

/// The next byte; 0 at the end.
static inline uint8_t fuzz_take(struct fuzz_input *input) {
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->bytes++;
}

/// The next bytes up to a NUL or the end, as a string in `text` of `size` bytes. A longer string is cut.
static inline void fuzz_take_string(struct fuzz_input *input, char *text, size_t size) {
    size_t length = 0;
    for (char byte; input->left > 0 && (byte = (char)fuzz_take(input)) != '\0';) {
        if (length + 1 < size) {
            text[length++] = byte;
        }
    }
    text[length] = '\0';
}

#endif
