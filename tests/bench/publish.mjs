// `make bench-publish`: puts what `make bench` has measured into the documentation: the picture and the ratios on tmpfs into
// README.md, and every table into docs/benchmark.md. A run that is less than the whole benchmark is refused.
// `node publish.mjs CHECKOUT` does it in another checkout than this one.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { contestants } from './contestants.mjs';
import { matrix, roundsOf, table } from './report.mjs';
import { measured } from './settings.mjs';

const { 2: top = join(import.meta.dirname, '../..') } = process.argv;
const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** @type {import('./report.mjs').Results} */
const results = JSON.parse(readFileSync(join(measured, 'bench.json'), 'utf8'));
// Older results do not say whether they are whole.
const { date, machine, partial = ['it was measured by an older version'], rows } = results;
if (partial.length > 0) {
  const reasons = partial.map((reason) => `  ${reason}\n`).join('');
  process.stderr.write(`This is not published, since it is not the whole benchmark:\n${reasons}`);
  process.exit(1);
}
const when = `On ${date}, on ${machine}; ${roundsOf(results)}.`;
const onTmpfs = rows.filter(({ place }) => place === 'tmpfs');

copyFileSync(join(measured, 'bench.svg'), join(top, 'docs/bench.svg'));

const readme = join(top, 'README.md');
const text = readFileSync(readme, 'utf8');
const [start, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
if (start < BEGIN.length || end < start) {
  throw new Error(`README.md has no lines ${BEGIN} and ${END}`);
}
const figures = `Times as multiples of \`cp\`'s, on tmpfs. ${when}

${matrix(onTmpfs, Object.keys(contestants))}
${costs()}

Bounds are no rivals: they make mapcp's calls of the system, and nothing else.
`;
writeFileSync(readme, `${text.slice(0, start)}\n\n${figures}\n${text.slice(end)}`);

/** What mapcp costs besides time, in a sentence. */
function costs() {
  const measured = onTmpfs.flatMap((row) => ('median' in row ? [row] : []));
  const ours = measured.filter(({ contestant }) => contestant === 'mapcp');
  const memory = Math.max(...ours.map((row) => row.memory ?? 0)) / 2 ** 20;
  const longestTurn = Math.max(...ours.map((row) => row.longestTurn ?? 0));
  const start = (/** @type {string} */ name) =>
    measured.find((row) => row.case === 'start' && row.contestant === name)?.median ?? Number.NaN;
  return (
    `mapcp took at most ${memory.toFixed(0)} MiB beyond what Node itself has, left the event loop to others after ` +
    `${longestTurn.toFixed(0)} ms at the latest, and copied 1 byte in ` +
    `${(start('mapcp') - start('node -e 0')).toFixed(0)} ms more than \`node -e 0\` takes.`
  );
}

const tables = ['tmpfs', 'disk'].flatMap((place) => {
  const here = rows.filter((row) => row.place === place);
  const titles = [...new Set(here.map(({ title }) => title))];
  return titles.map(
    (title) => `## ${title}, on ${place}\n\n${table(here.filter((row) => row.title === title))}`,
  );
});
writeFileSync(
  join(top, 'docs/benchmark.md'),
  `# What was measured

By \`make bench\`. ${when} Each copies to a path where there is nothing. A ratio is to \`cp\` in the same run: \`cp
--reflink=never\`, with \`-r\` for trees, which reads and writes as the others do. \`cp -r\` is without it, and has the kernel
copy where that can. The longest turn is for how long an event loop was not left to others, and memory is the most
beyond what Node itself has; both are of libraries only.

In each round all of them copy once, and the order is another in each. The first round is to warm up: there everybody has to
copy all that there is, and its times do not count. Who has had five rounds and 30 seconds in a case gets no further
round, and the table says of how many each median is; that of an even number is the mean of the two in the middle. A library
is loaded once, in a process of its own; a command is started for each copy.

Before each copy on the disk stands a \`sync\`, so that nobody waits for what another has left to be written; what the disk has
yet to write when a copy is done does not count. Nothing is dropped from the caches, so sources are read from memory. No
copy on the disk is removed before the end of the run, but emptied: ext4 without a journal, which this disk may
have, looks at all files that were removed in the last minutes whenever it makes one, and who came after a removed tree
took up to 17 times as long.

Bounds are no rivals. They make the calls of the system that mapcp makes under Node for each file and directory, and
nothing else: one through procfs as mapcp's host does, in plain JavaScript, and one from C by \`openat\`. They show what would
remain if all else in mapcp cost nothing. Such is \`node -e 0\` too, for the time that a process of Node takes.

![Time against cp, by case and contestant](bench.svg)

${tables.join('\n')}`,
);
