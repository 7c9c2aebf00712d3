#ifndef MAPCP_OPTIONS_H
#define MAPCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "made.h"

/// Windows are whole pages of this many bytes: WebAssembly's page size, and a multiple of every native one.
#define MAPCP_PAGE UINT32_C(65536)
/// The window of a job that asks for none, in bytes. Smaller ones pay per call, larger ones fall out of the
/// caches.
#define MAPCP_DEFAULT_WINDOW (16 * MAPCP_PAGE)
/// The largest window that a job may ask for, in bytes: a quarter of a 32-bit address space.
#define MAPCP_LARGEST_WINDOW (16384 * MAPCP_PAGE)

/// What becomes of symbolic links in the source.
enum mapcp_symlinks {
    /// The target gets a link with the same text, wherever that leads.
    MAPCP_PRESERVE_LINKS,
    /// The target gets what the link leads to, which must be within the sandbox.
    MAPCP_FOLLOW_LINKS,
    /// They are left out.
    MAPCP_SKIP_LINKS,
};

/// What becomes of a file or link that has the target's name already.
enum mapcp_overwrite {
    /// It is replaced.
    MAPCP_OVERWRITE_ALWAYS,
    /// It stays, and the entry is skipped.
    MAPCP_OVERWRITE_NEVER,
    /// It is replaced where the source was modified later, and stays otherwise.
    MAPCP_OVERWRITE_NEWER,
    /// It stays, and that is an error.
    MAPCP_OVERWRITE_ERROR,
};

/// Which zeros become holes in the target.
enum mapcp_sparse {
    /// Runs of 65,536 zero bytes: what costs nothing to find.
    MAPCP_SPARSE_AUTO,
    /// Runs of 4,096 zero bytes.
    MAPCP_SPARSE_ALWAYS,
    /// None.
    MAPCP_SPARSE_NEVER,
};

/// A list of patterns, borrowed.
struct mapcp_patterns {
    const char *const *items;
    size_t count;
};

/// One of `count` shares of a copy, numbered from 0: what one of several jobs copies that divide a tree.
///
/// All zeros are the whole. A share (i, n) divides again by k into the shares (i, n k), (i + n, n k), …
struct mapcp_shard {
    uint32_t index;
    uint32_t count;
};

/// How to copy. All zeros are the defaults.
struct mapcp_options {
    /// The most bytes that are mapped at a time; rounded up to whole pages. 0 means MAPCP_DEFAULT_WINDOW.
    uint32_t window_size;
    enum mapcp_symlinks symlinks;
    enum mapcp_overwrite overwrite;
    enum mapcp_sparse sparse;
    /// Copy directories, with all that is in them.
    bool recursive;
    /// Give files and directories the source's times of access and modification.
    bool preserve_timestamps;
    /// Read each file back, and its source a second time, and compare them before it takes the target's name.
    bool verify;
    /// Copy of a source that grows meanwhile, or is written to, what it had at the start: as many bytes as
    /// its size was then. One that gets shorter is an error all the same.
    bool allow_changes;
    /// Have files, and the directories that name them, on the disk before the job goes on.
    bool sync;
    /// Decide everything, and touch nothing.
    bool dry_run;
    /// Go on after an entry that could not be copied.
    bool keep_going;
    /// Make the directories that are missing on the way to the target.
    bool make_parents;
    /// Walk the source once before, so that the totals are known from the start.
    bool measure;
    /// Keep account of each entry for mapcp_job_take_entries.
    bool report_entries;
    /// Match the patterns against the name of the source itself as well.
    bool filter_source;
    /// Where there are any, only files and links that match one are copied.
    struct mapcp_patterns include;
    /// What matches one is left out, a directory with all that is in it.
    struct mapcp_patterns exclude;
    /// What the jobs of this run have made, which must not be replaced; what this one makes is added.
    /// Borrowed; NULL if nothing can get in its way, as in a run of one job.
    struct mapcp_made *made;
    /// Only files and links of this share are copied; directories are made by whichever share comes first.
    struct mapcp_shard shard;
};

#endif
