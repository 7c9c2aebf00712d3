// `make profile`: measures how a copy spends its time, and writes the result as a page, build/out/profile.md. Each row
// is measured by V8's profiler or by a clock around a process. Everything is on tmpfs, so no disk is measured.
//
// MAPCP_NODES lists other releases of Node, in which the goals are measured as well. `SCALE=0.1 ROUNDS=1` is a short run,
// which shows that everything works.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import process from 'node:process';
import { copy } from 'mapcp';
import { cases } from './cases.mjs';
import { median } from './median.mjs';
import { describeMachine, markdown } from './report.mjs';
import { copyInWindows } from './same-calls.mjs';
import { measured, scale } from './settings.mjs';

/** @typedef {import('node:inspector').Profiler.ProfileNode} ProfileNode */

const out = join(import.meta.dirname, '../../build/out');
const place = mkdtempSync('/dev/shm/mapcp-profile-');
const paths = Object.fromEntries(
  ['tree', 'one', 'copy', 'empty.mjs', 'builtins.mjs', 'bindings.mjs', 'library.mjs', 'copy.mjs'].map(
    (name) => [name, join(place, name)],
  ),
);

/** @param {string} path */
const remove = (path) => rmSync(path, { recursive: true, force: true });

/** @param {string} name */
const pathOf = (name) => paths[name] ?? '';

// --- One small file of many -----------------------------------------------------------------------------------------

const FILES = Math.ceil(5000 * scale);
const PROFILED = 20;

const byKoffi = /^(closedir|lseek|openat|pread|pwrite|renameat|statx)$/;

/**
 * The part that a function belongs to, by the place of its code, or by its name: Node's functions in C++ have no place.
 * @type {readonly (readonly [part: string, is: (name: string, url: string) => boolean])[]}
 */
const parts = [
  ['system call: open, twice', (name, url) => url === '' && name === 'open'],
  ['system call: rename', (name, url) => url === '' && name === 'rename'],
  ['system call: write', (name, url) => url === '' && name === 'writeBuffer'],
  ['system call: fstat', (name, url) => url === '' && name === 'fstat'],
  ['system call: read', (name, url) => url === '' && name === 'read'],
  ['system call: close, twice', (name, url) => url === '' && name === 'close'],
  ['system call: fchmod', (name, url) => url === '' && name === 'fchmod'],
  // All functions of koffi have the name of one of those that the host declares.
  ['system calls by koffi: all but fchmod', (name, url) => url === '' && byKoffi.test(name)],
  ['the component, in WebAssembly', (_, url) => url.startsWith('wasm:')],
  ["jco's bindings", (_, url) => url.includes('/bindings/')],
  ["mapcp's host and API", (_, url) => url.includes('/build/out/js/')],
  ["Node's own JavaScript", (_, url) => url.startsWith('node:')],
  ['the garbage collector', (name, url) => url === '' && name === '(garbage collector)'],
];

/**
 * Copies the tree at `tree` many times, and returns the microseconds that one copy spends on each part.
 * @param {number} rounds
 */
async function profileCopies(rounds) {
  // Lets V8 compile everything.
  for (let round = 0; round < 5; round++) {
    await copy(pathOf('tree'), pathOf('copy'), { recursive: true });
    remove(pathOf('copy'));
  }
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  /** @type {Map<string, number>} */
  const spent = new Map();
  for (let round = 0; round < rounds; round++) {
    await session.post('Profiler.start');
    await copy(pathOf('tree'), pathOf('copy'), { recursive: true });
    const { profile } = await session.post('Profiler.stop');
    remove(pathOf('copy'));
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    for (const [index, id] of (profile.samples ?? []).entries()) {
      const { functionName, url } = /** @type {ProfileNode} */ (nodes.get(id)).callFrame;
      // Starts and ends the profiler.
      if ((functionName === 'dispatch' && url === '') || url === 'node:inspector') {
        continue;
      }
      const [part] = parts.find(([, is]) => is(functionName, url)) ?? ['the rest'];
      spent.set(part, (spent.get(part) ?? 0) + (profile.timeDeltas?.[index] ?? 0));
    }
  }
  session.disconnect();
  remove(pathOf('tree'));
  return (/** @type {string} */ part) => (spent.get(part) ?? 0) / rounds;
}

const allParts = [...parts.map(([part]) => part), 'the rest'];

