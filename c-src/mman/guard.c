// Makes a program fail to link if it links this library without `--wrap`.
//
// Otherwise its calls would reach wasi-libc's emulation, which loses writes. With `--wrap=mmap`, the linker
// resolves `__real_mmap` to the `mmap` below, which is never called. Without it, `__real_mmap` is undefined.

#include "shared_mman.h"

// The linker and the C library define these names.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    return __real_mmap(hint, length, protection, flags, fd, offset);
}

int munmap(void *address, size_t length) {
    return __real_munmap(address, length);
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
