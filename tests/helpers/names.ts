// Names that some file system treats as one, by JavaScript's own functions.

/** Invisible characters. */
const ignored = /\p{Default_Ignorable_Code_Point}/gu;

/** The combining iota, which is a mark until it gets upper case. */
const IOTA_MARK = /\u0345/g;

/**
 * Returns the same text for names that some file system treats as one. JavaScript has no function that folds case, but
 * upper case and lower case, twice, have the same effect, except for a sigma at the end of a word. Only the second time
 * has an upper-case sharp s two letters.
 *
 * @param name any name
 */
export function classOf(name: string): string {
  return name
    .replace(ignored, '')
    .normalize('NFD')
    .replace(IOTA_MARK, '\u03b9')
    .toUpperCase()
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('\u03c2', '\u03c3')
    .normalize('NFD')
    .replace(ignored, '');
}

/** Returns names sorted by their bytes. */
export function sortedByBytes(names: readonly string[]): readonly string[] {
  return [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
