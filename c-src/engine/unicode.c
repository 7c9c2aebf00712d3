#include "unicode.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "path.h"
#include "unicode_tables.h"
#include "utf8.h"

// --- Tables ------------------------------------------------------------------------------------------------

/// A code point, and the one or two that it is folded to. These are folded again. `second` is 0 if there is
/// only one.
struct step {
    uint32_t from;
    uint32_t to;
    uint32_t second;
};

/// Code points with one value.
struct range {
    uint32_t first;
    uint32_t last;
    uint32_t value;
};

/// A run of code points that are each folded to one other at the same distance. `every` is 1 if all of them
/// are, and 2 if every second one is.
struct run {
    uint32_t first;
    uint32_t last;
    uint32_t every;
    uint32_t to;
};

/// The tables, unpacked. Each is sorted.
struct tables {
    struct run runs[UNICODE_RUNS];
    struct step singles[UNICODE_SINGLES];
    struct step pairs[UNICODE_PAIRS];
    struct range marks[UNICODE_MARKS];
    struct range ignored[UNICODE_IGNORED];
};

/// A packed table that is being read.
struct packed {
    const unsigned char *at;
    const unsigned char *end;
};

#define PACKED(table) ((struct packed){.at = (table), .end = (table) + sizeof(table)})

static uint32_t take_number(struct packed *packed) {
    uint32_t number = 0;
    unsigned char byte = 0;
    unsigned shift = 0;
    do {
        byte = *packed->at++;
        number |= (byte & UINT32_C(63)) << shift;
        shift += 6;
    } while (byte & 64);
    return number;
}

/// Adds a number that can be negative.
static uint32_t add_number(uint32_t to, struct packed *packed) {
    const uint32_t number = take_number(packed);
    return number & 1 ? to - (number + 1) / 2 : to + number / 2;
}

static void unpack_runs(struct run *run) {
    struct packed packed = PACKED(unicode_runs);
    uint32_t first = 0;
    while (packed.at < packed.end) {
        first += take_number(&packed);
        const uint32_t shape = take_number(&packed);
        const uint32_t every = shape % 2 + 1;
        *run++ = (struct run){
            .first = first,
            .last = first + (shape / 2 + 1) * every,
            .every = every,
            .to = add_number(first, &packed),
        };
    }
}

static void unpack_steps(struct step *step, struct packed packed, bool are_pairs) {
    struct step last = {.from = 0};
    while (packed.at < packed.end) {
        last.from += take_number(&packed);
        last.to = add_number(last.to, &packed);
        last.second = are_pairs ? add_number(last.second, &packed) : 0;
        *step++ = last;
    }
}

static void unpack_ranges(struct range *range, struct packed packed) {
    uint32_t end = 0;
    while (packed.at < packed.end) {
        range->first = end + take_number(&packed);
        range->last = end = range->first + take_number(&packed);
        range->value = take_number(&packed);
        range++;
    }
}

/// The tables, which are unpacked once. NULL if memory runs out.
static const struct tables *unpack(void) {
    static struct tables *tables;
    struct tables *unpacked = tables ? NULL : malloc(sizeof(*unpacked));
    if (unpacked) {
        unpack_runs(unpacked->runs);
        unpack_steps(unpacked->singles, PACKED(unicode_singles), false);
        unpack_steps(unpacked->pairs, PACKED(unicode_pairs), true);
        unpack_ranges(unpacked->marks, PACKED(unicode_marks));
        unpack_ranges(unpacked->ignored, PACKED(unicode_ignored));
        tables = unpacked;
    }
    return tables;
}

static int compare_step(const void *key, const void *element) {
    const uint32_t character = *(const uint32_t *)key;
    const struct step *step = element;
    return (character > step->from) - (character < step->from);
}

static int compare_run(const void *key, const void *element) {
    const uint32_t character = *(const uint32_t *)key;
    const struct run *run = element;
    return (character > run->last) - (character < run->first);
}

static int compare_range(const void *key, const void *element) {
    const uint32_t character = *(const uint32_t *)key;
    const struct range *range = element;
    return (character > range->last) - (character < range->first);
}

/// Sets `step` to the step of a character. Returns false if folding does not change it.
static bool find_step(const struct tables *tables, uint32_t character, struct step *step) {
    const struct step *found =
        bsearch(&character, tables->pairs, UNICODE_PAIRS, sizeof(*found), compare_step);
    if (!found) {
        found = bsearch(&character, tables->singles, UNICODE_SINGLES, sizeof(*found), compare_step);
    }
    if (found) {
        *step = *found;
        return true;
    }
    const struct run *run = bsearch(&character, tables->runs, UNICODE_RUNS, sizeof(*run), compare_run);
    if (!run || (character - run->first) % run->every != 0) {
        return false;
    }
    *step = (struct step){.from = character, .to = run->to + (character - run->first)};
    return true;
}

