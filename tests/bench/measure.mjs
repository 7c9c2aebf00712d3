// Measures contestants round by round, in turn, so other load on the machine hits all of them.

import { fork, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { COPIES, census } from './cases.mjs';
import { contestants } from './contestants.mjs';
import { median } from './median.mjs';
import { messageOf } from './report.mjs';

/** @typedef {import('./agent.mjs').Cost} Cost */
/** @typedef {Pick<Cost, 'time'> & Partial<Cost>} Sample */
/** @typedef {{ missing: string } | { unfit: true } | { failed: string }} Refusal */
/** @typedef {{ copy: (target: string) => Promise<Sample | Refusal>, end: () => void }} Runner */

/**
 * The figures of a contestant: medians and spread over its rounds, in milliseconds and bytes.
 * @typedef {object} Figures
 * @property {number} rounds
 * @property {number} median
 * @property {number} least
 * @property {number} most
 * @property {number | undefined} longestTurn of the event loop
 * @property {number | undefined} memory at its peak, above Node's own
 */

/** @typedef {Figures | { missing: string } | { failed: string }} Outcome */

// In milliseconds. A contestant stops after FEWEST rounds once it has used ENOUGH, and after its first copy if that took
// TOO_LONG: some need half a minute for one.
const ENOUGH = 10_000;
const FEWEST = 3;
const TOO_LONG = 15_000;

/** The space of a file or directory besides its content, in bytes. */
const BLOCK = 4096;

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
    const { status, signal, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    const time = performance.now() - started;
    if (error !== undefined) {
      return 'code' in error && error.code === 'ENOENT'
        ? { missing: `there is no ${program}` }
        : { failed: error.message };
    }
    return status === 0 ? { time } : { failed: stderr.trim() || `it ended with ${signal ?? status}` };
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
  const { runtime: [execPath = process.execPath, ...execArgv] = [], library = name } =
    contestants[name] ?? {};
  const agent = fork(join(import.meta.dirname, 'agent.mjs'), [library], { execPath, execArgv });
  const ended = once(agent, 'exit').then(
    ([status, signal]) => ({ failed: `its process ended with ${signal ?? status}` }),
    () => ({ missing: `there is no ${execPath}` }),
  );
  const copy = async (/** @type {string} */ target) => {
    const answered = once(agent, 'message').then(([answer]) => answer);
    // If the process has ended, that is reported instead.
    agent.send({ kind, source, target }, () => {});
    return Promise.race([answered, ended]);
  };
  return { copy, end: () => void agent.kill() };
}

/**
 * How a contestant takes part in a case: as a command if its start counts, or if it is only a command.
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
 * Throws if a copy is incomplete: leaving files out must not win.
 * @param {string} source
 * @param {string} target
 */
function requireComplete(source, target) {
  const [one, found] = [census(source), census(target)];
  const times = one.directories === 0 && found.directories > 0 ? COPIES : 1;
  const wanted = { files: one.files * times, bytes: one.bytes * times };
  if (wanted.files !== found.files || wanted.bytes !== found.bytes) {
    throw new Error(
      `copied ${found.files} files of ${found.bytes} bytes, not ${wanted.files} of ${wanted.bytes}`,
    );
  }
}

/**
 * Throws if there is no room for one copy, and for the emptied copies that are kept.
 * @param {string} source
 * @param {string} directory
 * @param {number} kept
 */
function requireRoom(source, directory, kept) {
  const { files, directories, bytes } = census(source);
  const free = statfsSync(directory);
  const needed = bytes + (files + directories * kept) * BLOCK;
  if (free.bavail * free.bsize < needed) {
    throw new Error(
      `it needs ${mebibytes(needed)} more, and ${mebibytes(free.bavail * free.bsize)} are free`,
    );
  }
  // Some file systems report 0 files, which means no limit.
  if (free.files > 0 && free.ffree < (files + directories) * kept) {
    throw new Error(`it needs ${(files + directories) * kept} more files, and ${free.ffree} are free`);
  }
}

/** @param {number} bytes */
const mebibytes = (bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** @param {string} path */
const remove = (path) => rmSync(path, { recursive: true, force: true });

/**
 * Empties all files in a directory, and keeps them. ext4 without a journal does not reuse recently removed inodes, and
 * looks at all of them for each new file: after the removal of a tree, the next contestant would be up to seventeen
 * times as slow.
 * @param {string} directory
 */
function empty(directory) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      truncateSync(join(entry.parentPath, entry.name));
    }
  }
}

