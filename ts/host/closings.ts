// What closing files came to. WASI's drop of a descriptor has no result, so a component that closes what it has written
// cannot be told that this failed, as it does on NFS and with quotas when the bytes are lost. It is told when it commits
// to the file: a call that renames or links it fails as the closing did.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCode, fail } from './error-code.js';

/** Where a file is: which directory has its name, and the name. */
export interface Place {
  readonly directory: MetadataHashValue;
  readonly name: string;
}

/** A file that was not closed as it should. */
interface Closed {
  /** The guest's path for it. */
  readonly path: string;
  /** Why closing it failed. */
  lost?: unknown;
  /** Why it could not be given its mode, as Node's code. */
  withoutMode?: string;
  /** Whether the component was told that it is lost. */
  isTold: boolean;
}

/** As many files as are remembered. */
const MOST_FILES = 1024;

/** The files of one host that were not closed as they should, until they are renamed, removed or made anew. */
export class Closings {
  readonly #closed = new Map<string, Closed>();

  /** Notes that closing a file that was written has failed. */
  noteLost(place: Place, path: string, error: unknown): void {
    this.#note(place, path).lost = error;
  }

  /** Notes that a file could not be given its mode, and why, as Node's code. */
  noteWithoutMode(place: Place, path: string, code: string): void {
    this.#note(place, path).withoutMode = code;
  }

  /**
   * Called before a file gets another name, and before it is synchronised: fails as closing it did. Returns why it could
   * not be given its mode; undefined if it was.
   *
   * @param place looks the place up, which is needed only if there is anything to tell
   */
  commit(place: () => Place): string | undefined {
    const closed = this.#closed.size === 0 ? undefined : this.#closed.get(keyOf(place()));
    if (closed?.lost !== undefined) {
      closed.isTold = true;
      fail(errorCode(closed.lost));
    }
    return closed?.withoutMode;
  }

  /** Forgets a place: another file is there now, or none. */
  forget(place: () => Place): void {
    if (this.#closed.size > 0) {
      this.#closed.delete(keyOf(place()));
    }
  }

  /** Warns of the lost files of which no component was told. */
  close(): void {
    for (const closed of this.#closed.values()) {
      warnOf(closed);
    }
    this.#closed.clear();
  }

  #note(place: Place, path: string): Closed {
    const key = keyOf(place);
    const closed = this.#closed.get(key) ?? { path, isTold: false };
    this.#closed.set(key, closed);
    const [oldest] = this.#closed;
    if (this.#closed.size > MOST_FILES && oldest !== undefined) {
      warnOf(oldest[1]);
      this.#closed.delete(oldest[0]);
    }
    return closed;
  }
}

function keyOf({ directory: { lower, upper }, name }: Place): string {
  return `${upper} ${lower} ${name}`;
}

function warnOf({ path, lost, isTold }: Closed): void {
  if (lost !== undefined && !isTold) {
    process.emitWarning(
      `closing ${JSON.stringify(path)} failed, so what was written last may be lost: ${lost}`,
    );
  }
}
