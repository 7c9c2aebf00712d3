import { closeSync } from 'node:fs';

/** A file descriptor with more than one owner: closed when the last of them lets go. */
export class Handle {
  /** The file descriptor. */
  readonly fd: number;
  #owners = 1;

  /** Takes over `fd`, for one owner. */
  constructor(fd: number) {
    this.fd = fd;
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
      closeSync(this.fd);
    }
  }
}
