// The walk in the system's directories, which the host holds open.

import type {
  DescriptorType,
  ErrorCode,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail, unless } from './error-code.js';
import type { Handle } from './handle.js';
import { decodeName, withSlashes } from './names.js';
import { type Status, typeOf } from './status.js';
import { Walk } from './walk.js';
import type { Walker } from './walker.js';

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
    return unless(['EINVAL'], () => withSlashes(decodeName(this.#walker.readLink(directory, name))));
  }

  protected override release(directory: Handle): void {
    directory.release();
  }

  /** Returns the target of the symbolic link at the position, unchanged. Fails with `invalid` if it is something else. */
  target(): string {
    return this.readLink(this.directory, this.name) ?? fail('invalid');
  }

  /** Returns the type of what is at the position; of a link itself. Undefined if nothing is there. */
  type(): DescriptorType | undefined {
    const status = this.look();
    return status && typeOf(status);
  }

  /** Returns the status of what is at the position; of a link itself. Undefined if nothing is there. */
  look(): Status | undefined {
    return this.#walker.look(this.directory, this.name);
  }

  /** As `look`, but fails with `no-entry` if nothing is there. */
  status(): Status {
    return this.look() ?? fail('no-entry');
  }

  /**
   * Follows symbolic links until something else is at the position, if `follow` is set or the path ends in a slash.
   * Returns the status of what is there. Fails with `no-entry` if nothing is there, and with `not-directory` if it must
   * be a directory.
   */
  settle(follow: boolean): Status {
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
