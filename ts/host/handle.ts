import { closeSync } from 'node:fs';
import { fail } from './error-code.js';

/** A file descriptor with more than one owner: closed when the last of them lets go. */
export class Handle {
  readonly #fd: number;
  #owners = 1;

  /** Takes over `fd`, for one owner. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The file descriptor. Fails with `bad-descriptor` once it is closed, since its number is another file's by then. */
  get fd(): number {
    return this.#owners > 0 ? this.#fd : fail('bad-descriptor');
  }

  /** One more owner. */
  share(): this {
    this.#owners += 1;
    return this;
  }

  /** One owner less. */
  release(): void {
    this.#owners -= 1;
    if (this.#owners === 0) {
      try {
        closeSync(this.#fd);
      } catch (error) {
        // The descriptor is gone all the same, and a component that drops one has no way to be told.
        process.emitWarning(`closing a file failed, so what was written last may be lost: ${error}`);
      }
    }
  }
}
