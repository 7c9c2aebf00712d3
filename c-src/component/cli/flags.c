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
    ALLOW_CHANGES,
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
    /// Whether it is about copying, so that it means nothing for --clean.
    bool copies;
    /// What its value is called, and what takes it; NULL where it has none.
    const char *value;
    mapcp_take_value *take;
};

static const struct flag all_flags[] = {
    {"recursive", 'r', true, NULL, NULL},
    {"archive", 'a', true, NULL, NULL},
    {"no-dereference", 'P', true, NULL, NULL},
    {"dereference", 'L', true, NULL, NULL},
    {"symlinks", 0, true, "HOW", mapcp_take_symlinks},
    {"include", 0, true, "GLOB", mapcp_take_include},
    {"exclude", 0, true, "GLOB", mapcp_take_exclude},
    {"shard", 0, true, "I/N", mapcp_take_shard},
    {"target-directory", 't', true, "DIR", mapcp_take_target_directory},
    {"no-target-directory", 'T', true, NULL, NULL},
    {"make-parents", MAKE_PARENTS, true, NULL, NULL},
    {"no-clobber", 'n', true, NULL, NULL},
    {"update", 'u', true, NULL, NULL},
    {"force", 'f', true, NULL, NULL},
    {"overwrite", 0, true, "WHEN", mapcp_take_overwrite},
    {"preserve", 'p', true, NULL, NULL},
    {"sparse", 0, true, "WHEN", mapcp_take_sparse},
    {"verify", VERIFY, true, NULL, NULL},
    {"allow-changes", ALLOW_CHANGES, true, NULL, NULL},
    {"sync", SYNC, true, NULL, NULL},
    {"window-size", 0, true, "SIZE", mapcp_take_window_size},
    {"keep-going", KEEP_GOING, false, NULL, NULL},
    {"dry-run", DRY_RUN, false, NULL, NULL},
    {"clean", CLEAN, false, NULL, NULL},
    {"progress", PROGRESS, false, NULL, NULL},
    {"no-progress", NO_PROGRESS, false, NULL, NULL},
    {"json", JSON, false, NULL, NULL},
    {"quiet", 'q', false, NULL, NULL},
    {"verbose", 'v', false, NULL, NULL},
    {"version", 'V', false, NULL, NULL},
    {"help", 'h', false, NULL, NULL},
};

#define FLAG_COUNT (sizeof(all_flags) / sizeof(*all_flags))

static const struct flag *const flags_end = all_flags + FLAG_COUNT;

/// The arguments, while they are read.
struct reading {
    struct mapcp_flags *flags;
    /// Which options were given, as all_flags has them.
    bool given[FLAG_COUNT];
};

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
    fputs("mapcp: option '", stderr);
    if (flag->number != 0) {
        const char letter[] = {'-', (char)flag->number, ',', ' ', '\0'};
        fputs(letter, stderr);
    }
    fputs("--", stderr);
    fputs(flag->name, stderr);
    fputs(" <", stderr);
    fputs(flag->value, stderr);
    fputs(">' argument ", stderr);
}

static bool take_value(struct reading *reading, const struct flag *flag, const char *value) {
    reading->given[flag - all_flags] = true;
    if (!value) {
        begin_value_refusal(flag);
        fputs("missing", stderr);
        return end_refusal();
    }
    const char *why = flag->take(reading->flags, value);
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
    case 'a':
        options->recursive = true;
        options->symlinks = MAPCP_PRESERVE_LINKS;
        options->preserve_timestamps = true;
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
    case ALLOW_CHANGES:
        options->allow_changes = true;
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

static void take(struct reading *reading, const struct flag *flag) {
    struct mapcp_flags *flags = reading->flags;
    reading->given[flag - all_flags] = true;
    switch (flag->number) {
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
        take_copying(&flags->options, flag->number);
    }
}

/// Takes an option that stands for itself, such as --name or --name=value. Without a value of its own it
/// takes the `next` argument, and sets `*next` to NULL.
static bool take_long(struct reading *reading, const char *argument, const char **next) {
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
        take(reading, flag);
        return true;
    }
    if (!value) {
        value = *next;
        *next = NULL;
    }
    return take_value(reading, flag, value);
}

