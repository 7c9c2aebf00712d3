// Whether there is room for a copy, before anything of it is made.

import type { CopyOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import { type Component, dropJob } from '../component.js';

/** The files that a copy will make: how many bytes they have together, and how many the largest has. */
export interface Sizes {
  readonly total: number;
  readonly largest: number;
}

/**
 * Finds out what a copy will make, by a dry run of it.
 *
 * @returns the sizes, or undefined where the copy will fail, and say why itself
 */
export function sizesOf(
  { copier }: Component,
  source: string,
  target: string,
  options: CopyOptions,
): Sizes | undefined {
  const job = new copier.CopyJob(source, target, {
    ...options,
    dryRun: true,
    measure: false,
    reportEntries: false,
  });
  try {
    let total = 0;
    let largest = 0;
    for (let done = false; !done; ) {
      // With nothing to spend, a step goes on by one entry.
      const progress = job.step(0n);
      largest = Math.max(largest, Number(progress.bytesInPlace) - total);
      total = Number(progress.bytesInPlace);
      done = progress.done;
    }
    return { total, largest };
  } catch {
    return undefined;
  } finally {
    dropJob(job);
  }
}
