// What a host remembers between two calls, so that it need not ask the system twice. All of it is about names in a
// directory, and is only good until a host of this thread changes a name.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';

/** As many names as one directory remembers: some more than a component lists at a time. */
const MOST_NAMES = 256;

/** How often a host of this thread changed a name: made, removed, linked or moved something. */
let changes = 0;

/** How often it may have brought something else than a regular file to a name, by linking or moving it there. */
let moves = 0;

/** Notes that a name is about to change, and no regular file's name will lead to anything else. */
export function noteChange(): void {
  changes += 1;
}

/** Notes that something is about to be moved or linked that may be anything, or may have anything in it. */
export function noteMove(): void {
  moves += 1;
}

/** The answer to a question about a name. */
interface Answer {
  readonly path: string;
  /** Whether a symbolic link was followed; undefined if the answer is the same. */
  readonly follow: boolean | undefined;
  readonly identity: () => MetadataHashValue;
  readonly changes: number;
}

/**
 * What the component knows of the names in one directory.
 *
 * - Which of them are regular files. The host looks at what a name leads to before it opens it, since opening a FIFO or a
 *   device can do something by itself; if it is known, that look is saved, which is a tenth of the time that copying a small
 *   file takes. It is used only where the component may not change anything (`Directory` sees to that), and forgotten when
 *   anything is moved by another way into the directory. It says nothing about what others change meanwhile: another
 *   process, or a host in another thread. They could do so as well between a look and the opening.
 * - Which file the last name leads to that the component asked about or listed. C libraries ask for the status of a file
 *   and then for its identity, and for the identity of each entry that they list. One answer is good for one question.
 */
export class Known {
  readonly #files = new Set<string>();
  #moves = moves;
  #answer: Answer | undefined;

  /** Remembers a regular file. */
  addFile(path: string): void {
    this.#refresh();
    if (this.#files.size === MOST_NAMES) {
      this.#files.clear();
    }
    this.#files.add(path);
  }

  /**
   * For a listing that begins now: what remembers the regular files in it, as long as nothing is moved meanwhile. Parts
   * of a listing are read long before they are asked for.
   */
  addListed(): (path: string) => void {
    const begun = moves;
    return (path) => {
      if (moves === begun) {
        this.addFile(path);
      }
    };
  }

  /** Whether a path is known to be a regular file's; forgets it. */
  takeFile(path: string): boolean {
    this.#refresh();
    return this.#files.delete(path);
  }

  /** Remembers which file a path leads to, in place of what the last one did. */
  setIdentity(path: string, follow: boolean | undefined, identity: () => MetadataHashValue): void {
    this.#answer = { path, follow, identity, changes };
  }

  /** Which file a path leads to, if that is remembered; forgets it. */
  takeIdentity(path: string, follow: boolean): MetadataHashValue | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    const isIt = answer?.path === path && (answer.follow ?? follow) === follow && answer.changes === changes;
    return isIt ? answer.identity() : undefined;
  }

  #refresh(): void {
    if (this.#moves !== moves) {
      this.#moves = moves;
      this.#files.clear();
    }
  }
}
