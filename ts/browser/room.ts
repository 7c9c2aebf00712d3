// Measures a copy before it starts, to find out whether there is room for it.

import type { CopyOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import { type Component, dropJob } from '../component.js';

/** The sizes of the files that a copy will make, in bytes. */
export interface Sizes {
  readonly total: number;
  readonly largest: number;
}

/**
 * Measures what a copy will make, with a dry run.
 *
 * @returns the sizes; undefined if the dry run fails, because the copy will then report the error itself
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
      // With a budget of 0, a step does one entry.
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
