#ifndef GUESTS_ERRORS_H
#define GUESTS_ERRORS_H

#include <errno.h>
#include <stddef.h>

/// The name of an error, such as `ENOENT`, which strerror does not give; NULL for an error that no guest has
/// had.
static inline const char *error_name(int number) {
    static const struct {
        int number;
        const char *name;
    } errors[] = {
        {EACCES, "EACCES"},   {EBADF, "EBADF"},         {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"},
        {EFBIG, "EFBIG"},     {EILSEQ, "EILSEQ"},       {EINVAL, "EINVAL"},   {EIO, "EIO"},
        {EISDIR, "EISDIR"},   {ELOOP, "ELOOP"},         {EMFILE, "EMFILE"},   {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENOENT, "ENOENT"},   {ENOMEM, "ENOMEM"},       {ENOSPC, "ENOSPC"},   {ENOTCAPABLE, "ENOTCAPABLE"},
        {ENOTDIR, "ENOTDIR"}, {ENOTEMPTY, "ENOTEMPTY"}, {ENOTSUP, "ENOTSUP"}, {ENXIO, "ENXIO"},
        {EPERM, "EPERM"},     {EROFS, "EROFS"},         {EXDEV, "EXDEV"},     {EOVERFLOW, "EOVERFLOW"},
        {ESPIPE, "ESPIPE"},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].number == number) {
            return errors[i].name;
        }
    }
    return NULL;
}

#endif
