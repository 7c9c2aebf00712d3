import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { below } from '../api/host-path.js';
import { escapeBytes } from '../host/names.js';
import type { CopyError } from '../index.js';

/**
 * Finds the bytes of names that are not UTF-8. Errors show such a name with escapes, so it may look like a name with a
 * backslash.
 */
export class InvalidNames {
  #directory: string | undefined;
  /** The names of the directory by their text. Several may have the same text, and each of them has an error. */
  #names = new Map<string, Buffer[]>();

  /**
   * Returns the path of an error in base64; undefined if it is UTF-8. Call it once for each error.
   *
   * @param from the source of the copy, which a listed path is below
   */
  base64Of({ code, operation, path, listed }: CopyError, from: string): string | undefined {
    if (listed !== undefined) {
      const start = below(from, 'x').slice(0, -1);
      return Buffer.concat([Buffer.from(start), listed]).toString('base64');
    }
    if (code !== 'EILSEQ' || operation !== 'inspect') {
      return undefined;
    }
    const directory = dirname(path);
    if (directory !== this.#directory) {
      this.#list(directory);
    }
    const name = this.#names.get(basename(path))?.shift();
    const start = path.slice(0, path.length - basename(path).length);
    return name && Buffer.concat([Buffer.from(start), name]).toString('base64');
  }

  #list(directory: string): void {
    this.#directory = directory;
    this.#names = new Map();
    for (const name of namesIn(directory).filter((bytes) => !isUtf8(bytes))) {
      const text = escapeBytes(name);
      this.#names.set(text, [...(this.#names.get(text) ?? []), name]);
    }
  }
}

function namesIn(directory: string): readonly Buffer[] {
  try {
    return readdirSync(directory, { encoding: 'buffer' });
  } catch {
    // It is gone since the error. Its names stay unknown.
    return [];
  }
}
