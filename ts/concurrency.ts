// How many jobs a copy is divided among.

import { failureOf } from './component.js';
import type { CopyOptions } from './options.js';
import type { Job } from './task.js';

/** What a copy that is to be divided can do for that. */
export interface Divisible {
  /** Whether other threads can have a sandbox like this one. */
  readonly canShare: boolean;
  /** Makes a job on the same source that measures and touches nothing. */
  probe(): Job;
}

/**
 * How many jobs a copy is divided among: as many as its options ask for, and one where the source has no parts.
 *
 * @param options options that `copyChecks` has passed
 * @param copy the copy
 * @throws {TypeError} where there can be one job only, and more are asked for
 */
export async function jobsFor(options: CopyOptions, copy: Divisible): Promise<number> {
  const { concurrency = 1, recursive } = options;
  if (concurrency === 1) {
    return 1;
  }
  if (!copy.canShare) {
    throw new TypeError(
      'options.concurrency must be 1 with a host of your own, which no other thread can have',
    );
  }
  return recursive && (await hasParts(copy)) ? concurrency : 1;
}

/** Whether a source is more than one file. */
async function hasParts({ probe }: Divisible): Promise<boolean> {
  const job = probe();
  try {
    // The least that a step does is one entry, and what two of them do not get to the end of has more.
    for (let entries = 1; entries <= 2; entries++) {
      const { filesTotal } = await job.step(1n);
      if (filesTotal !== undefined) {
        return filesTotal > 1n;
      }
    }
    return true;
  } catch (error) {
    if (failureOf(error) === undefined) {
      throw error;
    }
    // What is wrong, the copy itself says.
    return false;
  } finally {
    await job.drop();
  }
}
