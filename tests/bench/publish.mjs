// `make bench-publish`: puts the results of `make bench` into the documentation. README.md gets a small picture and
// three sentences, docs/benchmark.md gets everything. A partial run is refused. `node publish.mjs CHECKOUT` publishes
// into another checkout.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { chart } from './chart.mjs';
import { contestants } from './contestants.mjs';
import { matrix, multiple, roundsOf, table } from './report.mjs';
import { measured } from './settings.mjs';

const { 2: top = join(import.meta.dirname, '../..') } = process.argv;
const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

// The cases of README's picture.
const SUMMARY_CASES = ['large', 'small', 'mixed'];
const SUMMARY_CONTESTANTS = ['cp', 'rsync', 'mapcp', 'fs.copyFile', 'fs.cp', 'fs.cpSync', 'cpy', 'fs-extra'];

/** @type {import('./report.mjs').Results} */
const results = JSON.parse(readFileSync(join(measured, 'bench.json'), 'utf8'));
// Older results do not say whether they are complete.
const { date, machine, partial = ['it was measured by an older version'], rows } = results;
if (partial.length > 0) {
  const reasons = partial.map((reason) => `  ${reason}\n`).join('');
  process.stderr.write(`This is not published, since it is not the whole benchmark:\n${reasons}`);
  process.exit(1);
}
const onTmpfs = rows.filter(({ place }) => place === 'tmpfs');
const onDisk = rows.filter(({ place }) => place === 'disk');
const figures = rows.flatMap((row) => ('median' in row ? [row] : []));

/**
 * The figures of a contestant on tmpfs, if there are any.
 * @param {string} name of the case
 * @param {string} contestant
 */
const find = (name, contestant) =>
  figures.find((row) => row.place === 'tmpfs' && row.case === name && row.contestant === contestant);

/** @param {string} name @param {string} contestant */
const ratio = (name, contestant) => multiple(find(name, contestant)?.ratio);

/** The ratios of several libraries, such as `fs.cp 8.69, cpy 7.20`. */
const libraries = ['fs.cpSync', 'fs-extra', 'cpy', 'fs.cp']
  .filter((contestant) => find('mixed', contestant) !== undefined)
  .map((contestant) => `${contestant} ${ratio('mixed', contestant)}`)
  .join(', ');

/** mapcp's peak memory and longest turn. */
const ours = figures.filter(({ contestant }) => contestant === 'mapcp');
const memory = (Math.max(...ours.map((row) => row.memory ?? 0)) / 2 ** 20).toFixed(0);
const longestTurn = Math.max(...ours.map((row) => row.longestTurn ?? 0)).toFixed(0);
const start = (/** @type {string} */ contestant) => find('start', contestant)?.median ?? Number.NaN;

const summary = `On tmpfs, mapcp takes ${ratio('large', 'mapcp')} times as long as \`cp\` for one file of 256 MiB,
and ${ratio('mixed', 'mapcp')} times as long for 20,000 mixed files (${libraries}).
mapcp uses at most ${memory} MiB more memory than Node itself, and blocks the event loop for at most ${longestTurn} ms at a time.
[The benchmark](docs/benchmark.md) of ${date} lists all cases, the machine and the method.
`;

copyFileSync(join(measured, 'bench.svg'), join(top, 'docs/bench.svg'));
const inSummary = rows.filter(
  (row) => SUMMARY_CASES.includes(row.case) && SUMMARY_CONTESTANTS.includes(row.contestant),
);
writeFileSync(join(top, 'docs/bench-summary.svg'), chart({ ...results, rows: inSummary }));

const readme = join(top, 'README.md');
const text = readFileSync(readme, 'utf8');
const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
if (begin < BEGIN.length || end < begin) {
  throw new Error(`README.md has no lines ${BEGIN} and ${END}`);
}
writeFileSync(readme, `${text.slice(0, begin)}\n\n${summary}\n${text.slice(end)}`);

const tables = [
  { place: 'tmpfs', here: onTmpfs },
  { place: 'disk', here: onDisk },
].flatMap(({ place, here }) => {
  const titles = [...new Set(here.map(({ title }) => title))];
  return titles.map(
    (title) => `### ${title}, on ${place}\n\n${table(here.filter((row) => row.title === title))}`,
  );
});
writeFileSync(
  join(top, 'docs/benchmark.md'),
  `# Benchmark

\`make bench\` copies five kinds of sources with mapcp, \`cp\`, rsync, the functions of Node, cpy and fs-extra, on tmpfs
and on a disk. Measured on ${date} on
${machine}; ${roundsOf(results)}.

## Result

Each figure is a multiple of \`cp\`'s time in the same run. The row of \`cp\` has its time.

On tmpfs:

${matrix(onTmpfs, Object.keys(contestants))}
On the disk:

${matrix(onDisk, Object.keys(contestants))}
mapcp used at most ${memory} MiB more memory than Node itself. It blocked the event loop for at most ${longestTurn} ms at a time.
The command took ${(start('mapcp') - start('node -e 0')).toFixed(0)} ms more than \`node -e 0\` to copy 1 byte.

- **Small files** cost mapcp more than \`cp -r\` and \`fs.cpSync\`. mapcp writes each file under a temporary name and
  renames it; they write under the final name at once. Without [koffi](environments.md#koffi), mapcp also reaches each
  entry by a path through procfs, which is what confines the component. [The profile of a copy](profile.md) has the
  costs.
- **Holes** are not read by \`cp\` or by mapcp in Node. The others read them; in wasmtime, mapcp must, because WASI does
  not report holes.
- **\`cp\`** runs with \`--reflink=never\`, so that it reads and writes like the others. **\`cp -r\`** runs without it: if the
  kernel can copy by itself, it does.
- **mapcp in two jobs** is \`concurrency: 2\`. **mapcp with atomic: tree** writes each file under its own name, in a tree
  that gets its name at the end. **mapcp on preview2-shim** runs the component on jco's own WASI host.
  **Compiled** means that \`wasmtime compile\` ran before.
- **Bounds** make the system calls that mapcp makes under Node for each file and directory, and nothing else: once in
  plain JavaScript through procfs, and once in C with \`openat\`. They show what would remain if the rest of mapcp cost
  nothing. \`node -e 0\` shows the same for the start of a process.

![Time against cp, by case and contestant](bench.svg)

## Method

- Each contestant copies to a path that does not exist yet.
- In each round all contestants copy once, in a new order. The first round is a warm-up, and its times do not count. In
  that round each copy is checked for completeness.
- A contestant stops after five rounds once it has used 30 s. The tables give the number of rounds. The median of an
  even number of rounds is the mean of the two in the middle.
- A library is loaded once, in a process of its own. A command is started for each copy.
- On the disk, a \`sync\` comes before each copy, so that no contestant waits for the writes of another. What the disk
  still has to write when a copy ends does not count.
- Caches are not dropped, so sources are read from memory.
- Copies on the disk are emptied at once, but removed only at the end of the run. ext4 without a journal looks at all
  files that were removed in the last minutes whenever it makes a file. A contestant that ran after a removed tree took
  up to 17 times as long.
- **Longest turn** is the longest time that the event loop was blocked. **Memory** is the most beyond what Node itself
  uses. Both exist for libraries only.

## All figures

${tables.join('\n')}`,
);
