// Measuring: contestants in turn, round by round, so that whatever else the machine does hits all of them alike.

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { census } from './cases.mjs';
import { contestants } from './contestants.mjs';
import { median } from './median.mjs';

/** @typedef {import('./agent.mjs').Cost} Cost */
/** @typedef {Pick<Cost, 'time'> & Partial<Cost>} Sample */
/** @typedef {{ missing: string } | { unfit: true } | { failed: string }} Refusal */
/** @typedef {{ copy: (target: string) => Promise<Sample | Refusal>, end: () => void }} Runner */

/**
 * What a contestant needed: medians and spread over its rounds, in milliseconds and bytes.
 * @typedef {object} Figures
 * @property {number} rounds
 * @property {number} median
 * @property {number} least
 * @property {number} most
 * @property {number | undefined} longestTurn the longest turn of the event loop
 * @property {number | undefined} memory the most beyond Node's own
 */

/** @typedef {Figures | { missing: string } | { failed: string }} Outcome */

// A contestant that has had this long, in milliseconds, gets no further round: some take minutes for one.
const ENOUGH = 30_000;

/**
 * @param {(kind: import('./cases.mjs').Case['kind'], source: string, target: string) => readonly string[] | undefined} command
 * @param {import('./cases.mjs').Case} task
 * @param {string} source
 * @returns {Runner}
 */
function commandRunner(command, { kind }, source) {
  const copy = async (/** @type {string} */ target) => {
    const [program, ...args] = command(kind, source, target) ?? [];
    if (program === undefined) {
      return { unfit: /** @type {const} */ (true) };
    }
    const started = performance.now();
    const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    const time = performance.now() - started;
    if (error !== undefined) {
      return { missing: `${error}` };
    }
    return status === 0 ? { time } : { failed: stderr };
  };
  return { copy, end: () => {} };
}

/**
 * @param {string} name
 * @param {import('./cases.mjs').Case} task
 * @param {string} source
 * @returns {Runner}
 */
function agentRunner(name, { kind }, source) {
  const agent = fork(join(import.meta.dirname, 'agent.mjs'), [name]);
  const copy = async (/** @type {string} */ target) => {
    const ended = once(agent, 'exit').then(([status]) => {
      throw new Error(`the process for ${name} ended with status ${status}`);
    });
    agent.send({ kind, source, target });
    const [answer] = await Promise.race([once(agent, 'message'), ended]);
    return answer;
  };
  return { copy, end: () => void agent.kill() };
}

/**
 * How a contestant takes part in a case: as a command where starting it counts, or where it is nothing else.
 * @param {string} name
 * @param {import('./cases.mjs').Case} task
 * @param {string} source
 * @returns {Runner | undefined}
 */
function runnerFor(name, task, source) {
  const { command, load } = contestants[name] ?? {};
  if (load !== undefined && task.kind !== 'start') {
    return agentRunner(name, task, source);
  }
  return command && (task.kind === 'start' || load === undefined)
    ? commandRunner(command, task, source)
    : undefined;
}

/**
 * Fails where what was copied is not all: a race that is won by leaving things out is none.
 * @param {string} name
 * @param {string} source
 * @param {string} target
 */
function requireComplete(name, source, target) {
  const [wanted, found] = [census(source), census(target)];
  if (wanted.files !== found.files || wanted.bytes !== found.bytes) {
    throw new Error(
      `${name} has copied ${found.files} files of ${found.bytes} bytes, not ${wanted.files} of ${wanted.bytes}`,
    );
  }
}

/**
 * Measures contestants on one case, at one place.
 * @param {import('./cases.mjs').Case} task
 * @param {readonly string[]} names of the contestants
 * @param {{ directory: string, rounds: number, isOnDisk: boolean }} place
 * @returns {Promise<Map<string, Outcome>>} by contestant; those that have no way to do it are left out
 */
export async function measure(task, names, { directory, rounds, isOnDisk }) {
  const [source, target] = [join(directory, 'source'), join(directory, 'target')];
  task.make(source);
  /** @type {Map<string, { runner: Runner, samples: Sample[] }>} */
  const racing = new Map();
  for (const name of names) {
    const runner = runnerFor(name, task, source);
    if (runner !== undefined) {
      racing.set(name, { runner, samples: [] });
    }
  }
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, { runner, samples }] of racing) {
        if (samples.reduce((sum, { time }) => sum + time, 0) > ENOUGH) {
          continue;
        }
        if (isOnDisk) {
          // What others have left for the disk to do is not for this one to wait for.
          spawnSync('sync');
        }
        const answer = await runner.copy(target);
        if ('time' in answer) {
          samples.push(answer);
          if (round === 0 && name !== 'node -e 0') {
            requireComplete(name, source, target);
          }
        } else {
          racing.delete(name);
          runner.end();
          if (!('unfit' in answer)) {
            outcomes.set(name, answer);
          }
        }
        rmSync(target, { recursive: true, force: true });
      }
    }
    for (const [name, { samples }] of racing) {
      outcomes.set(name, summary(samples));
    }
  } finally {
    for (const { runner } of racing.values()) {
      runner.end();
    }
    rmSync(source, { recursive: true, force: true });
    rmSync(target, { recursive: true, force: true });
  }
  return new Map(
    names.flatMap((name) => {
      const outcome = outcomes.get(name);
      return outcome === undefined ? [] : [[name, outcome]];
    }),
  );
}

/**
 * @param {readonly Sample[]} samples
 * @returns {Figures}
 */
function summary(samples) {
  const times = samples.map(({ time }) => time);
  const turns = samples.flatMap(({ longestTurn }) => longestTurn ?? []);
  const memory = samples.flatMap(({ memory }) => memory ?? []);
  return {
    rounds: samples.length,
    median: median(times),
    least: Math.min(...times),
    most: Math.max(...times),
    longestTurn: turns.length === 0 ? undefined : Math.max(...turns),
    memory: memory.length === 0 ? undefined : Math.max(...memory),
  };
}
