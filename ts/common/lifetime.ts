import { closedError } from './closed.js';

/** The time for which a sandbox needs its directories: until it is closed and its copies have ended. */
export class Lifetime {
  // Made only if a copy waits for something, because it takes longer than the rest of opening a sandbox.
  #closing: AbortController | undefined;
  #isClosed = false;
  readonly #release: () => void;
  #copies = 0;

  /** @param release called once, at the end */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Aborted when the sandbox is closed. */
  get closed(): AbortSignal {
    this.#closing ??= new AbortController();
    if (this.#isClosed) {
      this.#closing.abort(closedError());
    }
    return this.#closing.signal;
  }

  /** Throws an Error with the code `ERR_MAPCP_CLOSED` if the sandbox is closed. */
  requireOpen(): void {
    if (this.#isClosed) {
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
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#closing?.abort(closedError());
      this.#releaseIfOver();
    }
  }

  #releaseIfOver(): void {
    if (this.#isClosed && this.#copies === 0) {
      this.#release();
    }
  }
}
