import type { DirectoryEntry } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail, ignoringErrors } from './error-code.js';
import type { Handle } from './handle.js';
import { escapeName, textOf } from './names.js';
import { CLOSING, expectStack } from './stack.js';
import type { Listing } from './walker.js';

/** What a component reads of a directory, one entry after the other. */
export type Entries = Pick<DirectoryEntries, keyof DirectoryEntries>;

/** A listing of a directory. It reads a few entries at a time, so memory does not grow with the directory. */
export class DirectoryEntries {
  readonly #listing: Listing;
  readonly #directory: Handle;
  readonly #escapes: boolean;
  readonly #listed: (entry: DirectoryEntry, isEscaped: boolean) => void;
  #isClosed = false;

  /**
   * Takes over `listing`, and one ownership of the directory that it lists.
   *
   * @param escapes whether names that are not UTF-8 are escaped
   * @param listed called with each entry
   */
  constructor(
    listing: Listing,
    directory: Handle,
    escapes: boolean,
    listed: (entry: DirectoryEntry, isEscaped: boolean) => void,
  ) {
    this.#listing = listing;
    this.#escapes = escapes;
    this.#listed = listed;
    // Node looks up by path what the system leaves out of the listing, so the directory must stay held.
    this.#directory = directory;
  }

  /**
   * Returns the next entry, or undefined after the last. A name that is not UTF-8 fails with `illegal-byte-sequence`,
   * unless names are escaped; the next call continues after it. Fails with `bad-descriptor` after `close`.
   */
  next(): DirectoryEntry | undefined {
    if (this.#isClosed) {
      fail('bad-descriptor');
    }
    const entry = this.#listing.next();
    if (entry === undefined) {
      return undefined;
    }
    const text = textOf(entry.name);
    if (text === undefined && !this.#escapes) {
      fail('illegal-byte-sequence');
    }
    const listed = { type: entry.type, name: text ?? `${escapeName(entry.name)}/` };
    this.#listed(listed, text === undefined);
    return listed;
  }

  close(): void {
    expectStack(CLOSING);
    // If there is no room on the stack to release the directory, this is called again. The listing must not be closed
    // twice, because the system may have given its memory or its handle to something else by then.
    if (!this.#isClosed) {
      ignoringErrors(() => this.#listing.close());
      this.#isClosed = true;
    }
    this.#directory.release();
  }
}
