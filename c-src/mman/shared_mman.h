#ifndef SHARED_MMAN_H
#define SHARED_MMAN_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Mapped files for WASI, as POSIX has them: what is written to a shared mapping reaches the file.
///
/// A program includes <sys/mman.h> and calls mmap, munmap, msync and close as anywhere; it need not include
/// this header. The linker's `--wrap` leads its calls to the functions below. README.md says how to link,
/// what is guaranteed, and where a mapping that is only a copy of the file cannot do what a real one does.
///
/// Without `--wrap` the linker knows no `__real_mmap`, `__real_munmap` and `__real_close`. They are referred
/// to here and in the library, so that such a program is an error and does not lose what it writes.
///
/// Not for threads; wasip1 has none.

// The linker has chosen the names, and that of msync is the system's.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-redundant-declaration)

/// mmap(): maps `length` bytes of the open file `fd` from `offset` on, or, with MAP_ANON, as many zeros.
///
/// Returns an address that is a multiple of the page size, which is 65,536. Bytes behind the end of the file
/// are zero. The hint and the flags that are mere advice (MAP_POPULATE, MAP_NORESERVE and so on) are ignored.
///
/// MAP_FAILED and errno otherwise:
/// - EINVAL: the length is 0; the offset is no multiple of the page size; the flags have neither MAP_SHARED
///   nor MAP_PRIVATE; or it cannot be done here: MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_GROWSDOWN,
///   PROT_NONE, PROT_EXEC.
/// - EBADF: the descriptor is not open.
/// - EACCES: it is not open for reading; or not for writing, and the mapping is shared and writable.
/// - ENODEV: it is no regular file.
/// - EOVERFLOW: offset and length go beyond what a file can have.
/// - ENOMEM: there is not enough memory.
/// - what reading the file gives, such as EIO.
void *__wrap_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);

/// munmap(): writes back what changed in the range, as msync does, and removes all the mappings in it, or the
/// part of them that is in it. Pages that are not mapped are none of its business.
///
/// The memory is free again when the last page of its mapping is gone.
///
/// Returns -1 and sets errno otherwise; then everything is still mapped:
/// - EINVAL: the address is no multiple of the page size, or the length is 0, or goes beyond the address
/// space.
/// - what writing the file gives, such as ENOSPC, EDQUOT or EIO. What has not been written is still in
/// memory, so
///   the call can be repeated when there is room.
int __wrap_munmap(void *address, size_t length);

/// msync(): makes file and memory the same in the range of whole pages that begins at `address`.
///
/// - MS_ASYNC, or none: writes what changed to the file.
/// - MS_SYNC: does that, and has the system bring the file's data to its storage.
/// - MS_INVALIDATE: does that, and then reads the file again, so that what others wrote is seen.
///
/// Returns -1 and sets errno otherwise:
/// - EINVAL: the address is no multiple of the page size; other flags; MS_ASYNC and MS_SYNC at once.
/// - ENOMEM: a page of the range is not mapped. Those that are have been synchronized all the same.
/// - what reading or writing the file gives, as for munmap. What has not been written is still in memory.
int msync(void *address, size_t length, int flags);

/// close(): closes the descriptor; while shared mappings need it, only as far as the program can see: closing
/// it again is EBADF, as is mapping it, and its number is not given to another file before the last of them
/// is gone.
int __wrap_close(int fd);

// The system's own, under the names that the linker's --wrap leaves them.
void *__real_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
int __real_close(int fd);

#ifdef __wasi__
/// Refers to each of them, wherever this header is included.
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
