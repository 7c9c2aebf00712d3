// Limits how many copies run at the same time. Each holds descriptors and memory, and one thread runs them all, so more
// copies at a time are not faster. The others wait for their turn, and hold nothing meanwhile.

import { unlessAborted } from './abort.js';

// A copy of a deep tree holds some 30 descriptors, and many systems allow a process 1,024.
const MOST_TURNS = 16;

let taken = 0;

/** How often a copy ended or gave up its turn, and so released its descriptors. */
let released = 0;

/** The waiting copies in order. Each function gives one its turn. */
const waiting = new Set<() => void>();

/** The turn of a copy. It must be ended once. */
export class Turn {
  readonly #signal: AbortSignal | undefined;
  /** What `released` was when the copy began its latest try. */
  #begun = released;

  /** Use {@link takeTurn}. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Ends the turn, so that the next copy gets one. */
  end(): void {
    release();
  }

  /**
   * Gives up the turn, and takes another one when another copy has ended. If this is the only copy with a turn, keeps it.
   *
   * @returns resolves when the copy may try again; undefined if that cannot help, because it is the only one and none has
   * released anything since its latest try began
   */
  swap(): Promise<void> | undefined {
    if (taken === 1) {
      const mayHelp = this.#begun !== released;
      this.#begun = released;
      return mayHelp ? Promise.resolve() : undefined;
    }
    taken--;
    released++;
    return wait(this.#signal).then(
      () => {
        this.#begun = released;
      },
      (error: unknown) => {
        // The caller still ends this turn.
        taken++;
        throw error;
      },
    );
  }

  /**
   * Waits for a promise of the caller. The promise may wait for another copy, so others can have this turn meanwhile.
   *
   * @param promise the promise
   * @returns the promise's value; rejects as `promise` does, or with the signal's reason if that is aborted first
   */
  async lend<T>(promise: PromiseLike<T>): Promise<T> {
    release();
    try {
      return await unlessAborted(promise, this.#signal);
    } finally {
      // For a while, this may exceed the maximum. If it waited, two copies could wait for each other.
      taken++;
    }
  }
}

/**
 * Takes a turn for a copy.
 *
 * @param signal the signal of the copy, or undefined
 * @returns a turn, if one is free; otherwise a promise, which rejects with the signal's reason if that is aborted first
 */
export function takeTurn(signal: AbortSignal | undefined): Turn | Promise<Turn> {
  if (taken < MOST_TURNS && waiting.size === 0) {
    taken++;
    return new Turn(signal);
  }
  return wait(signal).then(() => new Turn(signal));
}

function release(): void {
  taken--;
  released++;
  const [next] = waiting;
  if (next !== undefined && taken < MOST_TURNS) {
    waiting.delete(next);
    taken++;
    next();
  }
}

async function wait(signal: AbortSignal | undefined): Promise<void> {
  let take = () => {};
  const turn = new Promise<void>((resolve) => {
    take = resolve;
  });
  waiting.add(take);
  try {
    await unlessAborted(turn, signal);
  } catch (error) {
    if (!waiting.delete(take)) {
      // It got the turn in the same moment.
      release();
    }
    throw error;
  }
}
