import { basename } from 'node:path';

/**
 * Whether two copies into one directory may meet, so that one would replace what the other one has made: whether two of
 * the names are one to some file system. It may be true of names that do not meet, and never false of some that do.
 *
 * @param sources what is copied
 */
export function mayMeet(sources: readonly string[]): boolean {
  const names = sources.map((source) => basename(source));
  const hasOdd = names.some(isOdd);
  return names.length > 1 && (hasOdd || new Set(names.map(folded)).size < names.length);
}

/**
 * Whether a name may be one with others that are spelled differently. What is in a directory without a name goes where
 * all others go; FAT leaves out dots and spaces at the end of a name, and has short names with a tilde for long ones.
 */
function isOdd(name: string): boolean {
  return name === '' || /[. ]$|~/.test(name);
}

/** The same text for names that some file system takes for one, by case, by normalisation, or by characters that are invisible. */
function folded(name: string): string {
  return name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
