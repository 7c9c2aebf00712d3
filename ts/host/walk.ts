// The walk along a guest's path: one name at a time, from a directory that the guest holds, and never above it. This is
// the rule that confines a component, in Node and in the browser.

import { fail } from './error-code.js';

/** Maximum number of symbolic links on one path, as in Linux. */
const MOST_LINKS = 40;

/** Maximum number of bytes in one path, as in Linux, without the NUL at its end. */
export const MOST_PATH_BYTES = 4095;

/** Whether a text has more bytes in UTF-8 than `most`. */
export function isLonger(text: string, most: number): boolean {
  // Each unit of a JavaScript string takes at least one byte and at most three.
  return text.length > most || (text.length * 3 > most && new TextEncoder().encode(text).length > most);
}

/** Returns what follows the absolute path `base` in `path`, by their texts. Undefined if `path` does not begin with it. */
function pathBelow(base: string, path: string): string | undefined {
  const start = base.endsWith('/') ? base : `${base}/`;
  return `${path}/`.startsWith(start) ? path.slice(start.length).replace(/^\/+/, '') || '.' : undefined;
}

/**
 * A position in a tree whose directories are a `D`: a directory, and a name in it that may or may not exist. The walk
 * stops before the last name. The caller acts on that, and calls `followLink` if it turns out to be a symbolic link to
 * follow.
 */
export abstract class Walk<D> {
  readonly #base: D;
  readonly #basePath: string | undefined;
  /** The directories below the base, on the way to the position. Owned. */
  readonly #entered: D[] = [];
  /** The names still to walk, the next one last. */
  readonly #ahead: string[] = [];
  #links = 0;
  #name = '.';
  #mustBeDirectory = false;

  /**
   * Begins at `base`, which stays the caller's.
   *
   * @param basePath the system's path of `base`: a symbolic link whose text begins with it goes on from `base`
   */
  protected constructor(base: D, basePath?: string) {
    this.#base = base;
    this.#basePath = basePath;
  }

  /** Returns the directory `name` in `directory`, owned by the walk. Undefined if it is something else, maybe a link. */
  protected abstract enter(directory: D, name: string): D | undefined;

  /** Returns the target of the symbolic link `name`, unchanged. Undefined if it is something else. */
  protected abstract readLink(directory: D, name: string): string | undefined;

  /** Releases a directory that the walk entered. */
  protected abstract release(directory: D): void;

  /** The directory of the position. Owned by the walk. */
  get directory(): D {
    return this.#entered.at(-1) ?? this.#base;
  }

  /** The name in that directory; `.` for the directory itself. */
  get name(): string {
    return this.#name;
  }

  /** Whether the path ended in a slash, so that it must lead to a directory. */
  get mustBeDirectory(): boolean {
    return this.#mustBeDirectory;
  }

  /** Whether the walk followed a symbolic link. */
  get hasFollowed(): boolean {
    return this.#links > 0;
  }

  /**
   * Walks to `path`. Must be called once, before anything else.
   *
   * Fails with `no-entry`, `not-directory`, `loop`, `name-too-long`, and `invalid` (a NUL). Fails with `not-permitted` if
   * the path, or a symbolic link on it, is absolute or leads above the base. Nothing stays open if it fails.
   */
  protected start(path: string): void {
    try {
      this.#add(path);
      this.#advance();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Follows the symbolic link at the position. Fails as `start` does, and with `not-directory` if there is no symbolic
   * link.
   */
  followLink(): void {
    this.#addLink(this.#name);
    this.#advance();
  }

  /** Releases the directories on the way. */
  close(): void {
    for (let directory = this.#entered.pop(); directory !== undefined; directory = this.#entered.pop()) {
      this.release(directory);
    }
  }

  /** Puts a path before the names still to walk. */
  #add(path: string): void {
    if (path === '') {
      fail('no-entry');
    }
    if (path.startsWith('/')) {
      fail('not-permitted');
    }
    if (path.includes('\0')) {
      fail('invalid');
    }
    if (isLonger(path, MOST_PATH_BYTES)) {
      fail('name-too-long');
    }
    if (!path.includes('/')) {
      // Most paths are a single name, in a directory that the guest holds.
      this.#ahead.push(path);
      return;
    }
    if (this.#ahead.length === 0 && path.endsWith('/')) {
      this.#mustBeDirectory = true;
    }
    const names = path.split('/').filter((name) => name !== '');
    this.#ahead.push(...names.reverse());
  }

  /** Puts the target of a symbolic link before the names still to walk. */
  #addLink(name: string): void {
    this.#links += 1;
    if (this.#links > MOST_LINKS) {
      fail('loop');
    }
    const target = this.readLink(this.directory, name) ?? fail('not-directory');
    const below = this.#basePath === undefined ? undefined : pathBelow(this.#basePath, target);
    if (below !== undefined) {
      this.close();
    }
    this.#add(below ?? target);
  }

  #advance(): void {
    for (let name = this.#ahead.pop(); name !== undefined; name = this.#ahead.pop()) {
      if (name === '..') {
        this.release(this.#entered.pop() ?? fail('not-permitted'));
      } else if (name !== '.') {
        if (this.#ahead.length === 0) {
          this.#name = name;
          return;
        }
        this.#enter(name);
      }
    }
    this.#name = '.';
  }

  #enter(name: string): void {
    const entered = this.enter(this.directory, name);
    if (entered === undefined) {
      this.#addLink(name);
    } else {
      this.#entered.push(entered);
    }
  }
}
