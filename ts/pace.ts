/** How long a step is to take, in milliseconds: the turns between cost nothing then, and others wait for no longer. */
const GOAL = 10;

const MiB = 1024 * 1024;
const LEAST = MiB;
const MOST = 64 * MiB;

/** How much a job does in each of its steps: as much as takes some ten milliseconds, where it runs and on what it copies. */
export class Pace {
  #budget = 8 * MiB;

  /** The budget of the next step, in bytes; see `copy-job.step` in wit/copier.wit. */
  get budget(): bigint {
    return BigInt(this.#budget);
  }

  /** Notes how long that step took, in milliseconds. */
  took(milliseconds: number): void {
    // By a factor of two at most, since one step alone says little.
    const factor = Math.min(Math.max(GOAL / milliseconds, 0.5), 2);
    this.#budget = Math.min(Math.max(Math.round(this.#budget * factor), LEAST), MOST);
  }
}
