// The command line's grammar: a table of all options, the parser, and --help. The completions, the manual
// page, the list in docs/command-line.md and the fuzzers' dictionary are generated from the same table.
//
// This file must not use stdio: the command under Node loads it as a separate module, without a WASI host.

#include "grammar.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "text.h"

// --- The table ---------------------------------------------------------------------------------------------

/// What an option does. Most options change a member of the invocation.
enum effect {
    NO_EFFECT,
    /// Sets a bool to true.
    SETS,
    /// Sets an enum to `number`.
    STORES,
    /// Sets an enum to the index of the value among `choices`.
    STORES_CHOICE,
    /// Stores the value itself. The option can be given only once.
    STORES_TEXT,
    /// Stores a number of bytes, such as 64K.
    STORES_SIZE,
    /// Stores a limit in bytes, such as 10M, or as a number of entries or levels.
    STORES_BYTES,
    STORES_COUNT,
    /// Stores a number of jobs.
    STORES_JOBS,
    /// Stores a shard, such as 0/4.
    STORES_SHARD,
    /// Adds the value to a list of patterns.
    ADDS_PATTERN,
    /// Applies several other options, given by their letters in `text`.
    STANDS_FOR,
    /// Is wrong usage, for the reason in `text`.
    IS_REFUSED,
    PRINTS_HELP,
    PRINTS_VERSION,
};

/// A row of the table: an option, or a heading of --help. Most members are those of
/// struct mapcp_option_description.
struct option {
    const char *name;
    const char *letters;
    const char *help;
    enum effect effect;
    /// The offset of the member of the invocation that the option changes.
    size_t member;
    /// The value that STORES stores.
    unsigned number;
    /// The letters of STANDS_FOR, or the reason of IS_REFUSED.
    const char *text;
    const char *value;
    const char *const *choices;
    const char *initial;
    const char *needs;
    /// Whether the option can be combined with --clean.
    bool cleans;
};

#define MEMBER(name) .member = offsetof(struct mapcp_invocation, name)
#define SETS(name) .effect = SETS, MEMBER(name)
#define STORES(what, name) .effect = STORES, .number = (what), MEMBER(name)
#define STANDS_FOR(which) .effect = STANDS_FOR, .text = (which)
#define IS_REFUSED(why) .effect = IS_REFUSED, .text = (why)
#define TAKES(name_of_value, how, name) .value = (name_of_value), .effect = (how), MEMBER(name)
#define CHOOSES(name_of_value, from, name) TAKES(name_of_value, STORES_CHOICE, name), .choices = (from)

