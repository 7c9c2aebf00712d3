// `make profile`: measures how a copy spends its time, and writes the result as a page, build/out/profile.md. Each row
// is measured by V8's profiler or by a clock around a process. Everything is on tmpfs, so no disk is measured.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import process from 'node:process';
import { copy } from 'mapcp';
import { cases } from './cases.mjs';
import { median } from './median.mjs';
import { describeMachine, markdown } from './report.mjs';
import { measured } from './settings.mjs';

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

const FILES = 5000;
const PROFILED = 20;

const byKoffi = /^(closedir|lseek|openat|renameat)$/;

/**
 * The part that a function belongs to, by the place of its code, or by its name: Node's functions in C++ have no place.
 * @type {readonly (readonly [part: string, is: (name: string, url: string) => boolean])[]}
 */
const parts = [
  ['system call: open, twice', (name, url) => url === '' && name === 'open'],
  ['system call: rename', (name, url) => url === '' && name === 'rename'],
  ['system call: write', (name, url) => url === '' && name === 'writeBuffer'],
  ['system call: fstat, thrice', (name, url) => url === '' && name === 'fstat'],
  ['system call: read', (name, url) => url === '' && name === 'read'],
  ['system call: close, twice', (name, url) => url === '' && name === 'close'],
  ['system call: fchmod', (name, url) => url === '' && name === 'fchmod'],
  // All functions of koffi have the name of one of those that the host declares.
  [
    'system calls by koffi: open and close, twice, and rename',
    (name, url) => url === '' && byKoffi.test(name),
  ],
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
      if (functionName === 'dispatch' && url === '') {
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
    ...allParts.map((part) => line(part, each(part))),
    line('all', all),
    line('all but the system calls', all - sum(allParts.filter((part) => part.startsWith('system')))),
  ]);
}

// --- One large file -------------------------------------------------------------------------------------------------

const WINDOW = 1024 * 1024;

/** Reads and writes a file with mapcp's calls. Returns milliseconds. */
function readAndWrite() {
  const window = Buffer.alloc(WINDOW);
  const started = performance.now();
  const [source, target] = [openSync(pathOf('tree'), 'r'), openSync(pathOf('copy'), 'wx')];
  for (let position = 0; ; position += WINDOW) {
    const length = readSync(source, window, 0, WINDOW, position);
    if (length === 0) {
      break;
    }
    writeSync(target, window, 0, length, position);
  }
  closeSync(source);
  closeSync(target);
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
  const [read, write] = [spent('system call: read'), spent('system call: write')];
  const line = (/** @type {string} */ title, /** @type {number} */ time) => [title, `${time.toFixed(1)} ms`];
  return markdown([
    ['', 'for 256 MiB'],
    line('system call: write', write / 1000),
    line('system call: read', read / 1000),
    line('everything else', (all - read - write) / 1000),
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
  const lines = [5000, 20_000, 60_000].map((files) => {
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
  opens it, before it reads it, and after it has read it.

The benchmark has two bounds for these calls: the same calls in plain Node, and in C by \`openat(2)\`. \`cp -r\` makes fewer
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

## Goals that are not met

Measured on 2026-11-28 on a busy machine, in Node 24 and 26 with koffi, on tmpfs: processor time against that of another
program that ran in turn with mapcp.

| goal                                                        | measured     |
| ----------------------------------------------------------- | ------------ |
| 5,000 files of 4 KiB, one job: 1.0 × \`cp --reflink=never\`   | 1.5 to 1.7   |
| the same with \`atomic: 'tree'\`: 0.8                         | 1.2 to 1.3   |
| a file of 256 MiB: 1.02 × the same reads and writes in Node | 1.10 to 1.15 |
| \`copy\` of one byte, again and again: 0.3 ms                 | 0.27 to 0.37 |

- **Small files.** Linux's \`perf\` put 42 % of the time of a copy into the kernel, 29 % into Node's own compiled code and
  V8's functions, 21 % into compiled JavaScript and WebAssembly, and 6 % into the C library. No single function of mapcp
  takes more than 2 %. Two changes gained less than 3 % each, and were not kept: no function for each call of the
  component, and four calls fewer for each file. With 64 MB for new objects, which only the program's user can set, V8
  collects almost no garbage, and a copy takes 8 % less.
- **The large file.** An instance whose memory has grown for a window cannot be used again. So each copy makes an
  instance and new memory. If each instance had more memory at the start, each reset, and so each small copy, would be
  slower.
- **A start** and **several jobs** take wall-clock time, and have not been measured on a quiet machine since these
  changes. Another job adds about 40 % to the processor time of one, because each job lists all directories.
`;
  mkdirSync(measured, { recursive: true });
  writeFileSync(join(measured, 'profile.md'), text);
  process.stdout.write(text);
} finally {
  remove(place);
}
