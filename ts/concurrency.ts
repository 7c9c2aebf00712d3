// How many jobs a copy is divided among.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failureOf } from './component.js';
import type { CopyOptions } from './options.js';
import type { Job } from './task.js';

/** What a copy that is to be divided can do for that. */
export interface Divisible {
  /** Whether other threads can have a sandbox like this one. */
  readonly canShare: boolean;
  /** Makes a job on the same source that measures and touches nothing. */
  probe(): Job;
  /** Leaves the event loop to others; what it throws ends the copy. */
  rest(): Promise<void>;
}

/** From when on a tree is divided: as many files, or several files with as many bytes. */
interface Threshold {
  readonly files: number;
  readonly bytes: bigint;
}

// More jobs than processors serve nobody, and what more than two do has not been measured.
const MOST_UNASKED = 2;

// What is worth starting threads for without being asked: that takes as long as copying some hundred files.
const SOME_SIZE: Threshold = { files: 2000, bytes: 512n * 1024n * 1024n };

const WHATEVER_HAS_PARTS: Threshold = { files: 2, bytes: 0n };

// So few entries are looked at in one turn of the event loop.
const ENTRIES_OF_A_TURN = 100;

/**
 * How many jobs a copy is divided among: as many as its options ask for, and by default two for a tree of some size. One
 * file has no parts.
 *
 * @param options options that `requireOptions` has passed
 * @param copy the copy
 * @throws {TypeError} where there can be one job only, and more are asked for
 */
export async function jobsFor(options: CopyOptions, copy: Divisible): Promise<number> {
  const { concurrency, recursive } = options;
  const most = concurrency ?? (hasCodeOfThreads() ? Math.min(MOST_UNASKED, availableParallelism()) : 1);
  if (!copy.canShare && concurrency !== undefined && concurrency > 1) {
    throw new TypeError(
      'options.concurrency must be 1 with a host of your own, which no other thread can have',
    );
  }
  if (!copy.canShare || most === 1 || !recursive) {
    return 1;
  }
  const isDivided = await hasAtLeast(concurrency === undefined ? SOME_SIZE : WHATEVER_HAS_PARTS, copy);
  return isDivided ? most : 1;
}

/** Whether the code of threads is where it belongs: a bundler that makes one file of a program leaves it behind. */
function hasCodeOfThreads(): boolean {
  // Undefined in what a bundler makes of a module that is to be none.
  const here: string | undefined = import.meta.url;
  return here !== undefined && existsSync(join(dirname(fileURLToPath(here)), 'mapcp-worker.js'));
}

/** Whether a source is a tree of some size. Looks no further than it has to. */
async function hasAtLeast({ files, bytes }: Threshold, { probe, rest }: Divisible): Promise<boolean> {
  const job = probe();
  try {
    for (let entries = 1; entries <= files; entries++) {
      // The least that a step does is one entry.
      const { filesTotal, bytesTotal } = await job.step(1n);
      if (filesTotal !== undefined && bytesTotal !== undefined) {
        return filesTotal > 1n && bytesTotal >= bytes;
      }
      if (entries % ENTRIES_OF_A_TURN === 0) {
        await rest();
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
