#ifndef SHARED_MMAN_H
#define SHARED_MMAN_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Mapped files for WASI, as in POSIX: bytes that are written to a shared mapping reach the file.
///
/// A program includes <sys/mman.h> and calls mmap, munmap, msync and close as usual. It need not include this
/// header. The linker's `--wrap` redirects its calls to the functions below. README.md says how to link, what
/// is guaranteed, and how these mappings, which are copies of the file, differ from real ones.
///
/// Without `--wrap`, the names `__real_mmap`, `__real_munmap` and `__real_close` do not exist. This header
/// and the library refer to them, so such a program fails to link instead of losing its writes.
///
/// Not for threads, which wasip1 does not have.

// The linker has chosen the names, and that of msync is the system's.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-redundant-declaration)

/// mmap(): maps `length` bytes of the open file `fd` from `offset` on, or, with MAP_ANON, as many zeros.
///
/// Returns an address that is a multiple of the page size, 65,536. Bytes behind the end of the file are zero.
/// The hint and advisory flags (MAP_POPULATE, MAP_NORESERVE and so on) are ignored.
///
/// Otherwise returns MAP_FAILED and sets errno:
/// - EINVAL: the length is 0; the offset is not a multiple of the page size; the flags have neither
/// MAP_SHARED nor MAP_PRIVATE; or the flag is unsupported: MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB,
/// MAP_GROWSDOWN, PROT_NONE, PROT_EXEC.
/// - EBADF: the descriptor is not open.
/// - EACCES: it is not open for reading; or not for writing, if the mapping is shared and writable.
/// - ENODEV: it is not a regular file.
/// - EOVERFLOW: offset and length exceed the maximum size of a file.
/// - ENOMEM: there is not enough memory.
/// - an error of reading the file, such as EIO.
void *__wrap_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);

/// munmap(): writes back the changes in the range, like msync, and unmaps it. The range may cover several
/// mappings, parts of mappings, and unmapped pages.
///
/// The memory of a mapping is freed with its last page.
///
/// Returns -1 and sets errno if it fails. Then everything is still mapped:
/// - EINVAL: the address is not a multiple of the page size; the length is 0; or the range leaves the address
/// space.
/// - an error of writing the file, such as ENOSPC, EDQUOT or EIO. Unwritten changes are still in memory, so
/// the call can be repeated when there is room.
int __wrap_munmap(void *address, size_t length);

/// msync(): makes file and memory equal in the range of whole pages that begins at `address`.
///
/// - MS_ASYNC, or none: writes the changes to the file.
/// - MS_SYNC: also makes the system store the file's data.
/// - MS_INVALIDATE: then reads the file again, so other programs' changes are seen.
///
/// Returns -1 and sets errno if it fails:
/// - EINVAL: the address is not a multiple of the page size; an unknown flag; or MS_ASYNC together with
/// MS_SYNC.
/// - ENOMEM: a page of the range is not mapped. The mapped pages were synchronized.
/// - an error of reading or writing the file, as for munmap. Unwritten changes are still in memory.
int msync(void *address, size_t length, int flags);

/// close(): closes the descriptor. While shared mappings use it, it looks closed to the program: closing or
/// mapping it is EBADF. Its number is not reused before the last of them is gone.
int __wrap_close(int fd);

// The system's functions, under the names that --wrap gives them.
void *__real_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
int __real_close(int fd);

#ifdef __wasi__
/// Refers to each of them from every file that includes this header.
__attribute__((used)) static void (*const shared_mman_is_wrapped[])(void) = {
    (void (*)(void))__real_mmap,
    (void (*)(void))__real_munmap,
    (void (*)(void))__real_close,
};
#endif

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-redundant-declaration)

#ifdef __cplusplus
}
#endif

#endif
