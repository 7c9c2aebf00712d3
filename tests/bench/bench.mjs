// `make bench`: how long copies take and how much memory, ours beside others', in interleaved runs on tmpfs.
//
// Medians, and ratios to the first of each group. A time of a command includes starting it; the rest runs in this
// process, on one instance and with one job for each file. ROUNDS sets how often.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { copy } from 'mapcp';
import { createHost } from 'mapcp/host';
import { instantiate } from '#bindings';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const LARGE = 256 * 1024 * 1024;
const SMALL_FILES = 5000;

/** @typedef {Record<string, () => unknown>} Peers */

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  }
  return stdout;
}

/**
 * Removes what is in a directory that is held.
 * @param {string} directory
 */
function empty(directory) {
  for (const name of readdirSync(directory)) {
    rmSync(join(directory, name), { recursive: true });
  }
}

/**
 * A function that copies a file, or a directory with what is in it, as one job of the component on a host.
 * @param {object} imports
 */
async function copier(imports) {
  const { copier } = await instantiate(undefined, /** @type {import('#bindings').ImportObject} */ (imports));
  return (/** @type {string} */ name) => {
    const job = new copier.CopyJob(`/source/${name}`, `/target/${name}`, options);
    job.step(1n << 62n);
    /** @type {typeof job & Disposable} */ (job)[Symbol.dispose]();
  };
}

/**
 * The longest turn of the event loop during some work, in milliseconds.
 * @param {() => PromiseLike<unknown>} work
 */
async function longestWait(work) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await setImmediate();
  await work();
  await setImmediate();
  delay.disable();
  return delay.max / 1e6;
}

/**
 * Measures peers in turn, and prints the medians.
 * @param {string} title
 * @param {string} unit
 * @param {Peers} peers each gives its figure, or undefined for the milliseconds that it takes
 * @param {() => void} clean what to do after each, which does not count
 */
async function compare(title, unit, peers, clean) {
  /** @type {Map<string, number[]>} */
  const figures = new Map(Object.keys(peers).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, act] of Object.entries(peers)) {
      const started = performance.now();
      const figure = await act();
      const taken = performance.now() - started;
      figures.get(name)?.push(typeof figure === 'number' ? figure : taken);
      clean();
    }
  }
  process.stdout.write(`\n${title} (medians of ${ROUNDS})\n`);
  const medians = [...figures].map(([name, values]) => /** @type {const} */ ([name, median(values)]));
  const first = medians[0]?.[1] ?? Number.NaN;
  for (const [name, value] of medians) {
    const difference = value - first;
    process.stdout.write(
      `  ${name.padEnd(26)}${value.toFixed(1).padStart(9)} ${unit}  × ${(value / first).toFixed(2)}` +
        `  ${difference < 0 ? '-' : '+'}${Math.abs(difference).toFixed(1)} ${unit}\n`,
    );
  }
}

/** @type {import('#bindings/interfaces/mapcp-copy-copier.js').CopyOptions} */
const options = {
  windowSize: 0,
  symlinks: 'preserve',
  overwrite: 'always',
  sparse: 'auto',
  recursive: true,
  preserveTimestamps: false,
  verify: false,
  sync: false,
  dryRun: false,
  keepGoing: false,
  makeParents: false,
  measure: false,
  include: [],
  exclude: [],
};

const box = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mapcp-bench-'));
const source = join(box, 'source');
const target = join(box, 'target');
const cli = fileURLToPath(new URL('../../build/out/js/cli/main.js', import.meta.url));
mkdirSync(source);
mkdirSync(target);

try {
  const host = await createHost({
    preopens: {
      '/source': { path: source, access: 'read' },
      '/target': { path: target, access: 'read-write' },
    },
    clocks: true,
    random: true,
  });
  const ours = await copier(host.imports);
  const shim = new WASIShim({ sandbox: { preopens: { '/source': source, '/target': target } } });
  const shimmed = await copier(shim.getImportObject());
  const large = [join(source, 'large'), join(target, 'large')];
  const clean = () => empty(target);

  writeFileSync(join(source, 'large'), Buffer.alloc(LARGE, 'mapcp'));
  await compare(
    'One file of 256 MiB in windows of 1 MiB',
    'ms',
    {
      'cp --reflink=never': () => void run('cp', '--reflink=never', ...large),
      mapcp: () => ours('large'),
      'fs.cpSync': () => cpSync(large[0] ?? '', large[1] ?? ''),
      'mapcp on preview2-shim': () => shimmed('large'),
    },
    clean,
  );
  // What a process has at most had in memory; resource usage would count in the process that started it.
  const tellPeak =
    'data:text/javascript,import fs from "node:fs"; process.on("exit", () => ' +
    'console.log(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1] / 1024))';
  await compare(
    'Peak memory, copying 256 MiB',
    'MiB',
    {
      'node -e 0': () => Number(run(process.execPath, '--import', tellPeak, '-e', '0')),
      mapcp: () =>
        Number(
          run(process.execPath, '--import', tellPeak, cli, ...large)
            .trim()
            .split('\n')
            .at(-1),
        ),
    },
    clean,
  );
  empty(source);

  const byte = [join(source, 'byte'), join(target, 'byte')];
  writeFileSync(join(source, 'byte'), '1');
  await compare(
    'One file of 1 byte, the command from its start to its end',
    'ms',
    {
      'node -e 0': () => void run(process.execPath, '-e', '0'),
      mapcp: () => void run(process.execPath, cli, ...byte),
      cp: () => void run('cp', ...byte),
    },
    clean,
  );
  empty(source);

  mkdirSync(join(source, 'tree'));
  const names = Array.from({ length: SMALL_FILES }, (_, index) => `tree/file-${index}`);
  for (const name of names) {
    writeFileSync(join(source, name), Buffer.alloc(4096, name));
  }
  await compare(
    '5,000 files of 4 KiB',
    'ms',
    {
      'cp -r': () => void run('cp', '-r', join(source, 'tree'), target),
      'mapcp, one job': () => ours('tree'),
      'mapcp, a job for each': () => {
        mkdirSync(join(target, 'tree'));
        names.forEach(ours);
      },
      'fs.cpSync': () => cpSync(source, target, { recursive: true }),
      'fs.promises.cp': () => cp(source, target, { recursive: true }),
      'mapcp on preview2-shim': () => shimmed('tree'),
    },
    clean,
  );
  await compare(
    'The longest that the event loop waits while 5,000 files of 4 KiB are copied',
    'ms',
    {
      'fs.promises.cp': () => longestWait(() => cp(source, target, { recursive: true })),
      mapcp: () => longestWait(() => copy(source, join(target, 'copy'), { recursive: true })),
      'fs.cpSync': () => longestWait(async () => cpSync(source, target, { recursive: true })),
    },
    clean,
  );
  host.close();
} finally {
  rmSync(box, { recursive: true });
}
// The shim's worker would keep the process alive.
process.exit(0);
