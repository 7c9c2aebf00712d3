import { closeSync } from 'node:fs';
import { fail, nodeCode } from './error-code.js';
import { CLOSING, expectStack } from './stack.js';

/** A file descriptor with more than one owner: closed when the last of them lets go. */
export class Handle {
  readonly #fd: number;
  readonly #failed: (error: unknown) => void;
  #owners = 1;

  /**
   * Takes over `fd`, for one owner.
   *
   * @param failed called if closing it fails, which for a file that was written means that some of it may be lost
   */
  constructor(fd: number, failed: (error: unknown) => void = () => {}) {
    this.#fd = fd;
    this.#failed = failed;
  }

  /** The file descriptor. Fails with `bad-descriptor` once it is closed, since its number is another file's by then. */
  get fd(): number {
    return this.#owners > 0 ? this.#fd : fail('bad-descriptor');
  }

  /** One more owner. */
  share(): this {
    expectStack();
    this.#owners += 1;
    return this;
  }

  /** One owner less. If it throws, as at the end of the stack, nothing has happened. */
  release(): void {
    if (this.#owners === 1) {
      this.#close();
    }
    this.#owners -= 1;
  }

  /** Closes it, whoever still owns it. */
  end(): void {
    if (this.#owners > 0) {
      this.#close();
      this.#owners = 0;
    }
  }

  #close(): void {
    expectStack(CLOSING);
    try {
      closeSync(this.#fd);
    } catch (error) {
      if (nodeCode(error) === undefined) {
        throw error;
      }
      // The descriptor is gone all the same.
      this.#failed(error);
    }
  }
}