static bool is_ignored(const struct tables *tables, uint32_t character) {
    return bsearch(&character, tables->ignored, UNICODE_IGNORED, sizeof(*tables->ignored), compare_range) !=
           NULL;
}

/// The rank of a combining mark, by which marks are sorted. 0 for all other characters.
static uint32_t rank_of(const struct tables *tables, uint32_t character) {
    const struct range *range =
        bsearch(&character, tables->marks, UNICODE_MARKS, sizeof(*range), compare_range);
    return range ? range->value : 0;
}

// --- Folding -----------------------------------------------------------------------------------------------

// Hangul syllables are composed by arithmetic: of a leading consonant, a vowel and, in 27 of 28 cases, a
// trailing consonant.
#define FIRST_SYLLABLE UINT32_C(0xac00)
#define LAST_SYLLABLE UINT32_C(0xd7a3)
#define FIRST_LEADING UINT32_C(0x1100)
#define FIRST_VOWEL UINT32_C(0x1161)
#define BEFORE_TRAILING UINT32_C(0x11a7)
#define VOWELS 21
#define TRAILINGS 28

/// A mark until all marks are sorted, and then a letter.
#define IOTA_MARK UINT32_C(0x345)
#define IOTA UINT32_C(0x3b9)

static bool append(struct mapcp_folded *folded, uint32_t character) {
    uint32_t *characters =
        mapcp_array_reserve(folded->characters, folded->length, &folded->capacity, sizeof(*characters));
    if (!characters) {
        return false;
    }
    folded->characters = characters;
    characters[folded->length++] = character;
    return true;
}

static bool append_syllable(struct mapcp_folded *folded, uint32_t syllable) {
    const uint32_t index = syllable - FIRST_SYLLABLE;
    const uint32_t trailing = index % TRAILINGS;
    return append(folded, FIRST_LEADING + index / TRAILINGS / VOWELS) &&
           append(folded, FIRST_VOWEL + index / TRAILINGS % VOWELS) &&
           (trailing == 0 || append(folded, BEFORE_TRAILING + trailing));
}

/// Appends what a character is folded to. ASCII needs no tables. The depth is at most that of Unicode's
/// longest chain of steps.
static bool append_folded(struct mapcp_folded *folded, const struct tables *tables, uint32_t character) {
    if (character < 0x80) {
        return append(folded, (uint32_t)tolower((int)character));
    }
    assert(tables);
    if (character >= FIRST_SYLLABLE && character <= LAST_SYLLABLE) {
        return append_syllable(folded, character);
    }
    if (is_ignored(tables, character)) {
        return true;
    }
    struct step step;
    if (!find_step(tables, character, &step)) {
        return append(folded, character);
    }
    return append_folded(folded, tables, step.to) &&
           (step.second == 0 || append_folded(folded, tables, step.second));
}

// While marks are sorted, the bits above those of a character have its rank.
#define RANK_SHIFT 24
#define CHARACTER_BITS ((UINT32_C(1) << RANK_SHIFT) - 1)

/// Sorts the marks after each letter by their ranks. Marks of one rank keep their order.
static void sort_marks(struct mapcp_folded *folded, const struct tables *tables) {
    uint32_t *characters = folded->characters;
    for (size_t index = 0; index < folded->length; index++) {
        const uint32_t rank = rank_of(tables, characters[index]);
        const uint32_t mark = characters[index] | rank << RANK_SHIFT;
        size_t place = index;
        while (rank > 0 && place > 0 && characters[place - 1] >> RANK_SHIFT > rank) {
            characters[place] = characters[place - 1];
            place--;
        }
        characters[place] = mark;
    }
    for (size_t index = 0; index < folded->length; index++) {
        characters[index] &= CHARACTER_BITS;
    }
}

static bool is_ascii(const char *text) {
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

bool mapcp_fold(struct mapcp_folded *folded, const char *text) {
    const bool is_plain = is_ascii(text);
    const struct tables *tables = is_plain ? NULL : unpack();
    bool good = is_plain || tables;
    folded->length = 0;
    while (good && *text != '\0') {
        good = append_folded(folded, tables, mapcp_take_character(&text));
    }
    if (!good || is_plain) {
        return good;
    }
    sort_marks(folded, tables);
    for (size_t index = 0; index < folded->length; index++) {
        if (folded->characters[index] == IOTA_MARK) {
            folded->characters[index] = IOTA;
        }
    }
    return true;
}

bool mapcp_folded_are_equal(const struct mapcp_folded *one, const struct mapcp_folded *other) {
    bool equal = one->length == other->length;
    for (size_t index = 0; equal && index < one->length; index++) {
        equal = one->characters[index] == other->characters[index];
    }
    return equal;
}

void mapcp_folded_free(struct mapcp_folded *folded) {
    free(folded->characters);
    *folded = (struct mapcp_folded){.characters = NULL};
}
