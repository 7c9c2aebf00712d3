#ifndef MAPCP_GUIDED_WALK_H
#define MAPCP_GUIDED_WALK_H

// A guided walk lists no directory. It goes to the paths that the caller names, one after the other, and
// enters the directories on the way. It stays in a directory until a path leads elsewhere. So a list that is
// sorted by directory is cheap.

#include <stdbool.h>

#include "error.h"
#include "tree.h"

/// Makes a guided walk go to `path` next, an entry below the root, or to the root itself if the path is
/// empty. Single slashes must separate the names, and no name may be "." or "..". If `is_directory` is set,
/// any other entry is an error. Returns false if memory runs out.
bool mapcp_guided_walk_go_to(struct mapcp_tree *tree, const char *path, bool is_directory);

/// Makes a guided walk leave its directories and end.
void mapcp_guided_walk_end(struct mapcp_tree *tree);

/// Takes one step from the top directory towards the goal. For mapcp_tree_next. Sets `entry` or `error`,
/// depending on the result.
enum mapcp_tree_step mapcp_guided_walk_step(struct mapcp_tree *tree, struct mapcp_tree_entry *entry,
                                            struct mapcp_error *error);

#endif
