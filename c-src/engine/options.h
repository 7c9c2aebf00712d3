#ifndef MAPCP_OPTIONS_H
#define MAPCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "made.h"

/// Window sizes are multiples of this many bytes: WebAssembly's page size, and a multiple of every native
/// one.
#define MAPCP_PAGE UINT32_C(65536)
/// The default window, in bytes. A smaller one needs more calls, a larger one does not fit into the caches.
#define MAPCP_DEFAULT_WINDOW (16 * MAPCP_PAGE)
/// The maximum window, in bytes: a quarter of a 32-bit address space.
#define MAPCP_LARGEST_WINDOW (16384 * MAPCP_PAGE)

/// How symbolic links in the source are handled; `symlink-policy` of the WIT interface, in its order.
enum mapcp_symlinks {
    /// The target gets a link with the same text, even if it leads nowhere.
    MAPCP_SYMLINKS_PRESERVE,
    /// The target gets a copy of what the link leads to, which must be within the sandbox.
    MAPCP_SYMLINKS_FOLLOW,
    /// Links are left out.
    MAPCP_SYMLINKS_SKIP,
    /// The same as MAPCP_SYMLINKS_PRESERVE, but a link that could lead out of the copied tree is an error.
    MAPCP_SYMLINKS_CONTAINED,
};

/// Which names copies can have; `name-policy` of the WIT interface, in its order.
enum mapcp_name_policy {
    /// Any.
    MAPCP_NAME_POLICY_ANY,
    /// Those that mean the same file on every usual system. See names.h.
    MAPCP_NAME_POLICY_PORTABLE,
};

/// When a file or link that has the target's name is replaced; `overwrite-policy` of the WIT interface, in
/// its order.
enum mapcp_overwrite {
    /// Always.
    MAPCP_OVERWRITE_ALWAYS,
    /// Never: the entry is skipped.
    MAPCP_OVERWRITE_NEVER,
    /// If the source was modified later. Otherwise the entry is skipped.
    MAPCP_OVERWRITE_NEWER,
    /// Never: it is an error.
    MAPCP_OVERWRITE_ERROR,
};

/// The unit that appears complete or not at all; `atomicity` of the WIT interface, in its order.
enum mapcp_atomicity {
    /// Each file.
    MAPCP_ATOMICITY_FILE,
    /// A whole tree.
    MAPCP_ATOMICITY_TREE,
};

/// Which zeros become holes in the target; `sparse-policy` of the WIT interface, in its order.
enum mapcp_sparse {
    /// Runs of 65,536 zero bytes, which cost almost nothing to find.
    MAPCP_SPARSE_AUTO,
    /// Runs of 4,096 zero bytes.
    MAPCP_SPARSE_ALWAYS,
    /// None.
    MAPCP_SPARSE_NEVER,
};

/// What the host passes to a job while it runs; `input` of the WIT interface, in its order.
enum mapcp_input_kind {
    /// Nothing.
    MAPCP_INPUT_NONE,
    /// The paths to copy, each ended by a NUL.
    MAPCP_INPUT_PATHS,
    /// The paths to copy, each on a line of its own.
    MAPCP_INPUT_LINES,
    /// The content of the source, which is a stream.
    MAPCP_INPUT_CONTENT,
};

/// A list of patterns. Borrowed, unless mapcp_patterns_copy made it.
struct mapcp_patterns {
    const char *const *items;
    size_t count;
};

/// Copies a list and its strings. Returns false if memory runs out. The copy must be freed with
/// mapcp_patterns_free in any case.
bool mapcp_patterns_copy(struct mapcp_patterns *result, struct mapcp_patterns from);

/// Frees a list and its strings.
void mapcp_patterns_free(struct mapcp_patterns *patterns);

/// One of `count` parts of a copy, numbered from 0. Several jobs divide a tree by copying one shard each.
///
/// All zeros are the whole copy. A shard (i, n) divides again by k into the shards (i, n k), (i + n, n k), …
struct mapcp_shard {
    uint32_t index;
    uint32_t count;
};

/// A limit. All zeros are no limit.
struct mapcp_limit {
    bool is_set;
    uint64_t most;
};

/// The amounts that the limits on a whole copy apply to.
struct mapcp_amounts {
    /// Bytes of files.
    uint64_t bytes;
    /// Files, links and directories.
    uint64_t files;
};

/// How to copy. All zeros are the defaults.
struct mapcp_options {
    /// The maximum number of bytes that are mapped at a time, rounded up to whole pages. 0 means
    /// MAPCP_DEFAULT_WINDOW.
    uint32_t window_size;
    enum mapcp_symlinks symlinks;
    enum mapcp_name_policy names;
    enum mapcp_overwrite overwrite;
    enum mapcp_sparse sparse;
    enum mapcp_atomicity atomic;
    /// Copy directories with their contents.
    bool recursive;
    /// Give files, links and directories the source's times of access and modification.
    bool preserve_timestamps;
    /// Copy a file that has several names in the tree once, and give the copy as many names.
    bool preserve_hard_links;
    /// Before a file takes the target's name, read it and its source again and compare them.
    bool verify;
    /// If a source grows or is written to during the copy, copy as many bytes as it had at the start. A
    /// source that gets shorter is still an error.
    bool allow_changes;
    /// Write files, and the directories that name them, to the disk before the job goes on.
    bool sync;
    /// Decide everything, and change nothing.
    bool dry_run;
    /// Go on after an entry that could not be copied.
    bool keep_going;
    /// Create the directories that are missing on the way to the target.
    bool make_parents;
    /// Walk the source once before the copy, so that the totals are known from the start.
    bool measure;
    /// Check the size of each file after it is closed, because the host does not report errors of closing.
    bool confirm_size;
    /// Report each entry: see mapcp_job_take_entries.
    bool report_entries;
    /// The host may know which ranges of a source hold data: see mapcp_job_add_ranges.
    bool knows_ranges;
    /// Copy only the entries below the source that the input names, or copy the input itself: see
    /// mapcp_job_add_input.
    enum mapcp_input_kind input;
    /// Whether the number of bytes of a stream is known, and that number. Any other number is an error.
    bool has_size;
    uint64_t size;
    /// Match the patterns against the name of the source as well.
    bool filter_source;
    /// If the list is not empty, only files and links that match one of these are copied.
    struct mapcp_patterns include;
    /// Entries that match one of these are left out, directories with their contents.
    struct mapcp_patterns exclude;
    /// The files that the jobs of this run have made, which this job must not replace. It adds its own.
    /// Borrowed. NULL if the run has only one job.
    struct mapcp_made *made;
    /// Copy only the files and links of this shard. The first job that needs a directory creates it.
    struct mapcp_shard shard;
    /// The maximum amounts to copy, and the amounts that earlier jobs of the run have copied. See limits.h.
    struct mapcp_limit max_bytes;
    struct mapcp_limit max_files;
    struct mapcp_amounts already_copied;
    /// The maximum number of names in a path below the source, and of directories that are made on the way to
    /// the target. By default 10,000.
    struct mapcp_limit max_depth;
    /// The maximum size of a file in bytes.
    struct mapcp_limit max_file_size;
};

/// Checks the options, and rounds the window's size up. On failure returns false and sets `error`.
bool mapcp_options_accept(struct mapcp_options *options, struct mapcp_error *error);

#endif
