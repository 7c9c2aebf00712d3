// The resources that a process must not leak while it copies.

import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openFiles } from '../helpers/descriptors.js';

const MIB = 2 ** 20;

/** The allowed growth of the heap in bytes. */
const MOST_HEAP = 8 * MIB;
/**
 * The allowed growth of the process in bytes. Threads live for a minute after a copy. Node 20 also leaks a little with
 * each copy, and Node 26 does not. A leaked memory of the component would be a hundred times as large.
 */
const MOST_PROCESS = 256 * MIB;
const MOST_PROCESS_EACH = 8 * 1024;

/** The resources of the process. */
export interface Holdings {
  readonly heap: number;
  readonly process: number;
  /** The targets of its descriptors of files and directories. */
  readonly files: readonly string[];
}

/** Measures the resources after a garbage collection. */
export async function holdings(): Promise<Holdings> {
  if (globalThis.gc === undefined) {
    throw new Error('this is to be run by node --expose-gc');
  }
  // Finalizers run in a later turn of the event loop.
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await nextTurn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, process: rss, files: openFiles() };
}

/**
 * Returns the leaks since `early`, each as a sentence.
 *
 * @param copies how many copies were made since
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

/** Describes the resources in one line. */
export function describe({ heap, process, files }: Holdings): string {
  return `${mib(heap)} of heap, ${mib(process)} in all, ${files.length} files open`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
