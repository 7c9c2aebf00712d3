#include "flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "text.h"
#include "values.h"

/// Options without a letter and without a value; one with a letter has that for its number.
enum number {
    MAKE_PARENTS = 256,
    VERIFY,
    SYNC,
    KEEP_GOING,
    DRY_RUN,
    CLEAN,
    PROGRESS,
    NO_PROGRESS,
    JSON,
};

struct flag {
    const char *name;
    int number;
    /// What its value is called, and what takes it; NULL where it has none.
    const char *value;
    mapcp_take_value *take;
};

static const struct flag all_flags[] = {
    {"recursive", 'r', NULL, NULL},
    {"no-dereference", 'P', NULL, NULL},
    {"dereference", 'L', NULL, NULL},
    {"symlinks", 0, "HOW", mapcp_take_symlinks},
    {"include", 0, "GLOB", mapcp_take_include},
    {"exclude", 0, "GLOB", mapcp_take_exclude},
    {"shard", 0, "I/N", mapcp_take_shard},
    {"no-target-directory", 'T', NULL, NULL},
    {"make-parents", MAKE_PARENTS, NULL, NULL},
    {"no-clobber", 'n', NULL, NULL},
    {"update", 'u', NULL, NULL},
    {"overwrite", 0, "WHEN", mapcp_take_overwrite},
    {"preserve", 'p', NULL, NULL},
    {"sparse", 0, "WHEN", mapcp_take_sparse},
    {"verify", VERIFY, NULL, NULL},
    {"sync", SYNC, NULL, NULL},
    {"window-size", 0, "SIZE", mapcp_take_window_size},
    {"keep-going", KEEP_GOING, NULL, NULL},
    {"dry-run", DRY_RUN, NULL, NULL},
    {"clean", CLEAN, NULL, NULL},
    {"progress", PROGRESS, NULL, NULL},
    {"no-progress", NO_PROGRESS, NULL, NULL},
    {"json", JSON, NULL, NULL},
    {"quiet", 'q', NULL, NULL},
    {"verbose", 'v', NULL, NULL},
    {"version", 'V', NULL, NULL},
    {"help", 'h', NULL, NULL},
};

static const struct flag *const flags_end = all_flags + sizeof(all_flags) / sizeof(*all_flags);

static bool end_refusal(void) {
    fputc('\n', stderr);
    fputs(mapcp_usage, stderr);
    fputs("Try 'mapcp --help'.\n", stderr);
    return false;
}

bool mapcp_refuse(const char *why, const char *what) {
    fputs("mapcp: ", stderr);
    fputs(why, stderr);
    if (what) {
        fputc(' ', stderr);
        mapcp_put_quoted(stderr, what);
    }
    return end_refusal();
}

static void begin_value_refusal(const struct flag *flag) {
    fputs("mapcp: option '--", stderr);
    fputs(flag->name, stderr);
    fputs(" <", stderr);
    fputs(flag->value, stderr);
    fputs(">' argument ", stderr);
}

static bool take_value(struct mapcp_flags *flags, const struct flag *flag, const char *value) {
    if (!value) {
        begin_value_refusal(flag);
        fputs("missing", stderr);
        return end_refusal();
    }
    const char *why = flag->take(&flags->options, value);
    if (!why) {
        return true;
    }
    begin_value_refusal(flag);
    mapcp_put_quoted(stderr, value);
    fputs(" is invalid. ", stderr);
    fputs(why, stderr);
    return end_refusal();
}

static void take_copying(struct mapcp_options *options, int number) {
    switch (number) {
    case 'r':
        options->recursive = true;
        break;
    case 'P':
        options->symlinks = MAPCP_PRESERVE_LINKS;
        break;
    case 'L':
        options->symlinks = MAPCP_FOLLOW_LINKS;
        break;
    case MAKE_PARENTS:
        options->make_parents = true;
        break;
    case 'n':
        options->overwrite = MAPCP_OVERWRITE_NEVER;
        break;
    case 'u':
        // Whoever asks for -n beside -u wants nothing replaced, in whichever order.
        if (options->overwrite != MAPCP_OVERWRITE_NEVER) {
            options->overwrite = MAPCP_OVERWRITE_NEWER;
        }
        break;
    case 'p':
        options->preserve_timestamps = true;
        break;
    case VERIFY:
        options->verify = true;
        break;
    case SYNC:
        options->sync = true;
        break;
    case KEEP_GOING:
        options->keep_going = true;
        break;
    case DRY_RUN:
        options->dry_run = true;
        break;
    }
}

