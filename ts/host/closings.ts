// Errors of closing files. WASI's drop of a descriptor has no result, so a component cannot see that closing a file
// failed and lost data, as happens on NFS and with quotas. It gets that error when it commits to the file: the next
// call that renames, links or synchronises the file fails with it.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCode, fail } from './error-code.js';

/** The location of a file: the directory that has its name, and the name. */
export interface Place {
  readonly directory: MetadataHashValue;
  readonly name: string;
}

/** A file that was not closed properly. */
interface Closed {
  /** The guest's path of it. */
  readonly path: string;
  /** Why closing it failed. */
  lost?: unknown;
  /** Why it could not get its mode, as Node's code. */
  withoutMode?: string;
  /** Whether the component got the error. */
  isTold: boolean;
}

/** Maximum number of files that are remembered. */
const MOST_FILES = 1024;

/**
 * The files of one host that were not closed properly. Each is remembered until it is renamed, removed or replaced.
 */
export class Closings {
  readonly #closed = new Map<string, Closed>();

  /** Records that closing a file failed that was open for writing. */
  noteLost(place: Place, path: string, error: unknown): void {
    this.#note(place, path).lost = error;
  }

  /** Records that a file could not get its mode, and why, as Node's code. */
  noteWithoutMode(place: Place, path: string, code: string): void {
    this.#note(place, path).withoutMode = code;
  }

  /**
   * Must be called before a file gets another name, and before it is synchronised. If closing the file failed, fails
   * with the same error. Returns why the file could not get its mode, as Node's code; undefined if it has its mode.
   *
   * @param place finds the location; called only if any file is remembered
   */
  commit(place: () => Place): string | undefined {
    const closed = this.#closed.size === 0 ? undefined : this.#closed.get(keyOf(place()));
    if (closed?.lost !== undefined) {
      closed.isTold = true;
      fail(errorCode(closed.lost));
    }
    return closed?.withoutMode;
  }

  /** Forgets a location: it has another file now, or none. */
  forget(place: () => Place): void {
    if (this.#closed.size > 0) {
      this.#closed.delete(keyOf(place()));
    }
  }

  /** Emits a warning for each lost file whose error no component got. */
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
    process.emitWarning(`closing ${JSON.stringify(path)} failed, so its last writes may be lost: ${lost}`);
  }
}
