#ifndef WORKPLACE_H
#define WORKPLACE_H

/// Makes an empty directory the working directory, the same at each call. It is in memory if the system has
/// /dev/shm.
void workplace_renew(void);

/// Calls `use` with the path of each entry below a directory, `kind` as in `struct dirent`.
void workplace_for_each(const char *directory,
                        void (*use)(const char *path, unsigned char kind, void *context), void *context);

#endif