static void take(struct mapcp_flags *flags, int number) {
    switch (number) {
    case 'T':
        flags->target_is_path = true;
        break;
    case CLEAN:
        flags->action = MAPCP_CLEAN;
        break;
    case PROGRESS:
        flags->progress = MAPCP_SHOWN;
        break;
    case NO_PROGRESS:
        flags->progress = MAPCP_NOT_SHOWN;
        break;
    case JSON:
        flags->json = true;
        break;
    case 'q':
        flags->quiet = true;
        break;
    case 'v':
        flags->verbose = true;
        break;
    case 'V':
        flags->action = MAPCP_PRINT_VERSION;
        break;
    case 'h':
        flags->action = MAPCP_PRINT_HELP;
        break;
    default:
        take_copying(&flags->options, number);
    }
}

/// Takes an option that stands for itself, such as --name or --name=value. Without a value of its own it
/// takes the `next` argument, and sets `*next` to NULL.
static bool take_long(struct mapcp_flags *flags, const char *argument, const char **next) {
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const struct flag *flag = all_flags;
    while (flag < flags_end && (strncmp(flag->name, name, length) != 0 || flag->name[length])) {
        flag++;
    }
    if (flag == flags_end || (value && !flag->value)) {
        return mapcp_refuse("unknown option", argument);
    }
    if (!flag->value) {
        take(flags, flag->number);
        return true;
    }
    if (!value) {
        value = *next;
        *next = NULL;
    }
    return take_value(flags, flag, value);
}

/// Takes options that are letters behind one dash. None of them has a value.
static bool take_letters(struct mapcp_flags *flags, const char *argument) {
    for (const char *letter = argument + 1; *letter; letter++) {
        const struct flag *flag = all_flags;
        while (flag < flags_end && flag->number != *letter) {
            flag++;
        }
        if (flag == flags_end) {
            fputs("mapcp: unknown option '-", stderr);
            mapcp_put_escaped(stderr, letter);
            fputc('\'', stderr);
            return end_refusal();
        }
        take(flags, flag->number);
    }
    return true;
}

/// Whether there is no more to read: who asks for help gets it, whatever follows.
static bool is_settled(const struct mapcp_flags *flags) {
    return flags->action == MAPCP_PRINT_HELP || flags->action == MAPCP_PRINT_VERSION;
}

bool mapcp_flags_read(struct mapcp_flags *flags, int count, char **arguments) {
    size_t capacity = (size_t)count + 1;
    *flags = (struct mapcp_flags){
        .options.include.items = calloc(capacity, sizeof(char *)),
        .options.exclude.items = calloc(capacity, sizeof(char *)),
        .names = calloc(capacity, sizeof(char *)),
    };
    if (!flags->options.include.items || !flags->options.exclude.items || !flags->names) {
        fputs("mapcp: cannot read the arguments: out of memory\n", stderr);
        return false;
    }
    bool takes_options = true;
    for (int index = 1; index < count && !is_settled(flags); index++) {
        const char *argument = arguments[index];
        const char *next = arguments[index + 1];
        bool good = true;
        if (!takes_options || argument[0] != '-' || argument[1] == '\0') {
            flags->names[flags->name_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            takes_options = false;
        } else if (argument[1] == '-') {
            good = take_long(flags, argument, &next);
            index += next != arguments[index + 1];
        } else {
            good = take_letters(flags, argument);
        }
        if (!good) {
            return false;
        }
    }
    // With -T, what SOURCE is called does not matter.
    flags->options.filter_source = !flags->target_is_path;
    if (flags->name_count == 0 && !is_settled(flags)) {
        const bool cleans = flags->action == MAPCP_CLEAN;
        return mapcp_refuse(cleans ? "there is no DIRECTORY" : "there is no SOURCE and no TARGET", NULL);
    }
    return true;
}

void mapcp_flags_free(struct mapcp_flags *flags) {
    free((char **)flags->options.include.items);
    free((char **)flags->options.exclude.items);
    free(flags->names);
}
