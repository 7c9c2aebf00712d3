// `make bench-publish`: puts the results of `make bench` into the documentation. README.md gets a small picture and
// three sentences, docs/benchmark.md the ratios, and tests/bench, which is not in the package, all figures and their
// picture. A partial run is refused. `node publish.mjs CHECKOUT` publishes into another checkout.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { glance } from './chart.mjs';
import { legend, matrix, multiple, roundsOf, table } from './report.mjs';
import { measured } from './settings.mjs';

const { 2: top = join(import.meta.dirname, '../..') } = process.argv;
const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** @type {import('./report.mjs').Results} */
const results = JSON.parse(readFileSync(join(measured, 'bench.json'), 'utf8'));
// Older results do not say whether they are complete.
const { date, machine, partial = ['it was measured by an older version'], rows } = results;
const { versions = [], contestants = [] } = results;
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

/** mapcp's peak memory and longest turn in one copy. In a loop, Node also holds what earlier copies left. */
const ours = figures.filter((row) => row.contestant === 'mapcp' && row.case !== 'loop');
const memory = (Math.max(...ours.map((row) => row.memory ?? 0)) / 2 ** 20).toFixed(0);
const longestTurn = Math.max(...ours.map((row) => row.longestTurn ?? 0)).toFixed(0);
const start = (/** @type {string} */ contestant) => find('start', contestant)?.median ?? Number.NaN;

const summary = `On tmpfs, and with [koffi](docs/environments.md#koffi), mapcp takes ${ratio('large', 'mapcp')} times as long as \`cp\` for one file of 256 MiB,
and ${ratio('mixed', 'mapcp')} times as long for 20,000 mixed files (${libraries}).
A copy uses at most ${memory} MiB more memory than Node itself, and blocks the event loop for at most ${longestTurn} ms at a time.
[The benchmark](docs/benchmark.md) of ${date} lists all cases, the machine and the method.
`;

writeFileSync(join(top, 'docs/bench-summary.svg'), glance(results));

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
mkdirSync(join(top, 'tests/bench'), { recursive: true });
copyFileSync(join(measured, 'bench.svg'), join(top, 'tests/bench/bench.svg'));
writeFileSync(
  join(top, 'tests/bench/figures.md'),
  `# All figures of the benchmark

\`make bench-publish\` wrote this. [The benchmark](../../docs/benchmark.md) describes the method. Measured on ${date} on
${machine}; ${roundsOf(results)}.

![Time against cp, by case and contestant](bench.svg)

- **Longest turn** is the longest time that the event loop was blocked. **Memory** is the most beyond what Node itself
  uses. Both exist for libraries in Node only.

${tables.join('\n').replaceAll(/^### /gm, '## ')}`,
);
writeFileSync(
  join(top, 'docs/benchmark.md'),
  `# Benchmark

\`make bench\` copies with mapcp, with other commands, and with the functions and packages of Node, Bun and Deno, on tmpfs and
on a disk. Measured on ${date} on
${machine}; ${roundsOf(results)}.
${versions.length > 0 ? `Versions: ${versions.join('; ')}.\n` : ''}
## Result

Each figure is a multiple of \`cp\`'s time in the same run. The row of \`cp\` has its time.
A dash means that a contestant was not there, failed, or took more than 15 s for its first copy.

${legend(rows)}
On tmpfs:

${matrix(onTmpfs, contestants)}
On the disk:

${matrix(onDisk, contestants)}
A copy by mapcp used at most ${memory} MiB more memory than Node itself. It blocked the event loop for at most ${longestTurn} ms at
a time.
The command took ${(start('mapcp') - start('node -e 0')).toFixed(0)} ms more than \`node -e 0\` to copy 1 byte.

## What the others do

- **\`cp\`** runs with \`--reflink=never\`, so that it reads and writes like mapcp. **\`cp -r\`** runs without it, and lets the
  kernel copy by \`copy_file_range(2)\`. So do xcp, cpz, \`fs.cpSync\` in all runtimes, \`fs.copyFile\` and what is built on
  it. A component cannot: WASI has no such call.
- All but rsync write each file under its final name. If they are killed, half a file has that name. mapcp and rsync
  write under a temporary name and rename.
- Only mapcp fails if a source changes during its copy, and only mapcp confines a copy to two directories. Without
  [koffi](environments.md#koffi), it therefore reaches each entry by a path through procfs.
- xcp and cpz copy in several threads by themselves. Bun's and Deno's \`cpSync\` run without the start of their runtimes.
- **Holes** are not read by \`cp\`, uutils \`cp\` and xcp, nor by mapcp in Node. The others read them; in wasmtime, mapcp
  must, because WASI does not report holes.
- In the case of one file 1,000 times, \`cp\` is a process for each copy. The others are one process.

## What the rows of mapcp are

- **mapcp** is \`copy()\` in this Node with koffi installed, and **in Node 24** in another release. **Two jobs** is
  \`concurrency: 2\`. **atomic: tree** writes each file under its own name, in a tree that gets its name at the end.
  **On preview2-shim** runs the component on jco's own WASI host. **Compiled** means that \`wasmtime compile\` ran before.
- **Bounds** make the system calls that mapcp makes under Node for each file and directory, and nothing else: in plain
  JavaScript through procfs or by koffi's \`openat\`, under temporary names or under final names, and in C. They show
  what would remain if the rest of mapcp cost nothing. [The profile of a copy](profile.md) has the costs.

## Method

- Each contestant copies to a path that does not exist yet.
- In each round all contestants copy once, in a new order. The first round is a warm-up, and its times do not count. In
  that round each copy is checked for completeness.
- A contestant stops after three rounds once it has used 10 s, and after the warm-up if that took 15 s. The median of an
  even number of rounds is the mean of the two in the middle.
- A library is loaded once, in a process of its own. A command is started for each copy.
- On the disk, a \`sync\` comes before each copy, so that no contestant waits for the writes of another. What the disk
  still has to write when a copy ends does not count.
- Caches are not dropped, so sources are read from memory.
- Copies on the disk are emptied at once, but removed only at the end of the run. ext4 without a journal looks at all
  files that were removed in the last minutes whenever it makes a file. A contestant that ran after a removed tree took
  up to 17 times as long. For the same reason, 100,000 files are copied on tmpfs only.
- \`tests/bench/figures.md\` in the repository has a picture, and the medians, spreads, longest turns and memory of all
  rows.

## Run it

\`make bench\` takes about 20 minutes, and leaves out what is not installed. \`ROUNDS\`, \`SCALE\`, \`CASES\`, \`CONTESTANTS\` and
\`PLACES\` make it shorter: \`make bench ROUNDS=1 SCALE=0.1 PLACES=tmpfs CASES=small,loop\` takes seconds. Programs are looked up
on the \`PATH\`:

- \`cargo install coreutils --no-default-features --features cp\` and \`cargo install xcp cpz\`
- \`npm install --global bun deno\`
- \`MAPCP_NODES=/opt/node-24/bin/node:/opt/node-26/bin/node\` adds other releases of Node.
`,
);
