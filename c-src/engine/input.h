#ifndef MAPCP_INPUT_H
#define MAPCP_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/// Bytes that a host passes to a job while the job runs. They are kept until the job takes them. All zeros
/// are no bytes.
struct mapcp_input {
    /// The first byte that was not taken. After the last byte, there is room for one more. NULL before the
    /// first call that adds bytes.
    char *bytes;
    /// The number of bytes that were not taken.
    size_t length;
    /// Whether no more bytes will come.
    bool ended;
    /// The memory that `bytes` points into. Owned.
    char *memory;
    size_t capacity;
};

/// Adds bytes. Returns false if memory runs out; then the input is unchanged.
bool mapcp_input_add(struct mapcp_input *input, const void *bytes, size_t length);

/// Takes the first `length` bytes. They stay valid until the next call that adds some.
void mapcp_input_take(struct mapcp_input *input, size_t length);

/// Frees the bytes.
void mapcp_input_free(struct mapcp_input *input);

#endif
