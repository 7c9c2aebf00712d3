// `make bench`: how long copies take, ours beside others', in one interleaved run on tmpfs and on the disk.
//
// Times are medians, beside the least and the most; ratios are to cp in the same run. With a library's come the longest
// turn of the event loop, and the most memory beyond what Node itself has. ROUNDS says how often, CASES, CONTESTANTS and
// PLACES what to leave it at (`CASES=small,mixed CONTESTANTS=cp,mapcp PLACES=tmpfs`), and SCALE=0.001 makes all of it
// a thousandth as large. What is printed is written to bench.json in build/out, or in BENCH_OUT, and drawn in bench.svg.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { cases } from './cases.mjs';
import { chart } from './chart.mjs';
import { compileForWasmtime, contestants } from './contestants.mjs';
import { measure } from './measure.mjs';
import { describeMachine, table } from './report.mjs';

const { ROUNDS = '7', BENCH_OUT = join(import.meta.dirname, '../../build/out') } = process.env;
const rounds = Number(ROUNDS);

/** Where tmpfs is, and where the disk is. */
const places = { tmpfs: '/dev/shm', disk: tmpdir() };

/**
 * The names that an environment variable chooses, or all.
 * @template {string} Name
 * @param {string} variable
 * @param {readonly Name[]} names
 */
function chosen(variable, names) {
  const wanted = process.env[variable]?.split(',') ?? names;
  const unknown = wanted.find((name) => !names.some((each) => each === name));
  if (unknown !== undefined) {
    throw new Error(`${variable} has '${unknown}', which is none of: ${names.join(', ')}`);
  }
  return names.filter((name) => wanted.includes(name));
}

/** @template {object} T @param {T} object */
const keysOf = (object) => /** @type {(keyof T & string)[]} */ (Object.keys(object));

/**
 * @param {keyof typeof places} place
 * @param {string} name of the case
 * @returns {Promise<import('./report.mjs').Row[]>}
 */
async function run(place, name) {
  const task = cases[name];
  if (task === undefined) {
    return [];
  }
  const directory = mkdtempSync(join(places[place], 'mapcp-bench-'));
  try {
    const runners = chosen('CONTESTANTS', keysOf(contestants));
    const outcomes = await measure(task, runners, { directory, rounds, isOnDisk: place === 'disk' });
    const first = outcomes.get('cp');
    const unit = first !== undefined && 'median' in first ? first.median : Number.NaN;
    return [...outcomes].map(([contestant, outcome]) => ({
      place,
      case: name,
      title: task.title,
      contestant,
      ...('median' in outcome ? { ...outcome, ratio: outcome.median / unit } : outcome),
    }));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const machine = describeMachine();
const date = new Date().toISOString().slice(0, 10);
process.stdout.write(`${date}, ${machine}; medians of ${rounds}, and of fewer where those take long\n`);
compileForWasmtime();
/** @type {import('./report.mjs').Row[]} */
const rows = [];
for (const place of chosen('PLACES', keysOf(places))) {
  for (const name of chosen('CASES', keysOf(cases))) {
    const found = await run(place, name);
    process.stdout.write(`\n${cases[name]?.title}, on ${place}\n\n${table(found)}`);
    rows.push(...found);
  }
}
const results = { date, machine, rounds, rows };
mkdirSync(BENCH_OUT, { recursive: true });
writeFileSync(join(BENCH_OUT, 'bench.json'), `${JSON.stringify(results, undefined, 2)}\n`);
writeFileSync(join(BENCH_OUT, 'bench.svg'), chart(results));
