#ifndef MAPCP_TREE_NAMES_H
#define MAPCP_TREE_NAMES_H

// Portable names in a walk: see names.h. This header is for the walk itself.
//
// Of names in the source's directory that some file system treats as one, the smallest is copied. So the
// result does not depend on the order of the listing, and jobs with different shards agree. A name in the
// target's directory always has the first claim.

#include <stdbool.h>

#include "error.h"
#include "tree.h"
#include "tree_frame.h"

/// Refuses the entry `name` of the top directory, whose paths are set, if the options ask for portable names
/// and its name is not. Returns false and sets `error`.
///
/// The first call in a directory lists it in source and target. In a directory to which a guided walk was
/// sent, the entry is compared only with the target's directory and with those before it.
bool mapcp_tree_accept_name(const struct mapcp_tree *tree, const char *name, struct mapcp_error *error);

/// Frees the names of a directory that was listed completely.
void mapcp_tree_forget_names(struct mapcp_tree_frame *frame);

#endif
