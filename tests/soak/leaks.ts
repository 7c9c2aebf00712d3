// What a process must not gather while it copies.

import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openFiles } from '../helpers/descriptors.js';

const MIB = 2 ** 20;

/**
 * How many bytes more than early on there may be at the end. The heap's are what is reachable; the process's are also what its
 * threads have, which are kept for a minute after a copy, and what the system has not been given back.
 */
const MOST_GROWTH = { heap: 8 * MIB, process: 160 * MIB };

/** What the process has. */
export interface Holdings {
  readonly heap: number;
  readonly process: number;
  /** What its descriptors of files and directories lead to. */
  readonly files: readonly string[];
}

/** Looks at what the process has, after everything that nobody needs is gone. */
export async function holdings(): Promise<Holdings> {
  if (globalThis.gc === undefined) {
    throw new Error('this is to be run by node --expose-gc');
  }
  // What is finalised in one turn of the event loop is gone in another.
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await nextTurn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, process: rss, files: openFiles() };
}

/** What has been gathered since `early`, a sentence for each; none is good. */
export function leaksSince(early: Holdings, now: Holdings): string[] {
  const leaks: string[] = [];
  if (now.files.length > early.files.length) {
    leaks.push(`descriptors have stayed open: ${now.files.join(', ')}; there were ${early.files.join(', ')}`);
  }
  for (const kind of ['heap', 'process'] as const) {
    if (now[kind] - early[kind] > MOST_GROWTH[kind]) {
      leaks.push(`memory of the ${kind} has grown from ${mib(early[kind])} to ${mib(now[kind])}`);
    }
  }
  return leaks;
}

/** Says what the process has, in a line. */
export function describe({ heap, process, files }: Holdings): string {
  return `${mib(heap)} of heap, ${mib(process)} in all, ${files.length} files open`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
