// A linker error for programs that are linked with this library but without `--wrap`.
//
// Otherwise their calls would go to wasi-libc's emulation, and their writes would be lost. With
// `--wrap=mmap`, the name
// `__real_mmap` means `mmap`, so this file links, and is never called. Without it, nothing has that name.

#include "shared_mman.h"

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    return __real_mmap(hint, length, protection, flags, fd, offset);
}

int munmap(void *address, size_t length) {
    return __real_munmap(address, length);
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
