// Threads that work on shares of copies, one at a time each. They are kept for a while, since most of what a short copy
// costs in a new one is loading and compiling.

import { Worker } from 'node:worker_threads';
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

/** What a thread says when it has left its share, with nothing of it open. */
export const IDLE = 'idle';

/** What a thread is told to make it leave its share. */
export const STOP = 'stop';

// So long is a thread kept, in milliseconds.
const KEPT = 60_000;

const idle: Thread[] = [];

/** The thread's part while it works. */
interface Work {
  readonly hear: (told: Told) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A thread. */
class Thread {
  readonly #worker = new Worker(new URL('./mapcp-worker.js', import.meta.url), {
    // Nothing that the program preloads or sets for itself belongs into it.
    execArgv: [],
  });
  #work: Work | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker
      .on('message', (told: Told | typeof IDLE) => (told === IDLE ? this.#rest() : this.#work?.hear(told)))
      .on('error', (error) => this.#work?.reject(error instanceof Error ? error : new Error(String(error))))
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

  #rest(): void {
    const work = this.#work;
    this.#work = undefined;
    idle.push(this);
    // It keeps no process from ending.
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

/** A thread that has nothing to do: one that was kept, or a new one. */
export function takeThread(): Thread {
  return idle.pop() ?? new Thread();
}
