// The walk in the system's directories, which the host holds open.

import type { BigIntStats } from 'node:fs';
import { lstatSync, readlinkSync } from 'node:fs';
import type {
  DescriptorType,
  ErrorCode,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail, nodeCode } from './error-code.js';
import type { Handle } from './handle.js';
import { decodeName, NAME_ENCODING } from './names.js';
import { typeOf } from './status.js';
import { Walk } from './walk.js';
import type { Walker } from './walker.js';

/** Calls `act`. Returns undefined if it fails with one of these codes of Node's. */
function unless<T>(codes: readonly string[], act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!codes.includes(nodeCode(error) ?? '')) {
      throw error;
    }
    return undefined;
  }
}

/** A walk from a held directory, and what is at the position that it has reached. Must be closed. */
export class HandleWalk extends Walk<Handle> {
  readonly #walker: Walker;

  /** Walks to `path` from `base`, which stays the caller's. Fails as `start` does. */
  constructor(walker: Walker, base: Handle, path: string, basePath?: string) {
    super(base, basePath);
    this.#walker = walker;
    this.start(path);
  }

  protected override enter(directory: Handle, name: string): Handle | undefined {
    return unless(['ENOTDIR', 'ELOOP'], () => this.#walker.enter(directory, name, 'search'));
  }

  protected override readLink(directory: Handle, name: string): string | undefined {
    const target = unless(['EINVAL'], () =>
      decodeName(this.#walker.at(directory, name, (entry) => readlinkSync(entry, NAME_ENCODING))),
    );
    return process.platform === 'win32' ? target?.replaceAll('\\', '/') : target;
  }

  protected override release(directory: Handle): void {
    directory.release();
  }

  /** Acts on the position, as `Walker.at` does. */
  at<T>(act: (entry: string) => T): T {
    return this.#walker.at(this.directory, this.name, act);
  }

  /** Returns the target of the symbolic link at the position, unchanged. Fails with `invalid` if it is something else. */
  target(): string {
    return this.readLink(this.directory, this.name) ?? fail('invalid');
  }

  /** Returns the type of what is at the position; of a link itself. Undefined if nothing is there. */
  type(): DescriptorType | undefined {
    const status = this.at((entry) => lstatSync(entry, { throwIfNoEntry: false }));
    return status && typeOf(status);
  }

  /** Returns the status of what is at the position; of a link itself. Undefined if nothing is there. */
  look(): BigIntStats | undefined {
    return this.at((entry) => lstatSync(entry, { bigint: true, throwIfNoEntry: false }));
  }

  /** As `look`, but fails with `no-entry` if nothing is there. */
  status(): BigIntStats {
    return this.look() ?? fail('no-entry');
  }

  /**
   * Follows symbolic links until something else is at the position, if `follow` is set or the path ends in a slash.
   * Returns the status of what is there. Fails with `no-entry` if nothing is there, and with `not-directory` if it must
   * be a directory.
   */
  settle(follow: boolean): BigIntStats {
    for (;;) {
      const status = this.status();
      const type = typeOf(status);
      if (type === 'symbolic-link' && (follow || this.mustBeDirectory)) {
        this.followLink();
      } else if (this.mustBeDirectory && type !== 'directory') {
        fail('not-directory');
      } else {
        return status;
      }
    }
  }

  /** Fails with `code` if the path ends at a directory itself: its name is elsewhere, maybe out of reach. */
  expectName(code: ErrorCode): void {
    if (this.name === '.') {
      fail(code);
    }
  }

  /** Fails if a slash follows the name of something new that is not a directory. */
  expectNoSlash(): void {
    if (this.mustBeDirectory) {
      fail(this.look() ? 'exist' : 'no-entry');
    }
  }
}
