// Threads that copy shards, one at a time each. They are kept for a while, because a short copy in a new thread spends
// most of its time on loading and compiling.

import timers from 'node:timers';
import { Worker } from 'node:worker_threads';
import { isError } from '../common/check.js';
import type { CopyOptions } from '../common/options.js';
import { now } from '../common/timers.js';
import type { Preopens } from '../host/grant.js';
import type { HostOptions } from '../host/host-options.js';
import type { ComponentError, Entry, Progress } from './component.js';

/** A divided copy, or a shard of one, in a form that can be sent to a thread. */
export interface Assignment {
  readonly preopens: Preopens;
  readonly confinement: HostOptions['confinement'];
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
  readonly measure: boolean;
  /** Whether to report each entry; `onEntry` itself cannot be sent. */
  readonly reportEntries: boolean;
}

/** A thread's report about its shard. It comes regularly, and at the end. */
export interface ThreadReport {
  readonly progress: Progress;
  readonly currentPath: string;
  readonly errors: readonly ComponentError[];
  readonly entries: readonly Entry[];
  /** The component's error, if it failed. */
  readonly componentError?: ComponentError;
}

/** A thread's message when it is ready for its first shard. */
export const READY = 'ready';

/** A thread's message when it has left its shard and closed its files. */
export const IDLE = 'idle';

/** The message that makes a thread leave its shard. */
export const STOP = 'stop';

// How long an exiting process waits for its threads, in milliseconds. A thread leaves its shard after its current step.
const LAST_WAIT = 2_000;

/** Whether a thread works on a shard: `BUSY` or `FREE`. The thread and the one that started it share this memory. */
export type State = Int32Array<SharedArrayBuffer>;

export const FREE = 0;
const BUSY = 1;

// How long a thread without work is kept, in milliseconds.
const KEPT = 60_000;

// Node's own, which have `unref`. Taken here for the reason in ts/common/timers.ts.
const { clearTimeout, setTimeout } = timers;

const idle: Thread[] = [];

/** The work of a thread, and the copy that waits for it. */
interface Work {
  readonly listener: (report: ThreadReport) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Thrown if a thread cannot be started: its code is missing, as in many bundles, or the system allows no more threads.
 */
export class NoThreadError extends Error {
  /** @param cause why */
  constructor(cause: Error) {
    // Only `import.meta.url` can be an invalid URL here, and bundles in CommonJS have none.
    const reasons: Readonly<Record<string, string>> = {
      ERR_INVALID_URL: 'only an ES module can find mapcp-worker.js, and this bundle is not one',
      MODULE_NOT_FOUND: `${cause.message}; if this is a bundle, make that file its second entry point, with this name`,
    };
    const why = reasons[String('code' in cause && cause.code)] ?? cause.message;
    super(`no thread could be started: ${why}`, { cause });
  }
}

/** Why this process can never start a thread; undefined if that is unknown. */
let isMissing: NoThreadError | undefined;

/** A thread. */
class Thread {
  readonly #state: State = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker = new Worker(new URL('./mapcp-worker.js', import.meta.url), {
    workerData: this.#state,
    // Without the program's own flags, such as modules to preload.
    execArgv: [],
  });
  #isReady = false;
  #work: Work | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker
      .on('message', (report: ThreadReport | typeof IDLE | typeof READY) => this.#receive(report))
      .on('error', (error) => this.#work?.reject(this.#failureBy(error)))
      .on('exit', (status) => this.#leave(status));
  }

  /**
   * Makes the thread copy a shard.
   *
   * @param listener called with each report
   * @returns resolves when the thread has left the shard, and rejects if the thread dies without reporting an error
   */
  work(assignment: Assignment, listener: (report: ThreadReport) => void): Promise<void> {
    clearTimeout(this.#end);
    this.#worker.ref();
    Atomics.store(this.#state, 0, BUSY);
    this.#worker.postMessage(assignment);
    return new Promise((resolve, reject) => {
      this.#work = { listener, resolve, reject };
    });
  }

  /** Makes the thread leave the shard of `listener`, if it still works on that. It may work for another copy by now. */
  stop(listener: (report: ThreadReport) => void): void {
    if (this.#work?.listener === listener) {
      this.#worker.postMessage(STOP);
    }
  }

  /** Makes the thread leave its shard. */
  stopAtExit(): void {
    this.#worker.postMessage(STOP);
  }

  /** Blocks until the thread has left its shard, at most until `latest` on the clock of `performance`. */
  waitUntil(latest: number): void {
    Atomics.wait(this.#state, 0, BUSY, Math.max(0, latest - now()));
  }

  #receive(report: ThreadReport | typeof IDLE | typeof READY): void {
    this.#isReady = true;
    if (report === IDLE) {
      this.rest();
    } else if (report !== READY) {
      this.#work?.listener(report);
    }
  }

  #failureBy(thrown: unknown): Error {
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    if (this.#isReady) {
      return error;
    }
    const noThread = new NoThreadError(error);
    if ('code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      isMissing = noThread;
    }
    return noThread;
  }

  /** Makes the thread available for other copies. From now on, it does not keep the process alive. */
  rest(): void {
    const work = this.#work;
    this.#work = undefined;
    idle.push(this);
    this.#worker.unref();
    this.#end = setTimeout(() => this.#retire(), KEPT).unref();
    work?.resolve();
  }

  /** Ends the thread. That takes time, so from now on no copy may get it. */
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

/** Removes a thread from those that are available. */
function forget(thread: Thread): void {
  if (idle.includes(thread)) {
    idle.splice(idle.indexOf(thread), 1);
  }
}

export type { Thread };

/** Makes threads leave their shards before the process ends. Otherwise their temporary files would stay. */
export function stopAtOnce(threads: readonly Thread[]): void {
  const latest = now() + LAST_WAIT;
  for (const thread of threads) {
    thread.stopAtExit();
  }
  for (const thread of threads) {
    thread.waitUntil(latest);
  }
}

/**
 * Returns an available thread, or a new one.
 *
 * @throws {NoThreadError} if none can be started. Sometimes that is known only later; then {@link Thread.work} rejects
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
