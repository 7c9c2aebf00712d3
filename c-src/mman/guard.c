// What a program gets that is linked with this library but without `--wrap`: an error of the linker.
//
// Its calls would otherwise go to wasi-libc's emulation, or to nothing, and what it writes would be lost.
// Under
// `--wrap=mmap`, the name `__real_mmap` stands for `mmap`, so that this file links, and nobody calls it.
// Without it, nothing has that name.

#include "shared_mman.h"

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    return __real_mmap(hint, length, protection, flags, fd, offset);
}

int munmap(void *address, size_t length) {
    return __real_munmap(address, length);
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
