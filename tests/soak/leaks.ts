// What a process must not gather while it copies.

import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openFiles } from '../helpers/descriptors.js';

const MIB = 2 ** 20;

/** How many bytes more than early on there may be of the heap at the end: what is reachable. */
const MOST_HEAP = 8 * MIB;
/**
 * As many of the whole process: its threads have some, which are kept for a minute after a copy. For each copy there are some
 * more, which Node 20 does not give back, and Node 26 does; a memory of the component's would be a hundred times as much.
 */
const MOST_PROCESS = 256 * MIB;
const MOST_PROCESS_EACH = 8 * 1024;

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

/**
 * What has been gathered since `early`, a sentence for each; none is good.
 *
 * @param copies how many were made since
 */
export function leaksSince(early: Holdings, now: Holdings, copies: number): string[] {
  const leaks: string[] = [];
  if (now.files.length > early.files.length) {
    leaks.push(`descriptors have stayed open: ${now.files.join(', ')}; there were ${early.files.join(', ')}`);
  }
  if (now.heap - early.heap > MOST_HEAP) {
    leaks.push(`the heap has grown from ${mib(early.heap)} to ${mib(now.heap)}`);
  }
  if (now.process - early.process > MOST_PROCESS + copies * MOST_PROCESS_EACH) {
    leaks.push(`the process has grown from ${mib(early.process)} to ${mib(now.process)}`);
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
