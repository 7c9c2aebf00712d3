import { closedError } from './closed.js';

/** The time for which a sandbox needs its directories: until it is closed and its copies have ended. */
export class Lifetime {
  readonly #closing = new AbortController();
  readonly #release: () => void;
  #copies = 0;

  /** @param release called once, at the end */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Aborted when the sandbox is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Throws an Error with the code `ERR_MAPCP_CLOSED` if the sandbox is closed. */
  requireOpen(): void {
    if (this.closed.aborted) {
      throw closedError();
    }
  }

  /** Begins a copy. Throws as `requireOpen` does. */
  enter(): void {
    this.requireOpen();
    this.#copies++;
  }

  /** Ends a copy. */
  leave(): void {
    this.#copies--;
    this.#releaseIfOver();
  }

  /** Closes the sandbox. */
  close(): void {
    if (!this.closed.aborted) {
      this.#closing.abort(closedError());
      this.#releaseIfOver();
    }
  }

  #releaseIfOver(): void {
    if (this.closed.aborted && this.#copies === 0) {
      this.#release();
    }
  }
}
