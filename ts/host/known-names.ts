// What a host remembers between two calls, so that it need not ask the system twice. All of it is about names in a
// directory, and holds only until a host of this thread changes a name.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';

/** Maximum number of names that one directory remembers: some more than a component lists at a time. */
const MOST_NAMES = 256;

/** How often a host of this thread changed a name: created, removed, linked or moved something. */
let changes = 0;

/** How often it may have brought something other than a regular file to a name, by linking or moving it there. */
let moves = 0;

/** Must be called before a name changes, if no name of a regular file leads to anything else after that. */
export function noteChange(): void {
  changes += 1;
}

/** Must be called before something is moved or linked that may be anything, or may contain anything. */
export function noteMove(): void {
  moves += 1;
}

/** Which file a name leads to. */
interface KnownIdentity {
  readonly path: string;
  /** Whether a symbolic link was followed; undefined if that makes no difference. */
  readonly follow: boolean | undefined;
  readonly identity: () => MetadataHashValue;
  readonly changes: number;
}

/**
 * What the component knows about the names in one directory.
 *
 * - Which of them are regular files. The host looks at what a name leads to before it opens it, because opening a
 *   FIFO or a device can have effects. If a name is known, the host saves that look, which is a tenth of the time for
 *   a small file. It does so only if the component may not change anything (`Directory` ensures that), and forgets
 *   the names when anything is moved by another way into the directory. Others may change a name meanwhile: another
 *   process, or a host in another thread. They could do that just as well between the look and the open.
 * - Which file the last name leads to that the component asked about or listed. C libraries ask for the status of a
 *   file and then for its identity, and for the identity of each entry that they list. One answer serves one
 *   question.
 */
export class KnownNames {
  readonly #files = new Set<string>();
  #moves = moves;
  #answer: KnownIdentity | undefined;

  /** Remembers a regular file. */
  addFile(path: string): void {
    this.#refresh();
    if (this.#files.size === MOST_NAMES) {
      this.#files.clear();
    }
    this.#files.add(path);
  }

  /**
   * Returns a function that remembers the regular files of a listing that begins now. It does nothing once anything
   * has been moved, because parts of a listing are read long before the component asks for them.
   */
  addListed(): (path: string) => void {
    const begun = moves;
    return (path) => {
      if (moves === begun) {
        this.addFile(path);
      }
    };
  }

  /** Whether a path is known to be a regular file's. Forgets it. */
  takeFile(path: string): boolean {
    this.#refresh();
    return this.#files.delete(path);
  }

  /** Remembers which file a path leads to, instead of the last one. */
  setIdentity(path: string, follow: boolean | undefined, identity: () => MetadataHashValue): void {
    this.#answer = { path, follow, identity, changes };
  }

  /** Returns which file a path leads to, if that is remembered, and forgets it. */
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
