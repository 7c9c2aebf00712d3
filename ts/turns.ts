// How many copies work at the same time. Each holds descriptors and memory, and one thread runs all of them, so more at
// once are not faster. The others wait for their turn and hold nothing meanwhile.

import { unlessAborted } from './abort.js';

// A copy of a deep tree holds some 30 descriptors, and many systems allow a process 1,024.
const MOST_TURNS = 16;

let taken = 0;

/** Called with a turn, in the order in which the copies came. */
const waiting = new Set<() => void>();

/** The turn of a copy, to be ended once. */
export class Turn {
  readonly #signal: AbortSignal | undefined;

  /** Use {@link takeTurn}. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Ends the turn, so that the next copy has one. */
  end(): void {
    release();
  }

  /**
   * Gives the turn up, and takes another one once another copy has ended.
   *
   * @returns undefined if no other copy has a turn: none will end, and this turn is kept
   */
  swap(): Promise<void> | undefined {
    if (taken === 1) {
      return undefined;
    }
    taken--;
    return wait(this.#signal).catch((error: unknown) => {
      // It still is to be ended.
      taken++;
      throw error;
    });
  }

  /**
   * Waits for a promise of the caller's. That may be waiting for another copy, so others have this turn meanwhile.
   *
   * @param promise what to wait for
   * @returns rejects as `promise` does, and with the signal's reason if that is aborted first
   */
  async lend(promise: PromiseLike<unknown>): Promise<void> {
    release();
    try {
      await unlessAborted(promise, this.#signal);
    } finally {
      // For a while that may be one more than the maximum. If it waited, two copies could wait for each other.
      taken++;
    }
  }
}

/**
 * Takes a turn for a copy.
 *
 * @param signal the copy's, if it has one
 * @returns at once if there is a turn; otherwise a promise, which rejects with the signal's reason if that is aborted first
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
      // It was given the turn in the same moment.
      release();
    }
    throw error;
  }
}
