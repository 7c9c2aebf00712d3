// The walk along a guest's path: one name at a time, from a directory that is held, and never above it.

import { readlinkSync } from 'node:fs';
import { fail, nodeCode } from './error-code.js';
import type { Handle } from './handle.js';
import { decodeName } from './names.js';
import type { Walker } from './walker.js';

/** Maximum number of symbolic links on one path, as in Linux. */
const MOST_LINKS = 40;

/** Maximum number of bytes in one path, as in Linux, without the NUL at its end. */
export const MOST_BYTES = 4095;

/** Returns the target of the symbolic link `name`, unchanged. Fails with EINVAL if it is something else. */
export function readLink(walker: Walker, parent: Handle, name: string): string {
  return decodeName(walker.at(parent, name, (path) => readlinkSync(path, 'latin1')));
}

/**
 * Returns what follows the absolute path `base` in `path`, by their texts. Undefined if `path` does not begin with
 * it.
 */
function pathBelow(base: string, path: string): string | undefined {
  const start = base.endsWith('/') ? base : `${base}/`;
  return `${path}/`.startsWith(start) ? path.slice(start.length).replace(/^\/+/, '') || '.' : undefined;
}

/**
 * A position in a tree: a directory that is held, and a name in it that may or may not exist. The walk stops before
 * the last name. The caller acts on that, and calls `followLink` if it turns out to be a symbolic link to follow.
 */
export class Walk {
  readonly #walker: Walker;
  readonly #base: Handle;
  readonly #basePath: string | undefined;
  /** The directories below the base, on the way to the position. Owned. */
  readonly #entered: Handle[] = [];
  /** The names still to walk, the next one last. */
  readonly #ahead: string[] = [];
  #links = 0;
  #name = '.';
  #mustBeDirectory = false;

  /**
   * Walks to `path` from `base`, which stays the caller's.
   *
   * Fails with `no-entry`, `not-directory`, `loop`, `name-too-long`, and `invalid` (a NUL). Fails with
   * `not-permitted` if the path, or a symbolic link on it, is absolute or leads above `base`.
   *
   * @param basePath the system's path of `base`: a symbolic link whose text begins with it goes on from `base`
   */
  constructor(walker: Walker, base: Handle, path: string, basePath?: string) {
    this.#walker = walker;
    this.#base = base;
    this.#basePath = basePath;
    try {
      this.#add(path);
      this.#advance();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The directory of the position. Owned by the walk. */
  get directory(): Handle {
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

  /** Acts on the position, as `Walker.at` does. */
  at<T>(act: (path: string) => T): T {
    return this.#walker.at(this.directory, this.#name, act);
  }

  /**
   * Follows the symbolic link at the position. Fails as the constructor does, and with `not-directory` if there is no
   * symbolic link.
   */
  followLink(): void {
    this.#addLink(this.#name);
    this.#advance();
  }

  /** Releases the directories on the way. */
  close(): void {
    for (let directory = this.#entered.pop(); directory !== undefined; directory = this.#entered.pop()) {
      directory.release();
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
    if (path.length > MOST_BYTES || Buffer.byteLength(path) > MOST_BYTES) {
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
    const target = this.#linkTarget(name);
    const below = this.#basePath === undefined ? undefined : pathBelow(this.#basePath, target);
    if (below !== undefined) {
      this.close();
    }
    this.#add(below ?? target);
  }

  #advance(): void {
    for (let name = this.#ahead.pop(); name !== undefined; name = this.#ahead.pop()) {
      if (name === '..') {
        (this.#entered.pop() ?? fail('not-permitted')).release();
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
    try {
      this.#entered.push(this.#walker.enter(this.directory, name, 'search'));
    } catch (error) {
      const code = nodeCode(error);
      if (code !== 'ENOTDIR' && code !== 'ELOOP') {
        throw error;
      }
      this.#addLink(name);
    }
  }

  #linkTarget(name: string): string {
    this.#links += 1;
    if (this.#links > MOST_LINKS) {
      fail('loop');
    }
    try {
      return readLink(this.#walker, this.directory, name);
    } catch (error) {
      if (nodeCode(error) === 'EINVAL') {
        fail('not-directory');
      }
      throw error;
    }
  }
}
