/* <sys/mman.h> for programs that link libshared-mman: the system's own, and a guard.
 *
 * Some linkers, such as zig's, ignore `--wrap`. The program's calls would then reach wasi-libc's emulation,
 * which loses writes. With the guard, such a program fails to link.
 *
 * This comment is one of C90, which has no others. In a system header, compilers accept them. */

#pragma GCC system_header

#if defined(__wasi__) && !defined(_WASI_EMULATED_MMAN)
// wasi-libc's header is an error without it.
#define _WASI_EMULATED_MMAN
#endif

// Outside of the include guard: shared_mman.h includes this file by its path, and the system's is then after
// it.
#include_next <sys/mman.h>

#ifndef SHARED_MMAN_GUARD
#define SHARED_MMAN_GUARD

#ifdef __cplusplus
extern "C" {
#endif

// The system's functions, under the names that `--wrap` gives them.
void *__real_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
int __real_close(int fd);

#ifdef __wasi__
/// References these names in every file that includes this header, so linking without `--wrap` fails.
__attribute__((used)) static void (*const shared_mman_is_wrapped[])(void) = {
    (void (*)(void))__real_mmap,
    (void (*)(void))__real_munmap,
    (void (*)(void))__real_close,
};
#endif

#ifdef __cplusplus
}
#endif

#endif
