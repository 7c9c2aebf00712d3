// `make scale`: measures how the cost of a copy grows with the number of files, and writes the result as a page,
// build/out/scaling.md. Everything is on tmpfs, and needs about 10 KiB of memory for each of a million files.
//
// The figures are processor time, because other programs lengthen the time by the clock.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { median } from './median.mjs';
import { describeMachine, markdown } from './report.mjs';
import { measured, rounds as mostRounds, scale } from './settings.mjs';

/**
 * The cost of a process: seconds by the clock and of processors, the peak memory in bytes, and the most open files.
 * @typedef {{ clock: number, processor: number, memory: number, descriptors: number }} Cost
 */

const place = mkdtempSync('/dev/shm/mapcp-scale-');
const at = (/** @type {string[]} */ ...names) => join(place, ...names);
const mapcp = [process.execPath, join(import.meta.dirname, '../../build/out/js/cli/main.js')];
const remove = (/** @type {string} */ path) => spawnSync('rm', ['-rf', path]);

const PER_DIRECTORY = 100;
const FILE = Buffer.alloc(1024, 'mapcp ');

/**
 * Makes a tree with a directory for each hundred files, and one for each hundred of those.
 * @param {string} root
 * @param {number} files
 */
function makeTree(root, files) {
  for (let first = 0; first < files; first += PER_DIRECTORY) {
    const index = first / PER_DIRECTORY;
    const directory = join(root, `${Math.floor(index / 100)}`, `${index % 100}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < Math.min(PER_DIRECTORY, files - first); file++) {
      writeFileSync(join(directory, `file-${file}`), FILE);
    }
  }
}

/** The number of files that the child of a process has open. @param {number} pid */
function descriptorsOfChild(pid) {
  try {
    const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return readdirSync(`/proc/${child}/fd`).length;
  } catch {
    // It has not started, or has ended.
    return 0;
  }
}

/**
 * Runs a program and measures it.
 * @param {readonly string[]} command
 * @param {string} [cwd]
 * @returns {Promise<Cost>}
 */
async function measure(command, cwd = place) {
  const timed = spawn('time', ['--format=\n%e %U %S %M', ...command], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let descriptors = 0;
  let isRunning = true;
  const watch = async () => {
    while (isRunning) {
      descriptors = Math.max(descriptors, descriptorsOfChild(timed.pid ?? 0));
      await setTimeout(10);
    }
  };
  const watching = watch();
  const output = text(timed.stderr);
  const [status] = await once(timed, 'close');
  isRunning = false;
  await watching;
  if (status !== 0) {
    throw new Error(await output);
  }
  const [clock = 0, user = 0, system = 0, kilobytes = 0] =
    (await output).trimEnd().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { clock, processor: user + system, memory: kilobytes * 1024, descriptors };
}

/**
 * The median of each part of a cost, and the most memory and descriptors.
 * @param {readonly Cost[]} costs
 * @returns {Cost}
 */
const medianOf = (costs) => ({
  clock: median(costs.map(({ clock }) => clock)),
  processor: median(costs.map(({ processor }) => processor)),
  memory: Math.max(...costs.map(({ memory }) => memory)),
  descriptors: Math.max(...costs.map(({ descriptors }) => descriptors)),
});

/**
 * Measures commands round by round. Each copies to `copy`, which does not exist.
 * @template {string} Name
 * @param {Readonly<Record<Name, readonly string[]>>} commands
 * @param {number} rounds
 * @returns {Promise<Record<Name, Cost>>}
 */
async function compare(commands, rounds) {
  const entries = /** @type {[Name, readonly string[]][]} */ (Object.entries(commands));
  const costs = entries.map(() => /** @type {Cost[]} */ ([]));
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, command]] of entries.entries()) {
      costs[index]?.push(await measure(command));
      remove(at('copy'));
    }
  }
  const pairs = entries.map(([name], index) => [name, medianOf(costs[index] ?? [])]);
  return /** @type {Record<Name, Cost>} */ (Object.fromEntries(pairs));
}

const microseconds = (/** @type {number} */ seconds) => `${(seconds * 1e6).toFixed(1)} µs`;
const seconds = (/** @type {number} */ time) => `${time.toFixed(2)} s`;
const mebibytes = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const number = (/** @type {number} */ value) => value.toLocaleString('en');

// --- Sizes ----------------------------------------------------------------------------------------------------------

/** The numbers of files, each with the number of rounds. */
const sizes = /** @type {const} */ ([
  [1000, 7],
  [10_000, 7],
  [100_000, 3],
  [1_000_000, 1],
]).map(([files, rounds]) => ({ files: Math.max(files * scale, 1), rounds: Math.min(rounds, mostRounds) }));

/** Measures trees of several sizes. */
async function measureSizes() {
  const results = [];
  for (const { files, rounds } of sizes) {
    makeTree(at('source'), files);
    const costs = await compare(
      {
        mapcp: [...mapcp, '-rT', '--no-progress', 'source', 'copy'],
        cp: ['cp', '-rT', '--reflink=never', 'source', 'copy'],
      },
      rounds,
    );
    remove(at('source'));
    results.push({ files, rounds, ...costs });
  }
  return results;
}

// --- Dividing a tree ------------------------------------------------------------------------------------------------

const RUNS = 16;
const SHARE = Math.ceil((60_000 * scale) / RUNS);
const FILES = SHARE * RUNS;
const DIVIDED_ROUNDS = Math.min(5, mostRounds);

/** Runs fpart in the source. Returns its cost. @param {string} lists @param {string[]} options */
function divide(lists, ...options) {
  mkdirSync(at(lists));
  return measure(['fpart', '-z', '-0', ...options, '-o', at(lists, 'list'), '.'], at('source'));
}

/** Measures runs that copy a sixteenth of a tree, in several ways. */
async function measureRuns() {
  makeTree(at('source'), FILES);
  makeTree(at('share'), SHARE);
  const fpart = await divide('lists', '-L', '-f', `${SHARE}`, '-s', '100g');
  await divide('sorted', '-n', `${RUNS}`);
  writeFileSync(at('one'), './0/0/file-0');
  const copyList = (/** @type {string} */ list) => [
    ...mapcp,
    '-pT',
    '--no-progress',
    '--files-from',
    list,
    '--null',
    'source',
    'copy',
  ];
  const copyTree = (/** @type {string} */ source, /** @type {string[]} */ ...options) => [
    ...mapcp,
    '-rpT',
    '--no-progress',
    ...options,
    source,
    'copy',
  ];
  const costs = await compare(
    {
      whole: copyTree('source'),
      share: copyTree('share'),
      shard: copyTree('source', `--shard=0/${RUNS}`),
      list: copyList('lists/list.1'),
      sorted: copyList('sorted/list.1'),
      one: copyList('one'),
      updated: copyTree('source', '--update'),
      atomic: copyTree('source', '--atomic'),
    },
    DIVIDED_ROUNDS,
  );
  remove(at('source'));
  remove(at('share'));
  return { ...costs, fpart };
}

// --- The page -------------------------------------------------------------------------------------------------------

const BILLION = 1e9;
const LIST = 100_000;
const PROCESSORS = 16;
/** The seconds that a file server takes to answer, and how often a copy asks for each file. */
const ANSWER = 0.2e-3;
const QUESTIONS = 10;

/** A duration in words. @param {number} time */
const duration = (time) =>
  time < 7200
    ? `${(time / 60).toFixed(0)} min`
    : time < 172_800
      ? `${(time / 3600).toFixed(1)} h`
      : `${(time / 86_400).toFixed(1)} days`;

try {
  const grown = await measureSizes();
  const runs = await measureRuns();
  const [, ten, list, million] = grown;
  if (ten === undefined || list === undefined || million === undefined) {
    throw new Error('there are no figures');
  }
  const perFile = list.mapcp.processor / list.files;
  const growth = (/** @type {'mapcp' | 'cp'} */ name) =>
    (million[name].processor / million.files / (ten[name].processor / ten.files)).toFixed(2);
  const furtherTime = (/** @type {'mapcp' | 'cp'} */ name, /** @type {number} */ index) => {
    const [before, now] = [grown[index - 1], grown[index]];
    return before === undefined || now === undefined
      ? Number.NaN
      : (now[name].processor - before[name].processor) / (now.files - before.files);
  };
  const further = (/** @type {'mapcp' | 'cp'} */ name, /** @type {number} */ index) =>
    index === 0 ? '' : microseconds(furtherTime(name, index));
  const furtherGrowth = (/** @type {'mapcp' | 'cp'} */ name) =>
    (furtherTime(name, 3) / furtherTime(name, 2)).toFixed(2);
  // What a run with a shard spends on each file of another shard.
  const perOther = Math.max(runs.shard.processor - runs.share.processor, 0) / (FILES - SHARE);
  const search = runs.fpart.processor / FILES;
  const machines = [1, 4, 16, 64, 256];
  const line = (/** @type {string} */ title, /** @type {Cost} */ { processor, clock }) => [
    title,
    seconds(processor),
    seconds(clock),
  ];
  const date = new Date().toISOString().slice(0, 10);
  const page = `# How cost grows

\`make scale\` measured this on ${date}, on
${describeMachine()}, on tmpfs.
[koffi](environments.md#koffi) was installed. The files have ${FILE.length} bytes, ${PER_DIRECTORY} in each directory. Other programs were
running. So the figures are processor time, user and system together, and times by the clock are only an indication.

## From a thousand files to a million

One run of the command, with its start. \`cp -r\` shows what the system itself needs.

${markdown([
  [
    'files',
    'rounds',
    'per file',
    'each further file',
    '`cp -r`, per file',
    '`cp -r`, further',
    'by the clock',
    'memory',
    'descriptors',
  ],
  ...grown.map(({ files, rounds, mapcp, cp }, index) => [
    number(files),
    `${rounds}`,
    microseconds(mapcp.processor / files),
    further('mapcp', index),
    microseconds(cp.processor / files),
    further('cp', index),
    seconds(mapcp.clock),
    mebibytes(mapcp.memory),
    `${mapcp.descriptors}`,
  ]),
])}
In a tree of ${number(million.files)} files, each file takes ${growth('mapcp')} times as long as in one of ${number(ten.files)}; with \`cp -r\`, ${growth('cp')} times.
A further file is one more than in the line above it, so its time does not include the start. From ${number(list.files)} to
${number(million.files)} files it grows by a factor of ${furtherGrowth('mapcp')}; with \`cp -r\`, of ${furtherGrowth('cp')}.
Small trees take longer per file, because Node starts and V8 compiles the code. Memory is Node's own plus the garbage
that V8 has not collected yet. It does not grow with the tree. Descriptors grow only with the depth of the tree.

## A sixteenth of a tree

Copies with \`-p\` of ${number(FILES)} files, or of a sixteenth of them, the medians of ${DIVIDED_ROUNDS} rounds. [Copying with several
machines](several-machines.md) explains lists and shards.

${markdown([
  ['run', 'time', 'by the clock'],
  line(`all ${number(FILES)} files`, runs.whole),
  line(`a tree that has only ${number(SHARE)} files`, runs.share),
  line(`a list of ${number(SHARE)} files, by \`fpart -L\``, runs.list),
  line(`a list of ${number(SHARE)} files, by \`fpart -n 16\``, runs.sorted),
  line(`\`--shard 0/16\`, about ${number(SHARE)} files`, runs.shard),
  line('a list of one file', runs.one),
  line(`fpart itself, for ${number(FILES)} files`, runs.fpart),
])}
A list costs what a tree with the same files costs. A shard also pays for listing the files of all others,
${microseconds(perOther)} for each. \`fpart -n\` spreads each directory over all lists, so each run enters every directory.

Most of a short run is the start of Node and the compilation of code. So make lists long.

## Ways to name files

All ${number(FILES)} files again, with \`-p\`, in the same rounds:

${markdown([
  ['copy', 'time', 'by the clock'],
  line('by default: a temporary name, and a rename', runs.whole),
  line('`--atomic`: its own name from the start, in a tree that nobody sees', runs.atomic),
  line('`--update`: a temporary name, and a hard link', runs.updated),
])}
[How it works](how-it-works.md#a-tree) explains why an ordinary copy cannot do as \`--atomic\` does.

## A billion files

A model, not a measurement. It assumes:

- ${number(BILLION)} small files, in lists of ${number(LIST)}. The machines have ${PROCESSORS} processors each, and one run at a time on each
  processor. File systems and network do not slow each other down.
- **Local**: each file takes ${microseconds(perFile)}, as in a run of ${number(LIST)} files above. One fpart writes all lists. It needs
  ${microseconds(search)} for each file, ${duration(search * BILLION)} in all, while runs with the first lists copy already.
- **Shards**: one for each processor. Each run also lists all files, ${microseconds(perOther)} for each file as measured above.
- **Network**: a copy asks the file server ${QUESTIONS} times for each file, fpart asks once, and an answer takes ${ANSWER * 1000} ms. One
  fpart would need ${duration(ANSWER * BILLION)}, so each processor runs fpart on a part of the tree before it copies.

${markdown([
  ['machines', 'local, lists', 'local, shards', 'network, lists'],
  ...machines.map((count) => {
    const runners = count * PROCESSORS;
    return [
      `${count}`,
      duration(Math.max((BILLION * perFile) / runners, search * BILLION)),
      duration((BILLION * perFile) / runners + BILLION * perOther),
      duration((BILLION * ANSWER * (QUESTIONS + 1)) / runners),
    ];
  }),
])}
With lists, twice as many machines need half the time, until one fpart is the slowest part. Then start one for each top
directory. With shards, no number of machines gets below the time that one run needs to list all files.
`;
  mkdirSync(measured, { recursive: true });
  writeFileSync(join(measured, 'scaling.md'), page);
  process.stdout.write(page);
} finally {
  rmSync(place, { recursive: true, force: true });
}