/** Microseconds for each file, by part. */
async function profileSmallFiles() {
  cases.small?.make(pathOf('tree'));
  const spent = await profileCopies(PROFILED);
  const each = (/** @type {string} */ part) => spent(part) / FILES;
  const sum = (/** @type {readonly string[]} */ some) => some.reduce((total, part) => total + each(part), 0);
  const all = sum(allParts);
  const line = (/** @type {string} */ title, /** @type {number} */ time) => [
    title,
    `${time.toFixed(1)} µs`,
    `${((time / all) * 100).toFixed(0)} %`,
  ];
  return markdown([
    ['', 'for each file', 'of all'],
    ...allParts.filter((part) => each(part) >= 0.05).map((part) => line(part, each(part))),
    line('all', all),
    line('all but the system calls', all - sum(allParts.filter((part) => part.startsWith('system')))),
  ]);
}

// --- One large file -------------------------------------------------------------------------------------------------

/** Reads and writes a file with mapcp's calls. Returns milliseconds. */
function readAndWrite() {
  const started = performance.now();
  copyInWindows(pathOf('tree'), pathOf('copy'));
  const time = performance.now() - started;
  remove(pathOf('copy'));
  return time;
}

/** Milliseconds for a file of 256 MiB, by part. */
async function profileLargeFile() {
  cases.large?.make(pathOf('tree'));
  const inNode = median(Array.from({ length: PROFILED }, readAndWrite));
  const spent = await profileCopies(PROFILED);
  const all = allParts.reduce((total, part) => total + spent(part), 0);
  const line = (/** @type {string} */ title, /** @type {number} */ time) => [title, `${time.toFixed(1)} ms`];
  const calls = allParts.filter((part) => part.startsWith('system') && spent(part) / 1000 >= 0.1);
  const inCalls = calls.reduce((total, part) => total + spent(part), 0);
  return markdown([
    ['', 'for 256 MiB'],
    ...calls.map((part) => line(part, spent(part) / 1000)),
    line('everything else', (all - inCalls) / 1000),
    line('all', all / 1000),
    line('the same reads and writes in plain Node, by the clock', inNode),
  ]);
}

// --- A path ---------------------------------------------------------------------------------------------------------

const CALLS = 20_000;
const PATH_ROUNDS = 11;

/** Microseconds for a call with a file's own path, and with a path from an open directory in procfs. */
function measurePaths() {
  const directory = openSync(place, constants.O_DIRECTORY);
  const prefixes = [`${place}/`, `/proc/${process.pid}/fd/${directory}/`];
  writeFileSync(pathOf('one'), '1');
  const calls = /** @type {const} */ ({
    'open, and close': (/** @type {string} */ prefix) =>
      closeSync(openSync(`${prefix}one`, constants.O_RDONLY)),
    'rename to another name, and back': (/** @type {string} */ prefix) => {
      renameSync(`${prefix}one`, `${prefix}other`);
      renameSync(`${prefix}other`, `${prefix}one`);
    },
  });
  const lines = Object.entries(calls).map(([title, call]) => {
    const times = prefixes.map(() => /** @type {number[]} */ ([]));
    for (let round = 0; round < PATH_ROUNDS; round++) {
      for (const [index, prefix] of prefixes.entries()) {
        const started = performance.now();
        for (let count = 0; count < CALLS; count++) {
          call(prefix);
        }
        times[index]?.push(((performance.now() - started) * 1000) / CALLS);
      }
    }
    const [own = 0, byProcfs = 0] = times.map(median);
    return [title, ...[own, byProcfs, byProcfs - own].map((time) => `${time.toFixed(1)} µs`)];
  });
  closeSync(directory);
  return markdown([['', 'by its path', 'from an open directory', 'more'], ...lines]);
}

// --- A start --------------------------------------------------------------------------------------------------------

const STARTS = 41;

