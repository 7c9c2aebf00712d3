#ifndef SHARED_MMAN_H
#define SHARED_MMAN_H

/* In a system header, compilers for C90 accept the other kind of comments. */
#pragma GCC system_header

#include <stddef.h>
#include <sys/types.h>

#include "shared-mman/sys/mman.h"

#ifdef __cplusplus
extern "C" {
#endif

/// POSIX mapped files for WASI: writes to a shared mapping reach the file.
///
/// A program includes <sys/mman.h> and calls mmap, munmap, msync, madvise and close as usual. The linker's
/// `--wrap` redirects its calls to the functions below, so it need not include this header. These mappings
/// are copies of the file; README.md lists how they differ from real ones, what is guaranteed, and how to
/// link.
///
/// Without `--wrap`, the names `__real_mmap`, `__real_munmap` and `__real_close` do not exist. The
/// <sys/mman.h> of this library refers to them, so such a program fails to link instead of losing its writes.
///
/// Not thread-safe.

// The linker defines the names, except those that the system's header declares.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-redundant-declaration)

/// mmap(): maps `length` bytes of the open file `fd` from `offset` on. With MAP_ANON, maps zeros instead.
///
/// Returns an address that is a multiple of the page size, 65,536. Bytes past the end of the file are zero.
/// The hint and advisory flags (MAP_POPULATE, MAP_NORESERVE and so on) are ignored.
///
/// If it fails, returns MAP_FAILED and sets errno:
/// - EINVAL: the length is 0; the offset is not a multiple of the page size; the flags contain neither
/// MAP_SHARED nor MAP_PRIVATE; or a flag is unsupported: MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB,
/// MAP_GROWSDOWN, PROT_NONE, PROT_EXEC.
/// - EBADF: the descriptor is not open, or the program has closed it.
/// - EACCES: the descriptor is not open for reading; or the mapping is shared and writable, and the
/// descriptor is not open for writing.
/// - ENODEV: the file is not a regular file.
/// - EOVERFLOW: the offset is negative, or offset and length exceed the maximum size of a file.
/// - ENOMEM: there is not enough memory.
/// - an error from reading the file, such as EIO.
void *__wrap_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);

/// munmap(): writes back the changes in the range, like msync, and unmaps it. The range may cover several
/// mappings, parts of mappings, and unmapped pages.
///
/// A mapping's memory is freed when its last page is unmapped.
///
/// Returns -1 and sets errno if it fails. Then everything is still mapped:
/// - EINVAL: the address is not a multiple of the page size; the length is 0; or the range exceeds the
/// address space.
/// - an error from reading or writing the file, such as ENOSPC, EDQUOT or EIO. Unwritten changes are still in
/// memory, so the caller can try again.
int __wrap_munmap(void *address, size_t length);

/// msync(): synchronizes a range with the file. The range begins at `address` and is rounded up to whole
/// pages.
///
/// - MS_ASYNC, or no flag: writes the program's changes to the file.
/// - MS_SYNC: also flushes the file's data to storage.
/// - MS_INVALIDATE: then reads the file again. So the mapping shows what this program has written to the file
/// with write(), pwrite() or ftruncate(), and other programs' changes.
///
/// Returns -1 and sets errno if it fails:
/// - EINVAL: the address is not a multiple of the page size; an unknown flag; or MS_ASYNC together with
/// MS_SYNC.
/// - ENOMEM: a page of the range is not mapped, and the mapped ones were synchronized; or the range exceeds
/// the address space, and nothing was.
/// - an error from reading or writing the file, as in munmap(). Unwritten changes are still in memory.
int msync(void *address, size_t length, int flags);

/// posix_madvise(): checks its arguments, and does nothing else, because these mappings are in memory
/// already.
///
/// Returns 0, or an error's number:
/// - EINVAL: the address is not a multiple of the page size; or unknown advice.
/// - ENOMEM: a page of the range is not mapped; or the range exceeds the address space.
int posix_madvise(void *address, size_t length, int advice);

/// madvise(): like posix_madvise, with -1 and errno for an error. Only advice that changes nothing is known:
/// MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL and MADV_WILLNEED. Any other is EINVAL.
int madvise(void *address, size_t length, int advice);

/// close(): closes the descriptor. While shared mappings need it, it stays open internally and its number is
/// not reused. Closing or mapping it again fails with EBADF.
int __wrap_close(int fd);

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-redundant-declaration)

#ifdef __cplusplus
}
#endif

#endif
