// `make bench`: measures copies by mapcp and by others, in one interleaved run on tmpfs and on the disk.
//
// Times are medians with minimum and maximum. Ratios are to cp in the same run. Libraries also have the longest turn of
// the event loop, and the peak memory above Node's own. ROUNDS is the number of rounds. CASES, CONTESTANTS and PLACES
// limit the run (`CASES=small,mixed CONTESTANTS=cp,mapcp PLACES=tmpfs`), and SCALE=0.001 shrinks everything to a
// thousandth. The results are printed, written to bench.json in build/out or in BENCH_OUT, and drawn in bench.svg.
//
// It takes about 20 minutes. If many files were removed from the disk in the minutes before, for example by an
// earlier run, the disk is slower: measure.mjs says why.
//
// A missing or failing contestant, and a case without enough space, are reported, and the others go on. The exit status
// is 1 if mapcp failed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { cases } from './cases.mjs';
import { chart } from './chart.mjs';
import { addOtherNodes, compileForWasmtime, contestants, versions } from './contestants.mjs';
import { measure } from './measure.mjs';
import { describeMachine, messageOf, table, why } from './report.mjs';
import { chosen, measured, reductions, rounds } from './settings.mjs';

/** @typedef {import('./report.mjs').Row} Row */

/** The directories on tmpfs and on the disk. */
const places = { tmpfs: '/dev/shm', disk: tmpdir() };

/** @template {object} T @param {T} object */
const keysOf = (object) => /** @type {(keyof T & string)[]} */ (Object.keys(object));

addOtherNodes();
const tasks = Object.entries(cases).filter(([name]) => chosen('CASES', keysOf(cases)).includes(name));
const names = chosen('CONTESTANTS', keysOf(contestants));
const grounds = chosen('PLACES', keysOf(places));

/**
 * @type {string[]} directories to remove at the end: measure.mjs says why not earlier
 */
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
  const taking = names.filter((each) => {
    const { cases: own = [name] } = contestants[each] ?? {};
    const { among = [each] } = task;
    return own.includes(name) && among.includes(each);
  });
  const outcomes = await measure(task, taking, { directory, rounds, isOnDisk: place === 'disk' });
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
 * The reason if a row has no figures and matters: it is cp, the base of the ratios, or mapcp.
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
    for (const [name, task] of tasks.filter(([, { places = [place] }]) => places.includes(place))) {
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
    versions: versions(),
    contestants: names,
    partial: [...reductions, ...leftOut, ...rows.flatMap(lacks)],
    rows,
  };
  writeFileSync(join(measured, 'bench.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(measured, 'bench.svg'), chart(results));
} finally {
  // rm takes half the time of Node for millions of files.
  spawnSync('rm', ['-rf', '--', ...directories]);
}
process.exitCode = rows.some((row) => 'failed' in row && contestants[row.contestant]?.isOurs) ? 1 : 0;
