#include "clean.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "removal.h"
#include "temporary.h"
#include "times.h"
#include "tree.h"

struct cleaning {
    struct mapcp_tree tree;
    struct mapcp_namer namer;
    struct mapcp_cleaned *result;
};

/// An error about the entry that the walk is at, or about `directory` if the walk has not started.
static struct mapcp_copy_error error_at(const struct cleaning *cleaning, const char *directory,
                                        const struct mapcp_error *error) {
    const char *path = cleaning->tree.source->text ? cleaning->tree.source->text : directory;
    return (struct mapcp_copy_error){
        .error = *error,
        .source = strdup(path),
        .target = strdup(path),
        .about = error->about ? strdup(error->about) : NULL,
    };
}

/// Reports an error about the entry that the walk is at. Returns false and sets `error` if memory runs out.
static bool report(struct cleaning *cleaning, struct mapcp_error *error) {
    if (error->code == MAPCP_CODE_LIMIT_EXCEEDED) {
        error->because = "its path has more names below the directory than are allowed; "
                         "clean a directory that is nearer to it";
    }
    return mapcp_copy_errors_add(&cleaning->result->errors, error_at(cleaning, "", error)) ||
           mapcp_out_of_memory(error);
}

/// Reports that an operation on the current entry failed with an errno value.
static bool report_number(struct cleaning *cleaning, enum mapcp_operation operation, int number,
                          struct mapcp_error *error) {
    (void)mapcp_fail_number(error, operation, MAPCP_SIDE_SOURCE, number);
    return report(cleaning, error);
}

// The functions below clean the entry at `place`, and report its path. They return false and set `error` if
// memory runs out.

static bool add(struct cleaning *cleaning, struct mapcp_names *names, struct mapcp_error *error) {
    return mapcp_names_push(names, cleaning->tree.source->text) || mapcp_out_of_memory(error);
}

static bool clean_file(struct cleaning *cleaning, struct mapcp_place place, struct mapcp_error *error) {
    if (!cleaning->tree.options->dry_run && unlinkat(place.directory, place.name, 0) != 0) {
        return errno == ENOENT || report_number(cleaning, MAPCP_OPERATION_REMOVE, errno, error);
    }
    return add(cleaning, &cleaning->result->files, error);
}

/// Cleans a directory with a temporary name.
static bool clean_directory(struct cleaning *cleaning, struct mapcp_place place, struct mapcp_error *error) {
    struct mapcp_path failed = {.text = NULL};
    if (cleaning->tree.options->dry_run ||
        mapcp_remove_tree(place, cleaning->tree.source->text, NULL, &failed, error)) {
        mapcp_path_free(&failed);
        return add(cleaning, &cleaning->result->files, error);
    }
    error->about = failed.text;
    const bool good = report(cleaning, error);
    mapcp_path_free(&failed);
    return good;
}

/// Removes a tree that was moved aside, whose name is taken. It first gets a temporary name, because it must
/// not get its own name back after a part of it is removed.
static bool clean_replaced(struct cleaning *cleaning, struct mapcp_place place, struct mapcp_error *error) {
    char *temporary = mapcp_temporary_path_beside(place.name, &cleaning->namer);
    const struct mapcp_place renamed = {.directory = place.directory, .name = temporary};
    bool good = false;
    if (cleaning->tree.options->dry_run) {
        good = clean_directory(cleaning, place, error);
    } else if (!temporary || renameat(place.directory, place.name, place.directory, temporary) != 0) {
        good = report_number(cleaning, MAPCP_OPERATION_REMOVE, errno, error);
    } else {
        good = clean_directory(cleaning, renamed, error);
    }
    free(temporary);
    return good;
}

/// Whether this cleaning has given another tree the name that the tree at `path` had.
static bool has_given_name(const struct cleaning *cleaning, const char *path) {
    const size_t directory = (size_t)(mapcp_path_name(path) - path);
    const char *name = mapcp_name_before_aside(path + directory);
    const char *given = NULL;
    while ((given = mapcp_names_next(&cleaning->result->restored, given))) {
        if ((size_t)(mapcp_path_name(given) - given) == directory && strncmp(given, path, directory) == 0 &&
            strcmp(mapcp_name_before_aside(given + directory), name) == 0) {
            return true;
        }
    }
    return false;
}

