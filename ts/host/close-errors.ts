// Errors of closing files. WASI's drop of a descriptor has no result, so a component cannot see that closing a file
// failed and lost data, as happens on NFS and with quotas. It gets that error when it commits to the file: the next
// call that renames, links or synchronises the file, or renames a directory above it, fails with it.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCode, fail } from './error-code.js';

/** The location of a file: the directory that has its name, and the name. */
export interface FileLocation {
  readonly directory: MetadataHashValue;
  readonly name: string;
}

/** A file that was not closed properly. */
interface BadClose {
  /** The guest's path of it. */
  readonly path: string;
  /** Why closing it failed. */
  error?: unknown;
  /** Why it could not get its mode, as Node's code. */
  refusedMode?: string;
  /** Whether the component got the error. */
  isReported: boolean;
}

/** Maximum number of files that are remembered. */
const MOST_FILES = 1024;

/**
 * The files of one host that were not closed properly. Each is remembered until it is renamed, removed or replaced.
 */
export class CloseErrors {
  readonly #closed = new Map<string, BadClose>();

  /** Records that closing a file failed that was open for writing. */
  noteFailedClose(location: FileLocation, path: string, error: unknown): void {
    this.#note(location, path).error = error;
  }

  /** Records that a file could not get its mode, and why, as Node's code. */
  noteRefusedMode(location: FileLocation, path: string, code: string): void {
    this.#note(location, path).refusedMode = code;
  }

  /**
   * Must be called before a file gets another name, and before it is synchronised. If closing the file failed, fails
   * with the same error. Returns why the file could not get its mode, as Node's code; undefined if it has its mode.
   *
   * @param location finds the location; called only if any file is remembered
   */
  commit(location: () => FileLocation): string | undefined {
    const closed = this.#closed.size === 0 ? undefined : this.#closed.get(keyOf(location()));
    if (closed?.error !== undefined) {
      closed.isReported = true;
      fail(errorCode(closed.error));
    }
    return closed?.refusedMode;
  }

  /**
   * Must be called before a directory gets another name. If closing a file below it failed, fails with the same error.
   * Otherwise forgets these files, and calls `onRefused` for each that could not get its mode.
   *
   * @param directory the guest's path of the directory
   */
  commitBelow(directory: string, onRefused: (path: string, code: string) => void): void {
    if (this.#closed.size === 0) {
      return;
    }
    const below = [...this.#closed].filter(([, { path }]) => path.startsWith(`${directory}/`));
    const failed = below.find(([, { error }]) => error !== undefined)?.[1];
    if (failed !== undefined) {
      failed.isReported = true;
      fail(errorCode(failed.error));
    }
    for (const [key, { path, refusedMode }] of below) {
      this.#closed.delete(key);
      if (refusedMode !== undefined) {
        onRefused(path, refusedMode);
      }
    }
  }

  /** Forgets a location: it has another file now, or none. */
  forget(location: () => FileLocation): void {
    if (this.#closed.size > 0) {
      this.#closed.delete(keyOf(location()));
    }
  }

  /** Emits a warning for each file whose error no component got. */
  close(): void {
    for (const closed of this.#closed.values()) {
      warnOf(closed);
    }
    this.#closed.clear();
  }

  #note(location: FileLocation, path: string): BadClose {
    const key = keyOf(location);
    const closed = this.#closed.get(key) ?? { path, isReported: false };
    this.#closed.set(key, closed);
    if (this.#closed.size > MOST_FILES) {
      // Lost bytes matter more than modes.
      const all = [...this.#closed];
      const [oldest, forgotten] =
        all.find(([, { error }]) => error === undefined) ?? (all[0] as (typeof all)[0]);
      warnOf(forgotten);
      this.#closed.delete(oldest);
    }
    return closed;
  }
}

function keyOf({ directory: { lower, upper }, name }: FileLocation): string {
  return `${upper} ${lower} ${name}`;
}

function warnOf({ path, error, isReported }: BadClose): void {
  if (error !== undefined && !isReported) {
    process.emitWarning(`closing ${JSON.stringify(path)} failed, so its last writes may be lost: ${error}`);
  }
}
