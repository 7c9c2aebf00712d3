#ifndef WORKPLACE_H
#define WORKPLACE_H

/// Makes an empty directory the working directory: the same at each call, emptied of what is in it. In
/// memory, where the system has a place for files there.
void workplace_renew(void);

/// Calls `use` with the path of each entry below a directory, `kind` as in `struct dirent`.
void workplace_for_each(const char *directory,
                        void (*use)(const char *path, unsigned char kind, void *context), void *context);

#endif