/// Gives its name back to a tree that was moved aside. Removes the tree if a newer one has the name.
static bool clean_aside(struct cleaning *cleaning, struct mapcp_place place, struct mapcp_error *error) {
    const char *name = mapcp_name_before_aside(place.name);
    struct stat status;
    if (has_given_name(cleaning, cleaning->tree.source->text)) {
        mapcp_fail_because(error, MAPCP_OPERATION_RENAME, MAPCP_SIDE_SOURCE, MAPCP_CODE_ALREADY_EXISTS,
                           "another old tree has got the name back; compare the two before you clean again, "
                           "which removes this one");
        return report(cleaning, error);
    }
    if (fstatat(place.directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return clean_replaced(cleaning, place, error);
    }
    if (errno != ENOENT) {
        return report_number(cleaning, MAPCP_OPERATION_INSPECT, errno, error);
    }
    if (!cleaning->tree.options->dry_run &&
        renameat(place.directory, place.name, place.directory, name) != 0) {
        return report_number(cleaning, MAPCP_OPERATION_RENAME, errno, error);
    }
    return add(cleaning, &cleaning->result->restored, error);
}

/// Gives a directory the time of modification that it had before an entry was removed. A copy may have set
/// it.
static void restore_time(int directory, const struct stat *before) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before->st_mtim};
    struct stat after;
    if (fstat(directory, &after) == 0 && !mapcp_is_same_time(before->st_mtim, after.st_mtim)) {
        // If the system refuses, the temporary file is removed nevertheless.
        (void)utimensat(directory, ".", times, 0);
    }
}

static bool clean_kind(struct cleaning *cleaning, const struct mapcp_tree_entry *entry,
                       struct mapcp_error *error) {
    const struct mapcp_place place = entry->source;
    const bool is_temporary = mapcp_is_temporary_name(place.name);
    switch (entry->kind) {
    case MAPCP_TREE_SPECIAL:
        return true;
    case MAPCP_TREE_DIRECTORY:
        return is_temporary ? clean_directory(cleaning, place, error) : clean_aside(cleaning, place, error);
    default:
        return !is_temporary || clean_file(cleaning, place, error);
    }
}

static bool clean_entry(struct cleaning *cleaning, const struct mapcp_tree_entry *entry,
                        struct mapcp_error *error) {
    const int directory = entry->source.directory;
    struct stat before;
    const bool is_known = mapcp_is_unfinished_name(entry->source.name) && fstat(directory, &before) == 0;
    const bool good = clean_kind(cleaning, entry, error);
    if (is_known) {
        restore_time(directory, &before);
    }
    return good;
}

static bool clean_tree(struct cleaning *cleaning, struct mapcp_error *error) {
    if (!mapcp_tree_begin(&cleaning->tree, error)) {
        return false;
    }
    for (;;) {
        struct mapcp_tree_entry entry;
        switch (mapcp_tree_next(&cleaning->tree, &entry, error)) {
        case MAPCP_TREE_ENTERED:
        case MAPCP_TREE_PASSED:
            break;
        case MAPCP_TREE_FOUND:
            if (!clean_entry(cleaning, &entry, error)) {
                return false;
            }
            break;
        case MAPCP_TREE_FAILED:
            if (!report(cleaning, error)) {
                return false;
            }
            break;
        default:
            return true;
        }
    }
}

bool mapcp_clean(const char *directory, bool dry_run, struct mapcp_cleaned *result,
                 struct mapcp_copy_error *error) {
    const struct mapcp_options options = {.symlinks = MAPCP_SYMLINKS_PRESERVE, .dry_run = dry_run};
    struct mapcp_path source = {.text = NULL};
    struct mapcp_path target = {.text = NULL};
    struct cleaning cleaning = {
        .tree =
            {
                .purpose = MAPCP_TREE_CLEAN,
                .options = &options,
                .source = &source,
                .target = &target,
                .is_entry = mapcp_is_unfinished_name,
            },
        .result = result,
    };
    struct mapcp_error cause;
    *result = (struct mapcp_cleaned){.files = {.text = NULL}};
    mapcp_out_of_memory(&cause);
    bool good = mapcp_path_set(&source, directory) && mapcp_path_set(&target, directory) &&
                clean_tree(&cleaning, &cause);
    if (!good) {
        *error = error_at(&cleaning, directory, &cause);
    }
    mapcp_tree_end(&cleaning.tree);
    mapcp_path_free(&source);
    mapcp_path_free(&target);
    return good;
}

void mapcp_cleaned_free(struct mapcp_cleaned *result) {
    mapcp_names_free(&result->files);
    mapcp_names_free(&result->restored);
    mapcp_copy_errors_free(&result->errors);
}
