// A process for one library: `node agent.mjs NAME SOURCE TARGET` copies once. Without paths it is a child process that
// copies for each message, and answers with the cost.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { COPIES } from './cases.mjs';
import { contestants } from './contestants.mjs';
import { hideKoffi } from './hide-koffi.mjs';
import { messageOf } from './report.mjs';

/** @typedef {{ kind: import('./cases.mjs').Case['kind'], source: string, target: string }} Request */

/**
 * The cost of a copy: its time in milliseconds, the longest turn of the event loop, and the peak memory in bytes above
 * Node's own. Other runtimes have only the time.
 * @typedef {{ time: number, longestTurn: number | undefined, memory: number | undefined }} Cost
 */

/** @typedef {Cost | { missing: string } | { unfit: true } | { failed: string }} Answer */

/** The peak memory of this process so far; undefined unless on Linux. */
function peakMemory() {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

const memoryOfNode = peakMemory();
const [name = '', source, target] = process.argv.slice(2);
const { load, isWithoutKoffi } = contestants[name] ?? {};
if (load === undefined) {
  throw new Error(`there is no library '${name}'`);
}
const isNode = process.versions.bun === undefined && process.versions.deno === undefined;
if (isWithoutKoffi) {
  hideKoffi();
}

/** @param {() => unknown} copy */
async function measure(copy) {
  if (!isNode) {
    const started = performance.now();
    await copy();
    return { time: performance.now() - started, longestTurn: undefined, memory: undefined };
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // A turn must precede the copy's first.
  await setTimeout(5);
  const started = performance.now();
  await copy();
  const time = performance.now() - started;
  // Records the last turn.
  await setTimeout(5);
  delay.disable();
  const memory = peakMemory();
  return {
    time,
    longestTurn: delay.max / 1e6,
    memory: memory === undefined || memoryOfNode === undefined ? undefined : memory - memoryOfNode,
  };
}

/** @param {unknown} error */
const isNotInstalled = (error) =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';

/**
 * Copies a file many times, to new names in a directory.
 * @param {import('./contestants.mjs').Copy} copy
 * @param {string} source
 * @param {string} target the directory
 */
async function repeat(copy, source, target) {
  mkdirSync(target);
  for (let count = 0; count < COPIES; count++) {
    await copy(source, join(target, `${count}`));
  }
}

/**
 * @param {Request} request
 * @returns {Promise<Answer>}
 */
async function answer({ kind, source, target }) {
  let copy;
  try {
    copy = await load?.(kind);
  } catch (error) {
    return isNotInstalled(error) ? { missing: messageOf(error) } : { failed: messageOf(error) };
  }
  if (copy === undefined) {
    return { unfit: true };
  }
  try {
    return await measure(() => (kind === 'loop' ? repeat(copy, source, target) : copy(source, target)));
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

if (source !== undefined && target !== undefined) {
  const copy = await load('start');
  await copy?.(source, target);
} else {
  process.on('message', async (request) => {
    process.send?.(await answer(/** @type {Request} */ (request)));
  });
}