static const char *const name_policies[] = {"any", "portable", NULL};
static const char *const links[] = {"preserve", "follow", "skip", "contained", NULL};
static const char *const overwriting[] = {"always", "never", "newer", "error", NULL};
static const char *const sparseness[] = {"auto", "always", "never", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", "powershell", NULL};

static const char never_asks[] = "cannot be used: mapcp never asks; use -n, -u or --overwrite instead";

/// All options, in the order of --help. A row without a name is a heading. --help does not list an option
/// without help.
static const struct option table[] = {
    {.help = "What to copy, and where to:"},
    {"recursive", "rR", "copy directories and everything in them", SETS(options.recursive)},
    {"archive", "a", "the same as -r -P -p -H", STANDS_FOR("rPpH")},
    {"no-dereference", "P", "copy links as links (default with -r)",
     STORES(MAPCP_SYMLINKS_PRESERVE, options.symlinks)},
    {"dereference", "L", "copy what links lead to (default without -r)",
     STORES(MAPCP_SYMLINKS_FOLLOW, options.symlinks)},
    {"symlinks", "", "preserve (-P), follow (-L), skip or contained",
     CHOOSES("HOW", links, options.symlinks)},
    {"names", "", "accept any names, or only portable ones", CHOOSES("WHICH", name_policies, options.names),
     .initial = "any"},
    {"include", "", "copy only files and links that match GLOB",
     TAKES("GLOB", ADDS_PATTERN, options.include)},
    {"exclude", "", "leave out entries that match GLOB", TAKES("GLOB", ADDS_PATTERN, options.exclude)},
    {"files-from", "", "copy only the paths in FILE; - is standard input",
     TAKES("FILE", STORES_TEXT, files_from)},
    {"null", "", "with --files-from: paths end in NUL, not newline", SETS(has_nulls)},
    {"shard", "", "copy only shard I of N; I is 0 to N-1", TAKES("I/N", STORES_SHARD, options.shard)},
    {"target-directory", "t", "copy every SOURCE into DIR; omit TARGET",
     TAKES("DIR", STORES_TEXT, target_directory)},
    {"no-target-directory", "T", "copy to TARGET itself, never into it", SETS(target_is_path)},
    {"make-parents", "", "make missing parent directories of TARGET", SETS(options.make_parents)},
    {"max-bytes", "", "fail if the copy exceeds SIZE bytes", TAKES("SIZE", STORES_BYTES, options.max_bytes)},
    {"max-files", "", "fail if the copy exceeds N entries", TAKES("N", STORES_COUNT, options.max_files)},
    {"max-depth", "", "fail if it exceeds N levels", TAKES("N", STORES_COUNT, options.max_depth),
     .initial = "10000"},
    {"max-file-size", "", "fail if a file exceeds SIZE bytes",
     TAKES("SIZE", STORES_BYTES, options.max_file_size)},

    {.help = "How to copy:"},
    {"no-clobber", "n", "keep existing files and links", STORES(MAPCP_OVERWRITE_NEVER, options.overwrite)},
    {"update", "u", "replace files only with newer ones", STORES(MAPCP_OVERWRITE_NEWER, options.overwrite)},
    // With -f, cp removes a target that it cannot write. mapcp always writes a new file.
    {"force", "f", .effect = NO_EFFECT},
    {"interactive", "i", .help = NULL, IS_REFUSED(never_asks)},
    {"overwrite", "", "when to replace: always, never, newer or error",
     CHOOSES("WHEN", overwriting, options.overwrite), .initial = "always"},
    {"preserve", "p", "keep access and modification times", SETS(options.preserve_timestamps)},
    {"preserve-hard-links", "H", "keep hard links between copied files", SETS(options.preserve_hard_links)},
    {"sparse", "", "when to make holes: auto, always or never", CHOOSES("WHEN", sparseness, options.sparse),
     .initial = "auto"},
    {"verify", "", "compare each copy with its source", SETS(options.verify)},
    {"allow-changes", "", "copy a growing file up to its initial size", SETS(options.allow_changes)},
    {"sync", "", "flush each file to disk before renaming it", SETS(options.sync)},
    {"window-size", "", "map at most SIZE bytes at a time", TAKES("SIZE", STORES_SIZE, options.window_size),
     .initial = "1M"},
    {"concurrency", "", "copy a tree with N threads", TAKES("N", STORES_JOBS, concurrency), .initial = "1",
     .needs = "threads, which a WASI command does not have"},
    {"atomic", "", "copy a tree as a whole or not at all", STORES(MAPCP_ATOMICITY_TREE, options.atomic)},
    {"keep-going", "", "continue after errors, and fail at the end", SETS(options.keep_going),
     .cleans = true},
    {"dry-run", "", "check what would happen, and change nothing", SETS(options.dry_run), .cleans = true},
    {"clean", "", "remove temporary files of killed runs", STORES(MAPCP_ACTION_CLEAN, action),
     .cleans = true},

    {.help = "What to print:"},
    {"progress", "", "show progress at once, even without a terminal",
     STORES(MAPCP_PROGRESS_ALWAYS, progress), .cleans = true},
    {"no-progress", "", "do not show progress", STORES(MAPCP_PROGRESS_NEVER, progress), .cleans = true},
    {"json", "", "print one JSON object per line", SETS(json), .cleans = true},
    {"quiet", "q", "print only errors", SETS(quiet), .cleans = true},
    {"verbose", "v", "print each entry", SETS(verbose), .cleans = true},
    {"completion", "", "print a script for bash, zsh, fish or powershell", TAKES("SHELL", STORES_TEXT, shell),
     .choices = shells, .needs = "files of the npm package, which this command does not have",
     .cleans = true},
    {"version", "V", "print the version", .effect = PRINTS_VERSION, .cleans = true},
    {"help", "h", "print this help", .effect = PRINTS_HELP, .cleans = true},
};

#define TABLE_COUNT (sizeof(table) / sizeof(*table))

static const struct option *const table_end = table + TABLE_COUNT;

/// The heading that an option is listed under.
static const char *section_of(const struct option *option) {
    while (option->name) {
        option--;
    }
    return option->help;
}

bool mapcp_describe_option(size_t number, struct mapcp_option_description *description) {
    for (const struct option *option = table; option < table_end; option++) {
        if (option->name && number-- == 0) {
            *description = (struct mapcp_option_description){
                .name = option->name,
                .letters = option->letters,
                .section = section_of(option),
                .help = option->help,
                .value = option->value,
                .choices = option->choices,
                .initial = option->initial,
                .needs = option->needs,
            };
            return true;
        }
    }
    return false;
}

// --- Text --------------------------------------------------------------------------------------------------

/// A string that grows. If memory runs out, `start` is NULL, and adding does nothing.
struct text {
    char *start;
    size_t length;
    size_t room;
};

static struct text new_text(void) {
    const size_t room = 256;
    char *start = malloc(room);
    if (start) {
        *start = '\0';
    }
    return (struct text){.start = start, .room = room};
}

static void add_bytes(struct text *text, const char *bytes, size_t count) {
    if (text->start && text->room - text->length <= count) {
        text->room = 2 * text->room + count;
        char *grown = realloc(text->start, text->room);
        if (!grown) {
            free(text->start);
        }
        text->start = grown;
    }
    if (text->start) {
        memcpy(text->start + text->length, bytes, count);
        text->length += count;
        text->start[text->length] = '\0';
    }
}

static void add(struct text *text, const char *more) {
    add_bytes(text, more, strlen(more));
}

static void add_spaces(struct text *text, size_t count) {
    while (count-- > 0) {
        add(text, " ");
    }
}

static void add_escaped(struct text *text, const char *more) {
    char escape[MAPCP_ESCAPE_SIZE];
    while (*more) {
        const size_t length = mapcp_escape(more, escape);
        add_bytes(text, *escape ? escape : more, *escape ? strlen(escape) : length);
        more += length;
    }
}

static void add_quoted(struct text *text, const char *more) {
    add(text, "'");
    add_escaped(text, more);
    add(text, "'");
}

/// Adds an option as --help and messages show it: its letter, its name and the name of its value.
static void add_term(struct text *text, const struct option *option) {
    if (*option->letters) {
        add(text, "-");
        add_bytes(text, option->letters, 1);
        add(text, ", ");
    }
    add(text, "--");
    add(text, option->name);
    if (option->value) {
        add(text, " <");
        add(text, option->value);
        add(text, ">");
    }
}

// --- Help --------------------------------------------------------------------------------------------------

static const char usage[] = "Usage: mapcp [options] SOURCE... TARGET\n"
                            "       mapcp --clean DIRECTORY...\n";

static const char introduction[] =
    "\n"
    "Copies files, links and directory trees in a sandbox that can reach only the\n"
    "directories of SOURCE and TARGET. Each file appears complete or not at all. If\n"
    "TARGET is a directory, the copies go into it. The SOURCE - is standard input.\n"
    "\n";

static const char ending[] =
    "\n"
    "Example: mapcp -r --exclude '*.o' --exclude node_modules project backup\n"
    "A GLOB matches names or, if it contains a slash, paths below SOURCE.\n"
    "Exit status: 0 copied, 1 failed, 2 wrong usage (in wasmtime 1), 130 interrupted.\n";

/// The column of --help in which the clauses begin.
static const size_t clause_column = 32;

static void add_line(struct text *text, const struct option *option) {
    const size_t start = text->length;
    add_spaces(text, *option->letters ? 2 : 6);
    add_term(text, option);
    const size_t width = text->length - start;
    add_spaces(text, width < clause_column ? clause_column - width : 1);
    add(text, option->help);
    if (option->initial && !option->choices) {
        add(text, " (default ");
        add(text, option->initial);
        add(text, ")");
    }
    add(text, "\n");
}

static void add_help(struct text *text, bool is_alone) {
    add(text, usage);
    add(text, introduction);
    for (const struct option *option = table; option < table_end; option++) {
        if (!option->name) {
            add(text, option->help);
            add(text, "\n");
        } else if (option->help && !(is_alone && option->needs)) {
            add_line(text, option);
        }
    }
    add(text, ending);
}

// --- The parser --------------------------------------------------------------------------------------------

/// The state of the parser.
struct reading {
    struct mapcp_invocation *invocation;
    bool is_alone;
    /// Whether each option of the table was given.
    bool given[TABLE_COUNT];
    /// Whether to ignore the remaining arguments, because the invocation prints a text.
    bool is_over;
};

/// The value of `symlinks` until an option sets it.
static const enum mapcp_symlinks links_unsaid = MAPCP_SYMLINKS_CONTAINED + 1;

static void print(struct reading *reading, struct text text, int status) {
    struct mapcp_invocation *invocation = reading->invocation;
    free(invocation->text);
    invocation->action = MAPCP_ACTION_PRINT;
    invocation->text = text.start;
    invocation->status = status;
    reading->is_over = true;
}

/// Begins a message about wrong usage. The caller must pass it to end_refusal, or add its end.
static struct text begin_refusal(const char *why) {
    struct text text = new_text();
    add(&text, "mapcp: ");
    add(&text, why);
    return text;
}

static void add_usage(struct text *text) {
    add(text, "\n");
    add(text, usage);
    add(text, "Try 'mapcp --help'.\n");
}

static void end_refusal(struct reading *reading, struct text *text) {
    add_usage(text);
    print(reading, *text, MAPCP_STATUS_USAGE);
}

/// Refuses the arguments. The message is `why`, followed by `what` in quotes unless that is NULL.
static void refuse(struct reading *reading, const char *why, const char *what) {
    struct text text = begin_refusal(why);
    if (what) {
        add(&text, " ");
        add_quoted(&text, what);
    }
    end_refusal(reading, &text);
}

/// Refuses an option. In the message, `why` follows the option's name.
static void refuse_option(struct reading *reading, const struct option *option, const char *why) {
    struct text text = begin_refusal("option '");
    add_term(&text, option);
    add(&text, "' ");
    add(&text, why);
    end_refusal(reading, &text);
}

static void refuse_pair(struct reading *reading, const char *one, const char *other) {
    struct text text = begin_refusal("option '--");
    add(&text, one);
    add(&text, "' cannot be used with option '--");
    add(&text, other);
    add(&text, "'");
    end_refusal(reading, &text);
}

/// Refuses a value. The message ends with the choices or, if the option has none, with the sentence `why`.
static void refuse_value(struct reading *reading, const struct option *option, const char *value,
                         const char *why) {
    struct text text = begin_refusal("option '");
    add_term(&text, option);
    add(&text, "' does not accept ");
    add_quoted(&text, value);
    add(&text, ". ");
    if (option->choices) {
        add(&text, "Allowed values are ");
        for (const char *const *choice = option->choices; *choice; choice++) {
            add(&text, choice == option->choices ? "" : ", ");
            add(&text, *choice);
        }
        add(&text, ".");
    } else {
        add(&text, why);
    }
    end_refusal(reading, &text);
}

/// Reads a whole number that must end at the character `end`. Returns false if it does not, or if the number
/// exceeds `most`. strtoull would link all of stdio.
static bool read_number(const char *text, char end, uint64_t most, uint64_t *number) {
    uint64_t value = 0;
    const char *digit = text;
    while (*digit >= '0' && *digit <= '9') {
        const uint64_t unit = (uint64_t)(*digit - '0');
        if (unit > most || value > (most - unit) / 10) {
            return false;
        }
        value = 10 * value + unit;
        digit++;
    }
    *number = value;
    return digit > text && *digit == end;
}

static const char *read_shard(const char *value, struct mapcp_shard *shard) {
    const char *slash = strchr(value, '/');
    uint64_t index = 0;
    uint64_t count = 0;
    const bool good = slash && read_number(value, '/', UINT32_MAX, &index) &&
                      read_number(slash + 1, '\0', UINT32_MAX, &count) && index < count;
    *shard = (struct mapcp_shard){.index = (uint32_t)index, .count = (uint32_t)count};
    return good ? NULL : "It must be I/N, with I from 0 to N-1.";
}

/// Reads a number of bytes that can end in one of the `units`. Returns false if it is something else, or if
/// the number exceeds `most`.
static bool read_bytes(const char *value, const char *units, uint64_t most, uint64_t *bytes) {
    const char *end = value + strspn(value, "0123456789");
    const char upper = (char)(*end >= 'a' && *end <= 'z' ? *end - 'a' + 'A' : *end);
    const char *unit = upper ? strchr(units, upper) : NULL;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    const bool good =
        (*end == '\0' || (unit && end[1] == '\0')) && read_number(value, *end, most >> shift, bytes);
    *bytes <<= shift;
    return good;
}

static const char *read_window(const char *value, uint32_t *size) {
    uint64_t bytes = 0;
    const bool good = read_bytes(value, "KMG", MAPCP_LARGEST_WINDOW, &bytes) && bytes > 0;
    *size = (uint32_t)bytes;
    return good ? NULL : "It must be from 1 to 1G bytes, such as 65536, 64K or 4M.";
}

static const char *read_limit(const char *value, const char *units, const char *why,
                              struct mapcp_limit *limit) {
    limit->is_set = read_bytes(value, units, UINT64_MAX, &limit->most);
    return limit->is_set ? NULL : why;
}

/// The API has the same limit.
static const uint32_t most_jobs = 256;

static const char *read_jobs(const char *value, uint32_t *jobs) {
    uint64_t number = 0;
    const bool good = read_number(value, '\0', most_jobs, &number) && number > 0;
    *jobs = (uint32_t)number;
    return good ? NULL : "It must be a whole number from 1 to 256.";
}

/// The index of a value among choices; -1 if it is none of them.
static int choice_of(const char *value, const char *const *choices) {
    for (int number = 0; choices[number]; number++) {
        if (strcmp(value, choices[number]) == 0) {
            return number;
        }
    }
    return -1;
}

/// Sets a member that is an enum.
static void store(void *member, unsigned number) {
    static_assert(sizeof(enum mapcp_symlinks) == sizeof(number), "an enum is an unsigned int");
    memcpy(member, &number, sizeof(number));
}

/// Applies an option with its value. If the value is wrong, returns a sentence that says what it must be;
/// otherwise NULL.
static const char *apply_value(struct mapcp_invocation *invocation, const struct option *option,
                               const char *value) {
    void *member = (char *)invocation + option->member;
    const int choice = option->choices ? choice_of(value, option->choices) : 0;
    if (choice < 0) {
        return "";
    }
    switch (option->effect) {
    case STORES_CHOICE:
        store(member, (unsigned)choice);
        return NULL;
    case STORES_TEXT: {
        const char **text = member;
        const bool is_second = *text != NULL;
        *text = value;
        return is_second ? "It can be given only once." : NULL;
    }
    case STORES_SIZE:
        return read_window(value, member);
    case STORES_BYTES:
        return read_limit(value, "KMGT", "It must be a number of bytes, such as 65536, 64K or 4T.", member);
    case STORES_COUNT:
        return read_limit(value, "", "It must be a whole number.", member);
    case STORES_JOBS:
        return read_jobs(value, member);
    case STORES_SHARD:
        return read_shard(value, member);
    default: {
        struct mapcp_patterns *patterns = member;
        ((const char **)patterns->items)[patterns->count++] = value;
        return mapcp_glob_fault(value);
    }
    }
}

static const struct option *option_of_letter(char letter) {
    const struct option *option = table;
    while (option < table_end && !(option->name && strchr(option->letters, letter))) {
        option++;
    }
    return option;
}

/// Applies an option without a value.
static void apply(struct reading *reading, const struct option *option) {
    struct mapcp_invocation *invocation = reading->invocation;
    void *member = (char *)invocation + option->member;
    struct text text;
    switch (option->effect) {
    case SETS:
        *(bool *)member = true;
        break;
    case STORES:
        // -n overrides -u in either order.
        if (*option->letters != 'u' || invocation->options.overwrite != MAPCP_OVERWRITE_NEVER) {
            store(member, option->number);
        }
        break;
    case STANDS_FOR:
        for (const char *letter = option->text; *letter; letter++) {
            apply(reading, option_of_letter(*letter));
        }
        break;
    case IS_REFUSED:
        refuse_option(reading, option, option->text);
        break;
    case PRINTS_HELP:
        text = new_text();
        add_help(&text, reading->is_alone);
        print(reading, text, 0);
        break;
    case PRINTS_VERSION:
        text = new_text();
        add(&text, MAPCP_VERSION "\n");
        print(reading, text, 0);
        break;
    default:
        break;
    }
}

/// Handles an option. `value` is NULL if the arguments have none for it.
static void take(struct reading *reading, const struct option *option, const char *value) {
    reading->given[option - table] = true;
    if (reading->is_alone && option->needs) {
        struct text why = new_text();
        add(&why, "needs ");
        add(&why, option->needs);
        refuse_option(reading, option, why.start ? why.start : "");
        free(why.start);
    } else if (!option->value) {
        apply(reading, option);
    } else if (!value) {
        refuse_option(reading, option, "needs a value");
    } else {
        const char *why = apply_value(reading->invocation, option, value);
        if (why) {
            refuse_value(reading, option, value, why);
        }
    }
}

/// Whether one name may be a typo of the other: they differ only within two adjacent characters.
static bool is_similar(const char *name, size_t length, const char *other) {
    const size_t other_length = strlen(other);
    const size_t longest = length > other_length ? length : other_length;
    const size_t shortest = length > other_length ? other_length : length;
    size_t start = 0;
    while (start < shortest && name[start] == other[start]) {
        start++;
    }
    size_t end = 0;
    while (start + end < shortest && name[length - 1 - end] == other[other_length - 1 - end]) {
        end++;
    }
    return longest > 3 && longest - start - end <= 2;
}

/// Refuses --name or --name=value, and suggests an option with a similar name. `length` is the length of the
/// name.
static void refuse_unknown(struct reading *reading, const char *argument, size_t length) {
    struct text text = begin_refusal("unknown option ");
    add_quoted(&text, argument);
    for (const struct option *option = table; option < table_end; option++) {
        if (option->name && is_similar(argument + 2, length, option->name)) {
            add(&text, "; did you mean '--");
            add(&text, option->name);
            add(&text, "'?");
            break;
        }
    }
    end_refusal(reading, &text);
}

/// Handles --name or --name=value. If the option needs a value and none follows an equals sign, the value is
/// `*next`, which is then set to NULL.
static void take_long(struct reading *reading, const char *argument, const char **next) {
    const char *name = argument + 2;
    const size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const struct option *option = table;
    while (option < table_end &&
           !(option->name && strncmp(option->name, name, length) == 0 && !option->name[length])) {
        option++;
    }
    if (option == table_end) {
        refuse_unknown(reading, argument, length);
        return;
    }
    if (value && !option->value) {
        refuse_option(reading, option, "takes no value");
        return;
    }
    if (option->value && !value) {
        value = *next;
        *next = NULL;
    }
    take(reading, option, value);
}

/// Handles the letters after one dash. If a letter needs a value, the value is the rest of the argument. If
/// there is no rest, it is `*next`, which is then set to NULL.
static void take_letters(struct reading *reading, const char *argument, const char **next) {
    for (const char *letter = argument + 1; *letter && !reading->is_over; letter++) {
        const struct option *option = option_of_letter(*letter);
        if (*letter == '=' && letter > argument + 1) {
            refuse_option(reading, option_of_letter(letter[-1]), "takes no value");
        } else if (option == table_end) {
            struct text text = begin_refusal("unknown option '-");
            add_escaped(&text, letter);
            add(&text, "'");
            end_refusal(reading, &text);
        } else if (!option->value) {
            take(reading, option, NULL);
        } else {
            const char *value = letter[1] ? letter + 1 : *next;
            *next = letter[1] ? *next : NULL;
            take(reading, option, value);
            return;
        }
    }
}

static void read_arguments(struct reading *reading, const char *const *arguments, size_t count) {
    struct mapcp_invocation *invocation = reading->invocation;
    bool takes_options = true;
    for (size_t index = 0; index < count && !reading->is_over; index++) {
        const char *argument = arguments[index];
        const char *const following = index + 1 < count ? arguments[index + 1] : NULL;
        const char *next = following;
        if (!takes_options || argument[0] != '-' || argument[1] == '\0') {
            invocation->names[invocation->name_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            takes_options = false;
        } else if (argument[1] == '-') {
            take_long(reading, argument, &next);
        } else {
            take_letters(reading, argument, &next);
        }
        index += next != following;
    }
}

// --- Combinations of arguments -----------------------------------------------------------------------------

static bool is_given(const struct reading *reading, const char *name) {
    for (size_t index = 0; index < TABLE_COUNT; index++) {
        if (table[index].name && strcmp(table[index].name, name) == 0) {
            return reading->given[index];
        }
    }
    return false;
}

/// Refuses options that cannot be used with a tree that appears as a whole.
static void check_atomic(struct reading *reading) {
    const struct mapcp_invocation *invocation = reading->invocation;
    if (invocation->options.atomic != MAPCP_ATOMICITY_TREE) {
        return;
    }
    if (invocation->options.overwrite == MAPCP_OVERWRITE_NEWER) {
        refuse_pair(reading, "atomic", is_given(reading, "update") ? "update" : "overwrite=newer");
    } else if (invocation->concurrency > 1) {
        refuse_pair(reading, "atomic", "concurrency");
    } else if (is_given(reading, "shard")) {
        refuse_pair(reading, "atomic", "shard");
    } else if (is_given(reading, "keep-going")) {
        refuse_pair(reading, "atomic", "keep-going");
    }
}

/// Refuses options that contradict each other.
static void check_pairs(struct reading *reading) {
    if (is_given(reading, "target-directory") && is_given(reading, "no-target-directory")) {
        refuse_pair(reading, "target-directory", "no-target-directory");
        return;
    }
    if (is_given(reading, "files-from") && is_given(reading, "concurrency")) {
        refuse_pair(reading, "files-from", "concurrency");
        return;
    }
    if (is_given(reading, "null") && !is_given(reading, "files-from")) {
        refuse(reading, "option '--null' needs option '--files-from'", NULL);
        return;
    }
    if (is_given(reading, "shard") && (is_given(reading, "max-bytes") || is_given(reading, "max-files"))) {
        refuse_pair(reading, is_given(reading, "max-bytes") ? "max-bytes" : "max-files", "shard");
        return;
    }
    for (size_t index = 0; is_given(reading, "clean") && index < TABLE_COUNT; index++) {
        if (reading->given[index] && !table[index].cleans) {
            refuse_pair(reading, "clean", table[index].name);
            return;
        }
    }
    check_atomic(reading);
}

/// Sets the members that depend on several options.
static void settle(const struct reading *reading) {
    struct mapcp_invocation *invocation = reading->invocation;
    struct mapcp_options *options = &invocation->options;
    const bool has_policy =
        is_given(reading, "overwrite") || is_given(reading, "no-clobber") || is_given(reading, "update");
    if (options->atomic == MAPCP_ATOMICITY_TREE && !has_policy) {
        // A whole tree is replaced only on request.
        options->overwrite = MAPCP_OVERWRITE_ERROR;
    }
    if (options->symlinks == links_unsaid) {
        // As cp does. With a list, links are entries like all others.
        options->symlinks =
            options->recursive || invocation->files_from ? MAPCP_SYMLINKS_PRESERVE : MAPCP_SYMLINKS_FOLLOW;
    }
    if (invocation->files_from) {
        options->input = invocation->has_nulls ? MAPCP_INPUT_PATHS : MAPCP_INPUT_LINES;
    }
    // With -T, the copy does not get SOURCE's name, so patterns must not match it.
    options->filter_source = !invocation->target_is_path;
    if (invocation->quiet) {
        invocation->verbose = false;
        invocation->progress = MAPCP_PROGRESS_NEVER;
    }
}

/// Makes the invocation report that memory ran out, which PRINT without a text means.
static void give_up(struct mapcp_invocation *invocation) {
    free(invocation->text);
    invocation->text = NULL;
    invocation->action = MAPCP_ACTION_PRINT;
    invocation->status = 1;
}

/// Sets the message for a target that is not a directory but must be one.
static void require_directory(struct mapcp_invocation *invocation, const char *why) {
    struct text text = begin_refusal(why);
    add(&text, " ");
    add_quoted(&text, invocation->target);
    add_usage(&text);
    invocation->unless_directory = text.start;
    if (!text.start) {
        give_up(invocation);
    }
}

/// Whether a name stands for standard input.
static bool is_standard_input(const char *name) {
    return strcmp(name, "-") == 0;
}

/// If a source is standard input, refuses other sources, and takes TARGET as the path of the copy: a stream
/// has no name for a directory.
static void check_stream(struct reading *reading) {
    struct mapcp_invocation *invocation = reading->invocation;
    for (size_t index = 0; index < invocation->name_count; index++) {
        if (!is_standard_input(invocation->names[index])) {
            continue;
        }
        if (invocation->name_count > 1) {
            refuse(reading,
                   "SOURCE '-' is standard input, which must be the only SOURCE; for a file, write './-'",
                   NULL);
        } else if (invocation->target_directory) {
            refuse(reading, "SOURCE '-' is standard input, which has no name; write TARGET, not -t", NULL);
        } else if (invocation->files_from) {
            refuse(reading, "SOURCE '-' is standard input, which cannot be used with --files-from", NULL);
        } else if (is_given(reading, "shard")) {
            refuse(reading, "SOURCE '-' is standard input, which cannot be used with --shard", NULL);
        }
        invocation->options.input = MAPCP_INPUT_CONTENT;
        invocation->target_is_path = true;
        return;
    }
}

/// Divides the names into sources and the target.
static void divide_names(struct reading *reading) {
    struct mapcp_invocation *invocation = reading->invocation;
    const bool is_named = invocation->target_directory != NULL;
    invocation->target =
        is_named ? invocation->target_directory : invocation->names[--invocation->name_count];
    invocation->makes_target = is_named && invocation->options.make_parents;
    if (invocation->name_count == 0) {
        refuse(reading, "TARGET is missing after", invocation->target);
    } else if (invocation->name_count > 1 && invocation->files_from) {
        refuse(reading, "--files-from allows only one SOURCE; extra name", invocation->names[1]);
    } else if (invocation->name_count > 1 && invocation->target_is_path) {
        refuse(reading, "-T allows only one SOURCE; extra name", invocation->target);
    } else if (is_named) {
        require_directory(invocation, "-t needs a directory, but this is not one:");
    } else if (invocation->name_count > 1) {
        require_directory(invocation, "several SOURCEs need a directory as TARGET, but this is not one:");
    }
    if (!reading->is_over) {
        check_stream(reading);
    }
}

static void check_names(struct reading *reading) {
    const struct mapcp_invocation *invocation = reading->invocation;
    const bool cleans = invocation->action == MAPCP_ACTION_CLEAN;
    if (invocation->name_count == 0) {
        refuse(reading,
               cleans                         ? "DIRECTORY is missing"
               : invocation->target_directory ? "SOURCE is missing"
                                              : "SOURCE and TARGET are missing",
               NULL);
    } else if (!cleans) {
        divide_names(reading);
    }
}

// --- Parse -------------------------------------------------------------------------------------------------

struct mapcp_invocation mapcp_parse(const char *const *arguments, size_t count, bool is_alone) {
    struct mapcp_invocation invocation = {
        .options.include.items = calloc(count + 1, sizeof(char *)),
        .options.exclude.items = calloc(count + 1, sizeof(char *)),
        .options.symlinks = links_unsaid,
        .names = calloc(count + 1, sizeof(char *)),
        .concurrency = 1,
    };
    if (!invocation.options.include.items || !invocation.options.exclude.items || !invocation.names) {
        give_up(&invocation);
        return invocation;
    }
    struct reading reading = {.invocation = &invocation, .is_alone = is_alone};
    read_arguments(&reading, arguments, count);
    if (reading.is_over) {
        return invocation;
    }
    if (invocation.shell) {
        invocation.action = MAPCP_ACTION_COMPLETE;
        return invocation;
    }
    check_pairs(&reading);
    if (reading.is_over) {
        return invocation;
    }
    settle(&reading);
    check_names(&reading);
    return invocation;
}

void mapcp_invocation_free(struct mapcp_invocation *invocation) {
    free(invocation->unless_directory);
    free(invocation->text);
    free((char **)invocation->options.include.items);
    free((char **)invocation->options.exclude.items);
    free(invocation->names);
}
