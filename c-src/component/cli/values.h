#ifndef MAPCP_VALUES_H
#define MAPCP_VALUES_H

#include "flags.h"

/// Sets what an option's value says. Returns NULL, or where it is no such value a sentence that says what it
/// may be. The value is borrowed by the flags.
typedef const char *mapcp_take_value(struct mapcp_flags *flags, const char *value);

mapcp_take_value mapcp_take_symlinks;
mapcp_take_value mapcp_take_overwrite;
mapcp_take_value mapcp_take_sparse;

/// A share of the files, such as "0/4".
mapcp_take_value mapcp_take_shard;

/// A number of bytes, such as "65536", "64K" or "1M".
mapcp_take_value mapcp_take_window_size;

/// The directory to copy into, which can be given once.
mapcp_take_value mapcp_take_target_directory;

/// One pattern more; their list must have room for it.
mapcp_take_value mapcp_take_include;
mapcp_take_value mapcp_take_exclude;

#endif
