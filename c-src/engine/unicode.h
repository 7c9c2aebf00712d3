#ifndef MAPCP_UNICODE_H
#define MAPCP_UNICODE_H

// Folding gives one form to all texts that some file system may treat as one name: texts that differ in the
// case of their letters, in their Unicode normalisation, or in invisible characters.
//
// The form is that of Unicode's canonical decomposition, of its upper case, and of the full case folding of
// that, decomposed again, without default ignorable code points. So ß equals SS, and the Kelvin sign equals
// k. The tables are generated: see build/unicode.mjs.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A folded text. All zeros are an empty one. Must be freed with mapcp_folded_free.
struct mapcp_folded {
    /// Code points, and numbers beyond Unicode for bytes that are not UTF-8. Owned.
    uint32_t *characters;
    size_t length;
    size_t capacity;
};

/// Folds a text. The previous one is lost. Returns false if memory runs out. The first text that is not ASCII
/// unpacks the tables, which then take about 30,000 bytes.
bool mapcp_fold(struct mapcp_folded *folded, const char *text);

/// Whether two folded texts are equal.
bool mapcp_folded_are_equal(const struct mapcp_folded *one, const struct mapcp_folded *other);

/// Frees the characters.
void mapcp_folded_free(struct mapcp_folded *folded);

#endif
