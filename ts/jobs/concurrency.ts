// How many jobs a copy is divided among.

import type { CopyOptions, JobOptions } from '../common/options.js';
import type { Job } from '../task/task.js';
import { componentErrorOf } from './component.js';

/** A copy that can perhaps be divided. */
export interface Divisible {
  /** Whether other threads can open a sandbox like this one. */
  readonly canShare: boolean;
  /** Makes a job on the same source that only measures. */
  probe(): Job;
}

/**
 * Returns how many jobs divide a copy: as many as its options say, or 1 if the source is a single file, or if
 * all jobs would have to share a limit.
 *
 * @param options checked options
 * @param copy the copy
 * @throws {TypeError} if the options ask for more than one job, and other threads cannot open the sandbox
 */
export async function jobsFor(options: CopyOptions & JobOptions, copy: Divisible): Promise<number> {
  const { concurrency = 1, recursive, maxBytes, maxFiles, input } = options;
  if (concurrency === 1) {
    return 1;
  }
  if (!copy.canShare) {
    throw new TypeError(
      'options.concurrency must be 1 with a host of your own, because other threads cannot use it',
    );
  }
  // Jobs cannot share these limits, nor an input.
  const isWhole = maxBytes !== undefined || maxFiles !== undefined || input !== undefined;
  return recursive && !isWhole && (await hasParts(copy)) ? concurrency : 1;
}

/** Whether a source has more than one file. */
async function hasParts({ probe }: Divisible): Promise<boolean> {
  const job = probe();
  try {
    // Each step measures at least one entry. A source that is not measured after two steps has more than one.
    for (let entries = 1; entries <= 2; entries++) {
      const { filesTotal } = await job.step(1n);
      if (filesTotal !== undefined) {
        return filesTotal > 1n;
      }
    }
    return true;
  } catch (error) {
    if (componentErrorOf(error) === undefined) {
      throw error;
    }
    // The copy itself will report it.
    return false;
  } finally {
    await job.drop();
  }
}
