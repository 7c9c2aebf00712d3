import type { CopyProgress } from '../index.js';

/** How much a copy has to do, or has done. */
export interface Amount {
  readonly bytes: number;
  readonly files: number;
}

const NOTHING: Amount = { bytes: 0, files: 0 };

/** How far several copies, one after the other, have come as one. */
export class JointProgress {
  /** What the copies before the current one have done. */
  #before = NOTHING;
  /** What the current one has done. */
  #current = NOTHING;
  /** What is expected of the copies after it. */
  #after = NOTHING;

  /** Adds a copy that will come later. */
  expect(amount: Amount): void {
    this.#after = sum(this.#after, amount);
  }

  /** Begins with the next copy. `expected` is what was expected of it. */
  begin(expected: Amount): void {
    this.#before = sum(this.#before, this.#current);
    this.#current = NOTHING;
    this.#after = { bytes: this.#after.bytes - expected.bytes, files: this.#after.files - expected.files };
  }

  /** The progress of all of them, given that of the current one. */
  with({ bytesDone, bytesTotal, filesDone, filesTotal, currentPath }: CopyProgress): CopyProgress {
    this.#current = { bytes: bytesDone, files: filesDone };
    const { bytes, files } = sum(this.#before, this.#after);
    return {
      bytesDone: this.#before.bytes + bytesDone,
      bytesTotal: bytesTotal === undefined ? undefined : bytes + bytesTotal,
      filesDone: this.#before.files + filesDone,
      filesTotal: filesTotal === undefined ? undefined : files + filesTotal,
      currentPath,
    };
  }
}

function sum(one: Amount, other: Amount): Amount {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files };
}
