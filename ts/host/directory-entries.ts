import type { Dir, Dirent } from 'node:fs';
import type {
  DescriptorType,
  DirectoryEntry,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Handle } from './handle.js';
import { decodeUtf8 } from './names.js';

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

  /** Takes over `listing`, and one ownership of the directory that it lists. */
  constructor(listing: Dir, directory: Handle) {
    this.#listing = listing;
    // Node looks up by path what the system does not say in the listing, so the directory must stay held.
    this.#directory = directory;
  }

  /**
   * The next entry, or undefined after the last. A name that is not UTF-8 fails with `illegal-byte-sequence`, and the
   * call after that goes on behind it.
   */
  next(): DirectoryEntry | undefined {
    const entry = this.#listing.readSync();
    if (entry === null) {
      return undefined;
    }
    const name: unknown = entry.name;
    return { type: typeOfEntry(entry), name: decodeUtf8(name as Uint8Array) };
  }

  close(): void {
    this.#listing.closeSync();
    this.#directory.release();
  }
}
