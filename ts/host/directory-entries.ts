import type { Dir, Dirent } from 'node:fs';
import type {
  DescriptorType,
  DirectoryEntry,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Handle } from './handle.js';
import { decodeUtf8, escapeBytes } from './names.js';

function typeOfEntry(entry: Dirent): DescriptorType {
  switch (true) {
    case entry.isFile():
      return 'regular-file';
    case entry.isDirectory():
      return 'directory';
    case entry.isSymbolicLink():
      return 'symbolic-link';
    case entry.isFIFO():
      return 'fifo';
    case entry.isCharacterDevice():
      return 'character-device';
    case entry.isBlockDevice():
      return 'block-device';
    default:
      return 'unknown';
  }
}

/** A directory being listed, a few entries at a time, so that its size does not matter. */
export class DirectoryEntries {
  readonly #listing: Dir;
  readonly #directory: Handle;
  readonly #escaped: ((name: string) => void) | undefined;

  /**
   * Takes over `listing`, and one ownership of the directory that it lists. Names that are not UTF-8 are escaped where
   * there is an `escaped` to be told of each.
   */
  constructor(listing: Dir, directory: Handle, escaped?: (name: string) => void) {
    this.#listing = listing;
    this.#escaped = escaped;
    // Node looks up by path what the system does not say in the listing, so the directory must stay held.
    this.#directory = directory;
  }

  /**
   * The next entry, or undefined after the last. A name that is not UTF-8 and not to be escaped fails with
   * `illegal-byte-sequence`, and the call after that goes on behind it.
   */
  next(): DirectoryEntry | undefined {
    const entry = this.#listing.readSync();
    if (entry === null) {
      return undefined;
    }
    const name: unknown = entry.name;
    return { type: typeOfEntry(entry), name: this.#textOf(name as Uint8Array) };
  }

  #textOf(name: Uint8Array): string {
    try {
      return decodeUtf8(name);
    } catch (error) {
      if (this.#escaped === undefined) {
        throw error;
      }
      const text = `${escapeBytes(name)}/`;
      this.#escaped(text);
      return text;
    }
  }

  close(): void {
    this.#listing.closeSync();
    this.#directory.release();
  }
}
