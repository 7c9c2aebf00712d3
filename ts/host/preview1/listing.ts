// The entries of a directory by cookies. A program reads some entries at a time and says with a number, the cookie,
// which comes next.
//
// One listing of the system stays open, so that a program which removes or creates entries between two reads misses no
// other entry and gets none twice. Only a program that goes back starts a new listing.

import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { OpenDirectory } from '../directory.js';
import type { Entries } from '../directory-entries.js';
import { errorCode } from '../error-code.js';

/** An entry of a directory. */
export interface Dirent {
  /** Its name in UTF-8. */
  readonly name: Uint8Array;
  readonly type: DescriptorType;
  /** Its inode number; that of the directory for `..`, as in wasmtime. */
  readonly inode: bigint;
}

/**
 * How many of the latest entries are kept at least, to be read again. At most twice as many are: 128 take 25 kB of the
 * heap, a program can have 65,536 directories open, and the process ends when the heap is full.
 */
const KEPT = 64;

const encoder = new TextEncoder();

/** The listing of one open directory. */
export class Listing {
  readonly #directory: OpenDirectory;
  #entries: Entries | undefined;
  /** The entries that can be read again. */
  #kept: Dirent[] = [];
  /** The cookie of the first of them. */
  #first = 0;
  #hasEnded = false;

  /** Lists `directory`, which stays the caller's. */
  constructor(directory: OpenDirectory) {
    this.#directory = directory;
  }

  /** Starts to read at an entry. The first cookie, 0, starts a new listing. */
  start(cookie: number): void {
    if (cookie === 0 || cookie < this.#first) {
      this.close();
    }
    const count = cookie - this.#first;
    if (count > 0 && count <= this.#kept.length) {
      this.#forget(count);
    }
  }

  /**
   * Returns the entry with a cookie; undefined after the last. Fails as the system does, and with
   * `illegal-byte-sequence` at a name that is not UTF-8: the next call continues after it.
   */
  at(cookie: number): Dirent | undefined {
    while (cookie >= this.#first + this.#kept.length) {
      const entry = this.#read(this.#first + this.#kept.length);
      if (entry === undefined) {
        return undefined;
      }
      this.#kept.push(entry);
      if (this.#kept.length > 2 * KEPT) {
        this.#forget(KEPT);
      }
    }
    return this.#kept[cookie - this.#first];
  }

  /** Closes the system's listing. The next read starts a new one. */
  close(): void {
    this.#entries?.close();
    this.#entries = undefined;
    this.#hasEnded = false;
    this.#kept = [];
    this.#first = 0;
  }

  #forget(count: number): void {
    this.#kept.splice(0, count);
    this.#first += count;
  }

  /** Reads the next entry of the system's listing, which gets this cookie. */
  #read(cookie: number): Dirent | undefined {
    if (cookie < 2) {
      const inode = this.#directory.identity().lower;
      return { name: encoder.encode(cookie === 0 ? '.' : '..'), type: 'directory', inode };
    }
    while (!this.#hasEnded) {
      this.#entries ??= this.#directory.entries();
      const entry = this.#entries.next();
      if (entry === undefined) {
        this.#entries.close();
        this.#entries = undefined;
        this.#hasEnded = true;
        break;
      }
      const inode = this.#inodeOf(entry.name);
      if (inode !== undefined) {
        return { name: encoder.encode(entry.name), type: entry.type, inode };
      }
    }
    return undefined;
  }

  /** Returns the inode number of an entry. Undefined if the entry was removed after it was listed. */
  #inodeOf(name: string): bigint | undefined {
    try {
      return this.#directory.identityAt(false, name).lower;
    } catch (error) {
      if (errorCode(error) !== 'no-entry') {
        throw error;
      }
      return undefined;
    }
  }
}
