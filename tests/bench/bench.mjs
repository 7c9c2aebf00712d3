// `make bench`: how long copies take, ours beside others', in one interleaved run on tmpfs and on the disk.
//
// Times are medians, beside the least and the most; ratios are to cp in the same run. With a library's come the longest
// turn of the event loop, and the most memory beyond what Node itself has. ROUNDS says how often, CASES, CONTESTANTS and
// PLACES what to leave it at (`CASES=small,mixed CONTESTANTS=cp,mapcp PLACES=tmpfs`), and SCALE=0.001 makes all of it
// a thousandth as large. What is printed is written to bench.json in build/out, or in BENCH_OUT, and drawn in bench.svg.
//
// It takes half an hour or so. On the disk it measures something else where many files were removed in the minutes before,
// as a run before has done: measure.mjs says why.
//
// Who is missing or fails is told, and the others go on; so is a case for which there is no space. The exit status is 1
// where mapcp failed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { cases } from './cases.mjs';
import { chart } from './chart.mjs';
import { compileForWasmtime, contestants } from './contestants.mjs';
import { measure } from './measure.mjs';
import { describeMachine, messageOf, table, why } from './report.mjs';
import { chosen, measured, reductions, rounds } from './settings.mjs';

/** @typedef {import('./report.mjs').Row} Row */

/** Where tmpfs is, and where the disk is. */
const places = { tmpfs: '/dev/shm', disk: tmpdir() };

/** @template {object} T @param {T} object */
const keysOf = (object) => /** @type {(keyof T & string)[]} */ (Object.keys(object));

const tasks = Object.entries(cases).filter(([name]) => chosen('CASES', keysOf(cases)).includes(name));
const names = chosen('CONTESTANTS', keysOf(contestants));
const grounds = chosen('PLACES', keysOf(places));

/** @type {string[]} directories to be removed in the end: measure.mjs says why not before */
const directories = [];

/**
 * @param {keyof typeof places} place
 * @param {string} name of the case
 * @param {import('./cases.mjs').Case} task
 * @returns {Promise<Row[]>}
 */
async function run(place, name, task) {
  const directory = mkdtempSync(join(places[place], 'mapcp-bench-'));
  directories.push(directory);
  const outcomes = await measure(task, names, { directory, rounds, isOnDisk: place === 'disk' });
  const first = outcomes.get('cp');
  const unit = first !== undefined && 'median' in first ? first.median : undefined;
  return [...outcomes].map(([contestant, outcome]) => ({
    place,
    case: name,
    title: task.title,
    contestant,
    ...('median' in outcome ? { ...outcome, ratio: unit && outcome.median / unit } : outcome),
  }));
}

/**
 * What a case lacks: cp, which the others are compared with, or one of our own.
 * @param {Row} row
 */
const lacks = (row) =>
  'median' in row || !(row.contestant === 'cp' || contestants[row.contestant]?.isOurs)
    ? []
    : [`${row.title}, on ${row.place}, has no ${row.contestant} (${why(row)})`];

const machine = describeMachine();
const date = new Date().toISOString().slice(0, 10);
process.stdout.write(`${date}, ${machine}; medians of ${rounds} rounds, and of fewer if those take long\n`);
mkdirSync(measured, { recursive: true });
compileForWasmtime();
/** @type {Row[]} */
const rows = [];
/** @type {string[]} */
const leftOut = [];
try {
  for (const place of grounds) {
    for (const [name, task] of tasks) {
      const heading = `${task.title}, on ${place}`;
      try {
        const found = await run(place, name, task);
        process.stdout.write(`\n${heading}\n\n${table(found)}`);
        rows.push(...found);
      } catch (error) {
        leftOut.push(`${heading}, is left out: ${messageOf(error)}`);
        process.stdout.write(`\n${leftOut.at(-1)}\n`);
      }
    }
  }
  /** @type {import('./report.mjs').Results} */
  const results = {
    date,
    machine,
    rounds,
    partial: [...reductions, ...leftOut, ...rows.flatMap(lacks)],
    rows,
  };
  writeFileSync(join(measured, 'bench.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(measured, 'bench.svg'), chart(results));
} finally {
  // There are millions of files by then, and Node takes twice as long for them.
  spawnSync('rm', ['-rf', '--', ...directories]);
}
process.exitCode = rows.some((row) => 'failed' in row && contestants[row.contestant]?.isOurs) ? 1 : 0;
