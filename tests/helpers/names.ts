// Names that some file system treats as one, by JavaScript's own functions and by mapcp.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type CopyError, copy } from 'mapcp';
import { inMemoryDirectory } from './directory.js';

/** Whether JavaScript's functions have the version of Unicode that the engine has; see build/unicode.mjs. */
export const hasEnginesUnicode = process.versions.unicode === '17.0';

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

/** Returns the names that a copy with portable names refuses, each with its sibling. */
export async function siblingsOf(names: readonly string[]): Promise<Record<string, string | undefined>> {
  return inMemoryDirectory(async (directory) => {
    const source = join(directory, 'a');
    mkdirSync(source);
    for (const name of names) {
      writeFileSync(join(source, name), '');
    }
    const errors: CopyError[] = [];
    const options = { recursive: true, names: 'portable', keepGoing: true, dryRun: true } as const;
    await copy(source, join(directory, 'b'), { ...options, onError: (error) => errors.push(error) });
    return Object.fromEntries(errors.map((error) => [error.source.slice(source.length + 1), error.sibling]));
  });
}
