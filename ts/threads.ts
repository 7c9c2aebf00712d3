// Threads that work on shares of copies, one at a time each. They are kept for a while, since most of what a short copy
// costs in a new one is loading and compiling.

import { Worker } from 'node:worker_threads';
import { isError } from './check.js';
import type { Entry, Failure, Progress } from './component.js';
import type { Assignment } from './divided-job.js';

/** What a thread tells about its share: now and then, and when it is over. */
export interface Told {
  readonly progress: Progress;
  readonly currentPath: string;
  readonly problems: readonly Failure[];
  readonly entries: readonly Entry[];
  /** Why it failed, where it did. */
  readonly failure?: Failure;
}

/** What a thread says when it is ready to work. */
export const READY = 'ready';

/** What a thread says when it has left its share, with nothing of it open. */
export const IDLE = 'idle';

/** What a thread is told to make it leave its share. */
export const STOP = 'stop';

// How long a process that exits waits for its threads, in milliseconds. A thread leaves its share after the step that it is at.
const LAST_WAIT = 2_000;

/** Says, for a thread and for the one that has started it, whether the thread works on a share: `BUSY` or `FREE`. */
export type State = Int32Array<SharedArrayBuffer>;

export const FREE = 0;
const BUSY = 1;

// So long is a thread kept, in milliseconds.
const KEPT = 60_000;

const idle: Thread[] = [];

/** The thread's part while it works. */
interface Work {
  readonly hear: (told: Told) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Thrown if a thread could not be started: its code is not there, as in many bundles, or the system allows none. */
export class NoThreadError extends Error {
  /** @param cause why */
  constructor(cause: Error) {
    // Only `import.meta.url` can be an invalid URL here, and bundles in CommonJS have none.
    const isInvalidUrl = 'code' in cause && cause.code === 'ERR_INVALID_URL';
    const why = isInvalidUrl
      ? 'only an ES module can find mapcp-worker.js, and this bundle is none'
      : cause.message;
    super(`no thread could be started: ${why}`, { cause });
  }
}

/** Why no thread can ever be started in this process; undefined as long as that is unknown. */
let isMissing: NoThreadError | undefined;

/** A thread. */
class Thread {
  readonly #state: State = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker = new Worker(new URL('./mapcp-worker.js', import.meta.url), {
    workerData: this.#state,
    // Nothing that the program preloads or sets for itself belongs into it.
    execArgv: [],
  });
  #isReady = false;
  #work: Work | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker
      .on('message', (told: Told | typeof IDLE | typeof READY) => this.#hear(told))
      .on('error', (error) => this.#work?.reject(this.#failureBy(error)))
      .on('exit', (status) => this.#leave(status));
  }

  /**
   * Has it work on a share.
   *
   * @param hear takes what it tells
   * @returns resolves when it has left the share, and rejects where it has failed otherwise than by a failure that it tells
   */
  work(assignment: Assignment, hear: (told: Told) => void): Promise<void> {
    clearTimeout(this.#end);
    this.#worker.ref();
    Atomics.store(this.#state, 0, BUSY);
    this.#worker.postMessage(assignment);
    return new Promise((resolve, reject) => {
      this.#work = { hear, resolve, reject };
    });
  }

  /** Has it leave the share that `hear` hears of, where it still works on that: by now it may work for another copy. */
  stop(hear: (told: Told) => void): void {
    if (this.#work?.hear === hear) {
      this.#worker.postMessage(STOP);
    }
  }

  /** Has it leave what it works on. */
  stopAtExit(): void {
    this.#worker.postMessage(STOP);
  }

  /** Blocks until it has left that, or until a time on the clock of `performance`. */
  waitUntil(latest: number): void {
    Atomics.wait(this.#state, 0, BUSY, Math.max(0, latest - performance.now()));
  }

  #hear(told: Told | typeof IDLE | typeof READY): void {
    this.#isReady = true;
    if (told === IDLE) {
      this.rest();
    } else if (told !== READY) {
      this.#work?.hear(told);
    }
  }

  #failureBy(thrown: unknown): Error {
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    if (this.#isReady) {
      return error;
    }
    const failure = new NoThreadError(error);
    if ('code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      isMissing = failure;
    }
    return failure;
  }

  /** Has nothing to do: another copy may take it, and it keeps no process from ending. */
  rest(): void {
    const work = this.#work;
    this.#work = undefined;
    idle.push(this);
    this.#worker.unref();
    this.#end = setTimeout(() => this.#retire(), KEPT).unref();
    work?.resolve();
  }

  /** Ends it. That takes a while, in which nobody must be given it any more. */
  #retire(): void {
    forget(this);
    void this.#worker.terminate();
  }

  #leave(status: number): void {
    Atomics.store(this.#state, 0, FREE);
    this.#work?.reject(new Error(`a thread of the copy ended before it was done, with status ${status}`));
    forget(this);
  }
}

/** Takes a thread out of those that have nothing to do, where it is one of them. */
function forget(thread: Thread): void {
  if (idle.includes(thread)) {
    idle.splice(idle.indexOf(thread), 1);
  }
}

export type { Thread };

/** Has threads leave their shares before the process ends, which would leave temporary files otherwise. */
export function stopAtOnce(threads: readonly Thread[]): void {
  const latest = performance.now() + LAST_WAIT;
  for (const thread of threads) {
    thread.stopAtExit();
  }
  for (const thread of threads) {
    thread.waitUntil(latest);
  }
}

/**
 * A thread that has nothing to do: one that was kept, or a new one.
 *
 * @throws {NoThreadError} if none can be started; some failures are known only later, and end what it works on
 */
export function takeThread(): Thread {
  const kept = idle.pop();
  if (kept !== undefined) {
    return kept;
  }
  if (isMissing !== undefined) {
    throw isMissing;
  }
  try {
    return new Thread();
  } catch (error) {
    throw new NoThreadError(error as Error);
  }
}