/** Milliseconds of a process, beyond those of `node -e 0`. */
function measureStarts() {
  writeFileSync(pathOf('one'), '1');
  writeFileSync(pathOf('empty.mjs'), '');
  writeFileSync(
    pathOf('builtins.mjs'),
    ['fs', 'path', 'url', 'util', 'tty', 'timers/promises']
      .map((name) => `import 'node:${name}';`)
      .join('\n'),
  );
  const load = (/** @type {string} */ file) => `import ${JSON.stringify(join(out, file))};`;
  writeFileSync(pathOf('bindings.mjs'), load('bindings/mapcp.js'));
  writeFileSync(pathOf('library.mjs'), load('js/index.js'));
  writeFileSync(
    pathOf('copy.mjs'),
    `import { copy } from ${JSON.stringify(join(out, 'js/index.js'))};
    await copy(${JSON.stringify(pathOf('one'))}, ${JSON.stringify(pathOf('copy'))});`,
  );
  /** @type {Readonly<Record<string, readonly string[]>>} */
  const programs = {
    'node -e 0': ['-e', '0'],
    'an empty module': [pathOf('empty.mjs')],
    "Node's modules that mapcp imports": [pathOf('builtins.mjs')],
    "jco's bindings, with the component in them": [pathOf('bindings.mjs')],
    'mapcp, with the bindings': [pathOf('library.mjs')],
    'a copy of 1 byte by the API': [pathOf('copy.mjs')],
    'a copy of 1 byte by the command': [join(out, 'js/cli/main.js'), '-T', pathOf('one'), pathOf('copy')],
    '`--help` of the command': [join(out, 'js/cli/main.js'), '--help'],
  };
  /** @type {Map<string, number[]>} */
  const times = new Map(Object.keys(programs).map((title) => [title, []]));
  for (let round = 0; round < STARTS; round++) {
    for (const [title, args] of Object.entries(programs)) {
      remove(pathOf('copy'));
      const started = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
      if (status !== 0) {
        throw new Error(`'${title}' has ended with status ${status}`);
      }
      times.get(title)?.push(performance.now() - started);
    }
  }
  remove(pathOf('copy'));
  const all = [...times].map(([title, samples]) => /** @type {const} */ ([title, median(samples)]));
  const [[, base] = ['', 0]] = all;
  return markdown([
    ['', 'median', 'beyond `node -e 0`'],
    ...all.map(([title, time]) => [title, `${time.toFixed(1)} ms`, `${(time - base).toFixed(1)} ms`]),
  ]);
}

// --- Several jobs ---------------------------------------------------------------------------------------------------

const JOB_ROUNDS = 5;

/**
 * Milliseconds for trees of several sizes with one job and with two, in a new process, and in one that has copied
 * before.
 */
function measureJobs() {
  const program = `
    import { rmSync } from 'node:fs';
    import { copy } from ${JSON.stringify(join(out, 'js/index.js'))};
    const [source, target, jobs, warm] = process.argv.slice(1);
    const options = { recursive: true, concurrency: Number(jobs) };
    for (let round = 0; round < Number(warm); round++) {
      await copy(source, target, options);
      rmSync(target, { recursive: true });
    }
    const { milliseconds } = await copy(source, target, options);
    console.log(milliseconds);`;
  const lines = [5000, 20_000, 60_000].map((wanted) => {
    const files = Math.ceil(wanted * scale);
    const source = join(place, `${files}`);
    mkdirSync(source);
    for (let index = 0; index < files; index++) {
      writeFileSync(join(source, `file-${index}`), Buffer.alloc(4096, `file-${index}`));
    }
    /** @type {Map<string, number[]>} */
    const times = new Map();
    for (let round = 0; round < JOB_ROUNDS; round++) {
      for (const warm of [0, 4]) {
        for (const jobs of [1, 2]) {
          const args = ['--input-type=module', '-e', program, source, pathOf('copy'), `${jobs}`, `${warm}`];
          const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
          remove(pathOf('copy'));
          if (status !== 0) {
            throw new Error(stderr);
          }
          const key = `${warm} ${jobs}`;
          times.set(key, [...(times.get(key) ?? []), Number(stdout)]);
        }
      }
    }
    remove(source);
    const cell = (/** @type {string} */ key) => `${median(times.get(key) ?? []).toFixed(0)} ms`;
    return [
      `${files.toLocaleString('en')} files of 4 KiB`,
      cell('0 1'),
      cell('0 2'),
      cell('4 1'),
      cell('4 2'),
    ];
  });
  return markdown([['', 'one job, first', 'two jobs, first', 'one job, fifth', 'two jobs, fifth'], ...lines]);
}

// --- Goals ----------------------------------------------------------------------------------------------------------

