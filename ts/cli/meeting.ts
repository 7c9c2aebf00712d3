import { basename } from 'node:path';

/**
 * Whether two copies into one directory may have the same target, so that one would replace the other. True if
 * some file system may treat two of the names as one; also true if in doubt.
 *
 * @param sources the paths of the sources
 */
export function mayMeet(sources: readonly string[]): boolean {
  const names = sources.map((source) => basename(source));
  const hasOdd = names.some(isOdd);
  return names.length > 1 && (hasOdd || new Set(names.map(folded)).size < names.length);
}

/**
 * Whether a name may equal names that are spelled differently. The content of a source without a name goes into the
 * target itself. FAT ignores dots and spaces at the end of a name, and has short names with a tilde for long ones.
 */
function isOdd(name: string): boolean {
  return name === '' || /[. ]$|~/.test(name);
}

/**
 * Returns the same text for names that some file system treats as one, by case, normalisation or invisible characters.
 */
function folded(name: string): string {
  return name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
