#include "flags.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "text.h"

/// Options without a letter; one with a letter has that for its number.
enum number {
    SYMLINKS = 256,
    INCLUDE,
    EXCLUDE,
    SHARD,
    MAKE_PARENTS,
    OVERWRITE,
    SPARSE,
    VERIFY,
    SYNC,
    WINDOW_SIZE,
    KEEP_GOING,
    DRY_RUN,
    CLEAN,
    PROGRESS,
    NO_PROGRESS,
    JSON,
};

struct flag {
    int number;
    const char *name;
    /// What its value is called, or NULL where it has none.
    const char *value;
};

static const struct flag all_flags[] = {
    {'r', "recursive", NULL},
    {'P', "no-dereference", NULL},
    {'L', "dereference", NULL},
    {SYMLINKS, "symlinks", "HOW"},
    {INCLUDE, "include", "GLOB"},
    {EXCLUDE, "exclude", "GLOB"},
    {SHARD, "shard", "I/N"},
    {'T', "no-target-directory", NULL},
    {MAKE_PARENTS, "make-parents", NULL},
    {'n', "no-clobber", NULL},
    {'u', "update", NULL},
    {OVERWRITE, "overwrite", "WHEN"},
    {'p', "preserve", NULL},
    {SPARSE, "sparse", "WHEN"},
    {VERIFY, "verify", NULL},
    {SYNC, "sync", NULL},
    {WINDOW_SIZE, "window-size", "SIZE"},
    {KEEP_GOING, "keep-going", NULL},
    {DRY_RUN, "dry-run", NULL},
    {CLEAN, "clean", NULL},
    {PROGRESS, "progress", NULL},
    {NO_PROGRESS, "no-progress", NULL},
    {JSON, "json", NULL},
    {'q', "quiet", NULL},
    {'v', "verbose", NULL},
    {'V', "version", NULL},
    {'h', "help", NULL},
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

static bool refuse_missing_value(const struct flag *flag) {
    begin_value_refusal(flag);
    fputs("missing", stderr);
    return end_refusal();
}

static void begin_bad_value_refusal(const struct flag *flag, const char *value) {
    begin_value_refusal(flag);
    mapcp_put_quoted(stderr, value);
    fputs(" is invalid. ", stderr);
}

/// Sets `*choice` to the place of `value` among the choices, which a NULL ends.
static bool take_choice(const struct flag *flag, const char *value, const char *const *choices, int *choice) {
    for (*choice = 0; choices[*choice]; ++*choice) {
        if (strcmp(value, choices[*choice]) == 0) {
            return true;
        }
    }
    begin_bad_value_refusal(flag, value);
    fputs("Allowed choices are ", stderr);
    for (int index = 0; choices[index]; index++) {
        fputs(index > 0 ? ", " : "", stderr);
        fputs(choices[index], stderr);
    }
    fputc('.', stderr);
    return end_refusal();
}

/// A number of bytes, such as "65536", "64K" or "1M"; 0 where it is none, or not from 1 byte to 1 GiB.
static uint32_t size_of(const char *text) {
    uint64_t size = 0;
    const char *end = text;
    for (; *end >= '0' && *end <= '9' && size <= MAPCP_LARGEST_WINDOW; end++) {
        size = 10 * size + (uint64_t)(*end - '0');
    }
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit) {
        size <<= 10 * (unit - units + 1);
        end++;
    }
    return *end == '\0' && size <= MAPCP_LARGEST_WINDOW ? (uint32_t)size : 0;
}

static bool take_size(uint32_t *size, const struct flag *flag, const char *value) {
    *size = size_of(value);
    if (*size > 0) {
        return true;
    }
    begin_bad_value_refusal(flag, value);
    fputs("A size is from 1 to 1G bytes, such as 65536, 64K or 4M.", stderr);
    return end_refusal();
}

/// Takes a whole number that ends at `end`; false where there is none, or one that is too large.
static bool take_number(const char *text, char end, uint32_t *number) {
    const size_t digits = strspn(text, "0123456789");
    const unsigned long long value = strtoull(text, NULL, 10);
    *number = (uint32_t)value;
    return digits > 0 && text[digits] == end && value <= UINT32_MAX;
}

static bool take_shard(struct mapcp_shard *shard, const struct flag *flag, const char *value) {
    const char *slash = strchr(value, '/');
    if (slash && take_number(value, '/', &shard->index) && take_number(slash + 1, '\0', &shard->count) &&
        shard->index < shard->count) {
        return true;
    }
    begin_bad_value_refusal(flag, value);
    fputs("It is I/N with I from 0 to N - 1.", stderr);
    return end_refusal();
}

static void take_pattern(struct mapcp_patterns *patterns, const char *pattern) {
    // The list is as long as there are arguments.
    ((const char **)patterns->items)[patterns->count++] = pattern;
}

static bool take_value(struct mapcp_flags *flags, const struct flag *flag, const char *value) {
    static const char *const symlinks[] = {"preserve", "follow", "skip", NULL};
    static const char *const overwrite[] = {"always", "never", "newer", "error", NULL};
    static const char *const sparse[] = {"auto", "always", "never", NULL};
    struct mapcp_options *options = &flags->options;
    int choice = 0;
    bool good = true;
    switch (flag->number) {
    case SYMLINKS:
        good = take_choice(flag, value, symlinks, &choice);
        options->symlinks = (enum mapcp_symlinks)choice;
        break;
    case OVERWRITE:
        good = take_choice(flag, value, overwrite, &choice);
        options->overwrite = (enum mapcp_overwrite)choice;
        break;
    case SPARSE:
        good = take_choice(flag, value, sparse, &choice);
        options->sparse = (enum mapcp_sparse)choice;
        break;
    case INCLUDE:
        take_pattern(&options->include, value);
        break;
    case EXCLUDE:
        take_pattern(&options->exclude, value);
        break;
    case SHARD:
        good = take_shard(&options->shard, flag, value);
        break;
    default:
        good = take_size(&options->window_size, flag, value);
    }
    return good;
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
    return value ? take_value(flags, flag, value) : refuse_missing_value(flag);
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
