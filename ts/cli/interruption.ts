import { constants } from 'node:os';
import process from 'node:process';
import { isSystemError, reasonOf } from '../system-error.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The exit status of what a signal has ended, as shells have it. */
function statusOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}

/** Ends the work where somebody wants it ended: by a signal, or by reading no more of what is printed. */
export class Interruption {
  readonly #controller = new AbortController();
  #status = 0;
  #why = '';
  readonly #obey = (name: NodeJS.Signals) => this.#end(statusOf(name), 'interrupted');

  /** Watches standard output and standard error from now on. */
  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error) => this.#fail(error));
    }
  }

  /** Aborted when the work is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status, once the work is to end. */
  get status(): number {
    return this.#status;
  }

  /** Why the work is to end, as a clause for people. */
  get why(): string {
    return this.#why;
  }

  /** Has signals end the work, and not the process. A second one of its kind kills. */
  heedSignals(): void {
    for (const name of SIGNALS) {
      process.once(name, this.#obey);
    }
  }

  /** Leaves signals to the system again. */
  leaveSignals(): void {
    for (const name of SIGNALS) {
      process.off(name, this.#obey);
    }
  }

  #fail(error: Error): void {
    const isClosed = isSystemError(error) && (error.code === 'EPIPE' || error.code === 'EIO');
    const why = isSystemError(error) ? reasonOf(error) : error.message;
    this.#end(isClosed ? statusOf('SIGPIPE') : 1, `cannot print: ${why}`);
    // What was printed last may fail after the work.
    process.exitCode = this.#status;
  }

  #end(status: number, why: string): void {
    if (!this.signal.aborted) {
      this.#status = status;
      this.#why = why;
      this.#controller.abort();
    }
  }
}