/// Takes options that are letters behind one dash. The value of one is what follows it there, or the `next`
/// argument, in which case it sets `*next` to NULL.
static bool take_letters(struct reading *reading, const char *argument, const char **next) {
    for (const char *letter = argument + 1; *letter; letter++) {
        const struct flag *flag = all_flags;
        // cp has two letters for the same.
        while (flag < flags_end && flag->number != (*letter == 'R' ? 'r' : *letter)) {
            flag++;
        }
        if (flag == flags_end) {
            fputs("mapcp: unknown option '-", stderr);
            mapcp_put_escaped(stderr, letter);
            fputc('\'', stderr);
            return end_refusal();
        }
        if (!flag->value) {
            take(reading, flag);
            continue;
        }
        const char *value = letter[1] ? letter + 1 : *next;
        *next = letter[1] ? *next : NULL;
        return take_value(reading, flag, value);
    }
    return true;
}

/// Whether there is no more to read: who asks for help gets it, whatever follows.
static bool is_settled(const struct mapcp_flags *flags) {
    return flags->action == MAPCP_PRINT_HELP || flags->action == MAPCP_PRINT_VERSION;
}

static bool read_arguments(struct reading *reading, int count, char **arguments) {
    struct mapcp_flags *flags = reading->flags;
    bool takes_options = true;
    bool good = true;
    for (int index = 1; good && index < count && !is_settled(flags); index++) {
        const char *argument = arguments[index];
        const char *next = arguments[index + 1];
        if (!takes_options || argument[0] != '-' || argument[1] == '\0') {
            flags->names[flags->name_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            takes_options = false;
        } else if (argument[1] == '-') {
            good = take_long(reading, argument, &next);
            index += next != arguments[index + 1];
        } else {
            good = take_letters(reading, argument, &next);
            index += next != arguments[index + 1];
        }
    }
    return good;
}

static bool is_given(const struct reading *reading, const char *name) {
    for (size_t index = 0; index < FLAG_COUNT; index++) {
        if (strcmp(all_flags[index].name, name) == 0) {
            return reading->given[index];
        }
    }
    return false;
}

static bool refuse_pair(const char *one, const char *other) {
    fputs("mapcp: option '--", stderr);
    fputs(one, stderr);
    fputs("' cannot be used with option '--", stderr);
    fputs(other, stderr);
    fputc('\'', stderr);
    return end_refusal();
}

/// Refuses options that contradict each other. docs/command-line.md says what the others come to together.
static bool check_pairs(const struct reading *reading) {
    if (is_given(reading, "target-directory") && is_given(reading, "no-target-directory")) {
        return refuse_pair("target-directory", "no-target-directory");
    }
    for (size_t index = 0; is_given(reading, "clean") && index < FLAG_COUNT; index++) {
        if (reading->given[index] && all_flags[index].copies) {
            return refuse_pair("clean", all_flags[index].name);
        }
    }
    return true;
}

/// Settles what depends on several options.
static void settle(const struct reading *reading) {
    struct mapcp_flags *flags = reading->flags;
    struct mapcp_options *options = &flags->options;
    const bool says_links = is_given(reading, "no-dereference") || is_given(reading, "dereference") ||
                            is_given(reading, "symlinks") || is_given(reading, "archive");
    if (!says_links && !options->recursive) {
        options->symlinks = MAPCP_FOLLOW_LINKS;
    }
    // With -T, what SOURCE is called does not matter.
    options->filter_source = !flags->target_is_path;
    if (flags->quiet) {
        flags->verbose = false;
        flags->progress = MAPCP_NOT_SHOWN;
    }
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
    struct reading reading = {.flags = flags};
    if (!read_arguments(&reading, count, arguments)) {
        return false;
    }
    if (is_settled(flags)) {
        return true;
    }
    if (!check_pairs(&reading)) {
        return false;
    }
    settle(&reading);
    if (flags->name_count == 0) {
        return mapcp_refuse(flags->action == MAPCP_CLEAN ? "there is no DIRECTORY"
                            : flags->target_directory    ? "there is no SOURCE"
                                                         : "there is no SOURCE and no TARGET",
                            NULL);
    }
    return true;
}

void mapcp_flags_free(struct mapcp_flags *flags) {
    free((char **)flags->options.include.items);
    free((char **)flags->options.exclude.items);
    free(flags->names);
}