/** The goals in each release of Node: a row for each, a column for each release. */
function measureGoals() {
  const others = (process.env.MAPCP_NODES ?? '').split(':').filter((node) => node !== '');
  const nodes = new Map([process.execPath, ...others].map((node) => [releaseOf(node), node]));
  const columns = [...nodes].map(([release, node]) => {
    const { stdout, stderr, status } = spawnSync(node, [join(import.meta.dirname, 'goals.mjs')], {
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(stderr);
    }
    return { release, goals: /** @type {import('./goals.mjs').Goal[]} */ (JSON.parse(stdout)) };
  });
  const [{ goals: rows } = { goals: [] }] = columns;
  return markdown([
    ['', 'goal', ...columns.map(({ release }) => `Node ${release}`)],
    ...rows.map(({ goal, most, unit }, row) => [
      goal,
      most === undefined ? '' : `${most}${unit ? ` ${unit}` : ''}`,
      ...columns.map(({ goals }) => verdict(goals[row])),
    ]),
  ]);
}

/** @param {string} node the path of its program */
const releaseOf = (node) =>
  spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim().split('.')[0];

/** @param {import('./goals.mjs').Goal | undefined} goal */
function verdict(goal) {
  if (goal === undefined) {
    return '';
  }
  const { measured: found, most, unit } = goal;
  const figure = `${found.toFixed(found < 10 ? 2 : 0)}${unit ? ` ${unit}` : ''}`;
  return most === undefined ? figure : `${figure}, ${found <= most ? 'met' : 'not met'}`;
}

try {
  const date = new Date().toISOString().slice(0, 10);
  const text = `# The profile of a copy

\`make profile\` measured this on ${date}, on ${describeMachine()}, on tmpfs.
[The benchmark](benchmark.md) compares mapcp with other copiers.

## One small file of many

Microseconds per file, for ${FILES.toLocaleString('en')} files of 4 KiB. V8's profiler measured ${PROFILED} copies by one job, in a process that
had copied before, so that all code was compiled. The profiler itself takes a part of the time.

${await profileSmallFiles()}
The last line is the most that mapcp could still save. The system calls are the price of its promises:

- **A name never leads to half a file.** So mapcp writes a file under a temporary name and renames it. A copier that
  writes to the final name saves the rename, and leaves half a file if it is killed.
- **Nobody can swap a directory on the path.** Node has no \`openat(2)\`. So mapcp looks up each name through procfs, from
  a directory that it holds open: once per open, and twice per rename. [A path](#a-path) shows what that costs. If
  [koffi](environments.md#koffi) is installed, copies of many files call \`openat(2)\`.
- **A source that changes is an error**, and so is one that is not a regular file. So mapcp checks the source when it
  opens it, and after it has read it.

The benchmark has bounds for these calls: the same calls in plain Node, and in C by \`openat(2)\`. \`cp -r\` makes fewer
calls, and lets the kernel copy from cache to cache.

## One large file

Milliseconds for a file of 256 MiB, in windows of 1 MiB, measured in the same way.

${await profileLargeFile()}
Reads and writes take nearly all of the time, and \`cp\` also makes them.

## A path

Microseconds per call in Node, the median of ${PATH_ROUNDS} rounds.

${measurePaths()}
## A start

From the start of a process to its end, the median of ${STARTS} rounds. Each line is a separate program.

${measureStarts()}
## Several jobs

The first and the fifth copy of a process, the median of ${JOB_ROUNDS} rounds.

${measureJobs()}
The first copy by several jobs must start threads. Each thread compiles all code for itself; V8 compiles the code of the
first job on another processor. So mapcp keeps the threads for a minute, and the next copy reuses them.

## Goals

Measured in each release of Node with koffi installed, in processes that have copied before. Without a unit, a figure
is the time as a multiple of the other's, which takes turns with mapcp: the median of all rounds.

${measureGoals()}
The reasons for what is missed:

- **Small files.** The rows of the system calls alone show how much of the time is mapcp's own. Linux's \`perf\` put
  48 % of the processor time of a copy into the kernel, 7 % into the component, 9 % into koffi and the C library, 3 %
  into statuses, 3 % into reading names from the component's memory, 3 % into remembering them, 2 % into the way from
  the component to JavaScript, 2 % into checks for room on the stack, and 2 % into the garbage collector. The rest is
  spread over functions that take less than 1 % each. To pass the times of a status on without converting them gained
  1 %, and was not kept. Nothing was gained by remembering listed names in their order instead of in a set, by walking a
  single name without arrays, or by calculating the device's part of an identity once. With \`atomic: 'tree'\` there is
  no temporary name and no rename. Each other call keeps a promise, as above. Without koffi, each open and rename goes
  through procfs, which takes 7 µs more for each file.
- **The large file.** The component reads a window into its memory and writes it from there, as the loop does with its
  buffer. It also looks for blocks of zeros, and checks the source before each window: four calls of its host for each
  window. Larger windows made it slower. Memory cannot shrink, so an instance is given up once its memory has grown by
  more than 4 MiB.
- **A start.** With Node 24, V8 spends half of the time of a copy on compiling JavaScript: 130 kB of the command, the
  API and the host, and 84 kB of jco's bindings. Of the host's 1,100 functions, 400 run, most of them once. A tenth
  goes to compiling the component's functions. Three attempts gained nothing or less than 2 ms: to compile and
  instantiate the core modules synchronously, to mark the functions that run for early compilation, and to join the
  remaining modules. Node's compile cache is not used, because it writes files outside of the target. A code cache in
  the package would fit only one version of V8.
- **Several jobs** in a tree of one directory all list that directory, and each thread compiles all code for itself.
`;
  mkdirSync(measured, { recursive: true });
  writeFileSync(join(measured, 'profile.md'), text);
  process.stdout.write(text);
} finally {
  remove(place);
}
