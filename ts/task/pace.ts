/**
 * The wanted duration of a step, in milliseconds: long enough that few steps are needed, and short enough that others
 * need not wait.
 */
export const GOAL = 10;

const MiB = 1024 * 1024;
const LEAST = MiB;
const MOST = 64 * MiB;

/** Adapts the budget of a job, so that each step takes about ten milliseconds. */
export class Pace {
  #budget = 8 * MiB;

  /** The budget of the next step, in bytes; see `copy-job.step` in wit/copier.wit. */
  get budget(): bigint {
    return BigInt(this.#budget);
  }

  /** Notes how long that step took, in milliseconds. */
  took(milliseconds: number): void {
    // By a factor of at most two, because a single step says little.
    const factor = Math.min(Math.max(GOAL / milliseconds, 0.5), 2);
    this.#budget = Math.min(Math.max(Math.round(this.#budget * factor), LEAST), MOST);
  }
}