/**
 * The order of a round: different in each round, and equal in each run.
 * @param {readonly string[]} names
 * @param {string} round
 */
function shuffled(names, round) {
  const key = (/** @type {string} */ name) => createHash('sha256').update(`${round} ${name}`).digest('hex');
  return names.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}

/**
 * Whether a contestant gets no further round.
 * @param {readonly Sample[]} samples the first is a warm-up
 */
export const hasHadEnough = ([, ...counted]) =>
  counted.length >= FEWEST && counted.reduce((sum, { time }) => sum + time, 0) > ENOUGH;

/**
 * Measures contestants in one case, at one place. The first round is a warm-up: it counts for completeness, turns and
 * memory, but not for times.
 * @param {import('./cases.mjs').Case} task
 * @param {readonly string[]} names of the contestants
 * @param {{ directory: string, rounds: number, isOnDisk: boolean }} place an empty directory; the caller must remove
 *   it
 * @returns {Promise<Map<string, Outcome>>} by contestant, without those that cannot do the task
 */
export async function measure(task, names, { directory, rounds, isOnDisk }) {
  const from = join(directory, 'from');
  const source = join(from, 'source');
  const clear = isOnDisk ? empty : remove;
  /** @type {Map<string, { runner: Runner, samples: Sample[] }>} */
  const racing = new Map();
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();

  /**
   * Lets a contestant copy once, to a new target.
   * @param {Runner} runner
   * @param {boolean} isToBeComplete
   * @returns {Promise<Sample | Refusal>}
   */
  async function attempt(runner, isToBeComplete) {
    // A directory of its own, because a contestant may leave files beside its target.
    const scratch = mkdtempSync(join(directory, 'turn-'));
    const target = join(scratch, 'copy');
    if (isOnDisk) {
      // Delayed writes of others must not count.
      spawnSync('sync', ['--file-system', directory]);
    }
    try {
      const answer = await runner.copy(target);
      if (isToBeComplete && 'time' in answer) {
        requireComplete(source, target);
      }
      return 'failed' in answer ? { failed: withoutPaths(answer.failed) } : answer;
    } catch (error) {
      return { failed: withoutPaths(messageOf(error)) };
    } finally {
      clear(scratch);
    }

    /** @param {string} message */
    function withoutPaths(message) {
      return message.replaceAll(`${scratch}/`, '').replaceAll(`${directory}/`, '');
    }
  }

  mkdirSync(from);
  try {
    task.make(source);
    requireRoom(source, directory, isOnDisk ? names.length * (rounds + 1) : 1);
    for (const name of names) {
      const runner = runnerFor(name, task, source);
      if (runner !== undefined) {
        racing.set(name, { runner, samples: [] });
      }
    }
    for (let round = 0; round <= rounds; round++) {
      for (const name of shuffled([...racing.keys()], `${task.title} ${round}`)) {
        const { runner, samples } = racing.get(name) ?? {};
        if (runner === undefined || samples === undefined || hasHadEnough(samples)) {
          continue;
        }
        const answer = await attempt(runner, round === 0 && !contestants[name]?.copiesNothing);
        const isTooSlow = 'time' in answer && round === 0 && answer.time > TOO_LONG;
        if ('time' in answer && !isTooSlow) {
          samples.push(answer);
          continue;
        }
        racing.delete(name);
        runner.end();
        if (!('unfit' in answer)) {
          outcomes.set(name, 'time' in answer ? { missing: tooSlow(answer.time) } : answer);
        }
      }
    }
    for (const [name, { samples }] of racing) {
      outcomes.set(name, summary(samples));
    }
  } finally {
    for (const { runner } of racing.values()) {
      runner.end();
    }
    clear(from);
  }
  return new Map(
    names.flatMap((name) => {
      const outcome = outcomes.get(name);
      return outcome === undefined ? [] : [[name, outcome]];
    }),
  );
}

/** @param {number} time */
const tooSlow = (time) => `its first copy took ${(time / 1000).toFixed(0)} s`;

/**
 * @param {readonly Sample[]} samples the first is a warm-up
 * @returns {Figures}
 */
function summary(samples) {
  const times = samples.slice(1).map(({ time }) => time);
  const turns = samples.flatMap(({ longestTurn }) => longestTurn ?? []);
  const memory = samples.flatMap(({ memory }) => memory ?? []);
  return {
    rounds: times.length,
    median: median(times),
    least: Math.min(...times),
    most: Math.max(...times),
    longestTurn: turns.length === 0 ? undefined : Math.max(...turns),
    memory: memory.length === 0 ? undefined : Math.max(...memory),
  };
}
