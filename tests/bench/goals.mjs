// Measures the goals for the speed of copies in the Node that runs it, on tmpfs, and prints them as JSON. profile.mjs runs
// it in each release of Node. `node goals.mjs without-koffi` measures those that need a process without koffi.
//
// Each goal compares two things that take turns, so other load on the machine hits both.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { copy } from 'mapcp';
import { cases } from './cases.mjs';
import { hideKoffi } from './hide-koffi.mjs';
import { median } from './median.mjs';
import { copyBySameCalls, copyInWindows } from './same-calls.mjs';
import { rounds } from './settings.mjs';

/**
 * A goal and what was measured. Without `most` it is a bound, which explains another goal.
 * @typedef {{ goal: string, measured: number, most?: number, unit?: string }} Goal
 */

/** @typedef {(target: string) => unknown} Act copies to a new path */

const ROUNDS = 2 * rounds + 1;
// V8 compiles a copy of many files in the first rounds.
const WARM_UP = 4;
const cli = join(import.meta.dirname, '../../build/out/js/cli/main.js');
const place = mkdtempSync('/dev/shm/mapcp-goals-');
const target = join(place, 'target');

/** @param {string} path */
const remove = (path) => rmSync(path, { recursive: true, force: true });

/** @param {Act} act */
async function timed(act) {
  const started = performance.now();
  await act(target);
  const time = performance.now() - started;
  remove(target);
  return time;
}

/**
 * Lets some acts take turns.
 * @template {string} Name
 * @param {Record<Name, Act>} acts
 * @returns {Promise<Record<Name, number[]>>} the milliseconds of each, by rounds
 */
async function inTurns(acts) {
  const names = /** @type {Name[]} */ (Object.keys(acts));
  const times = /** @type {Record<Name, number[]>} */ (
    Object.fromEntries(names.map((name) => [name, /** @type {number[]} */ ([])]))
  );
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const name of names) {
      const time = await timed(acts[name]);
      if (round >= 0) {
        times[name].push(time);
      }
    }
  }
  return times;
}

/**
 * The median of the ratios of two series, round by round.
 * @param {readonly number[]} times
 * @param {readonly number[]} base
 */
const ratio = (times, base) => median(times.map((time, round) => time / (base[round] ?? Number.NaN)));

/** @param {readonly string[]} command */
function run([program = '', ...args]) {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  }
}

/** @param {string} name of the case */
function source(name) {
  const path = join(place, name);
  cases[name]?.make(path);
  return path;
}

/** @param {string} from */
const cp = (from) => (/** @type {string} */ to) => run(['cp', '-r', '--reflink=never', from, to]);

/** @param {string} from @param {import('mapcp').CopyOptions} [options] */
const mapcp = (from, options) => (/** @type {string} */ to) =>
  copy(from, to, { recursive: true, ...options });

/** @returns {Promise<Goal[]>} */
async function smallWithoutKoffi() {
  const from = source('small');
  const times = await inTurns({ cp: cp(from), mapcp: mapcp(from) });
  return [
    {
      goal: '5,000 small files without koffi, against `cp`',
      most: 1.25,
      measured: ratio(times.mapcp, times.cp),
    },
  ];
}

/** @returns {Promise<Goal[]>} */
async function small() {
  const from = source('small');
  const times = await inTurns({
    cp: cp(from),
    one: mapcp(from),
    two: mapcp(from, { concurrency: 2 }),
    whole: mapcp(from, { atomic: 'tree' }),
    bound: (to) => copyBySameCalls(from, to, 'koffi'),
    wholeBound: (to) => copyBySameCalls(from, to, 'koffi', true),
  });
  remove(from);
  return [
    { goal: '5,000 small files in one job, against `cp`', most: 1, measured: ratio(times.one, times.cp) },
    { goal: '… only the system calls, in Node', measured: ratio(times.bound, times.cp) },
    { goal: "the same with `atomic: 'tree'`", most: 0.8, measured: ratio(times.whole, times.cp) },
    { goal: '… only the system calls, in Node', measured: ratio(times.wholeBound, times.cp) },
    { goal: 'the same in two jobs, against one', most: 1, measured: ratio(times.two, times.one) },
  ];
}

/** @returns {Promise<Goal[]>} */
async function large() {
  const from = source('large');
  const times = await inTurns({ mapcp: mapcp(from), loop: (to) => copyInWindows(from, to) });
  remove(from);
  return [
    {
      goal: 'one file of 256 MiB, against the same reads and writes in Node',
      most: 1.02,
      measured: ratio(times.mapcp, times.loop),
    },
  ];
}

/** @returns {Promise<Goal[]>} */
async function sparse() {
  const from = source('sparse');
  const times = await inTurns({ cp: cp(from), mapcp: mapcp(from) });
  remove(from);
  return [{ goal: 'a sparse file of 5 GiB, against `cp`', most: 3, measured: ratio(times.mapcp, times.cp) }];
}

const CALLS = 300;

/** @returns {Promise<Goal[]>} */
async function loop() {
  const from = source('start');
  const times = await inTurns({
    async loop(to) {
      mkdirSync(to);
      for (let call = 0; call < CALLS; call++) {
        await copy(from, join(to, `${call}`));
      }
    },
  });
  return [
    {
      goal: '`copy` of 1 byte, again and again',
      most: 0.3,
      unit: 'ms',
      measured: median(times.loop) / CALLS,
    },
  ];
}

/** @returns {Promise<Goal[]>} */
async function start() {
  const from = source('start');
  const node = process.execPath;
  const times = await inTurns({
    node: () => run([node, '-e', '0']),
    copy: (to) => run([node, cli, '-T', from, to]),
    help: () => run([node, cli, '--help']),
  });
  const more = (/** @type {'copy' | 'help'} */ name) =>
    median(times[name].map((time, round) => time - (times.node[round] ?? Number.NaN)));
  return [
    { goal: 'the start of a copy, beyond `node -e 0`', most: 30, unit: 'ms', measured: more('copy') },
    { goal: 'the start of `--help`, beyond `node -e 0`', most: 10, unit: 'ms', measured: more('help') },
  ];
}

/** @returns {Goal[]} */
function inOwnProcess() {
  const args = [import.meta.filename, 'without-koffi'];
  return JSON.parse(
    spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).stdout,
  );
}

try {
  const isWithoutKoffi = process.argv[2] === 'without-koffi';
  if (isWithoutKoffi) {
    hideKoffi();
  }
  const goals = isWithoutKoffi
    ? await smallWithoutKoffi()
    : [
        ...(await loop()),
        ...(await small()),
        ...inOwnProcess(),
        ...(await large()),
        ...(await sparse()),
        ...(await start()),
      ];
  process.stdout.write(JSON.stringify(goals));
} finally {
  remove(place);
}
