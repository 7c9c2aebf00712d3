// `make bench`: how long copies take, ours and others', in one interleaved run on tmpfs. Prints medians, and ratios to cp.
//
// Times of processes of their own (cp, node) include starting them. The rest run in this process on one instance.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { instantiate } from '../../build/out/bindings/mapcp.js';
import { createHost } from '../../build/out/js/host/index.js';
import { toComponent } from '../../build/out/js/options.js';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const LARGE = 256 * 1024 * 1024;
const SMALL_FILES = 5000;

const box = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mapcp-bench-'));
const source = join(box, 'source');
const target = join(box, 'target');
const names = Array.from({ length: SMALL_FILES }, (_, index) => `file-${index}`);

/** @param {string} path */
const core = (path) =>
  WebAssembly.compile(readFileSync(new URL(`../../build/out/bindings/${path}`, import.meta.url)));

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  }
}

const options = toComponent({}, false);

/** @param {string} sourcePath @param {string} targetPath */
const copyWith = (copier) => (sourcePath, targetPath) => {
  const job = new copier.CopyJob(sourcePath, targetPath, options);
  job.step(1n << 62n);
  job[Symbol.dispose]();
};

mkdirSync(source);
mkdirSync(target);
const host = await createHost({
  preopens: {
    '/source': { path: source, access: 'read' },
    '/target': { path: target, access: 'read-write' },
  },
  clocks: true,
  random: true,
});
const ours = copyWith((await instantiate(core, host.imports)).copier);
const shim = new WASIShim({ sandbox: { preopens: { '/source': source, '/target': target } } });
const theirs = copyWith((await instantiate(core, shim.getImportObject())).copier);

/** @param {typeof ours} copy */
const each = (copy) => () => {
  for (const name of names) {
    copy(`/source/${name}`, `/target/${name}`);
  }
};

/** @type {[string, () => void, Record<string, () => void | Promise<void>>][]} */
const suites = [
  [
    '256 MiB in windows of 1 MiB',
    () => {
      writeFileSync(join(source, 'large'), Buffer.alloc(LARGE, 'mapcp'));
    },
    {
      'cp --reflink=never': () => run('cp', '--reflink=never', join(source, 'large'), join(target, 'large')),
      mapcp: () => ours('/source/large', '/target/large'),
      'fs.cpSync': () => cpSync(join(source, 'large'), join(target, 'large')),
      'mapcp on preview2-shim': () => theirs('/source/large', '/target/large'),
    },
  ],
  [
    '5,000 files of 4 KiB',
    () => {
      for (const name of names) {
        writeFileSync(join(source, name), Buffer.alloc(4096, name));
      }
    },
    {
      'cp -r': () => run('cp', '-r', join(source, '.'), target),
      mapcp: each(ours),
      'fs.cpSync': () => cpSync(source, target, { recursive: true }),
      'fs.promises.cp': () => cp(source, target, { recursive: true }),
      'mapcp on preview2-shim': each(theirs),
    },
  ],
];

/** Removes what is in a directory, which a host holds. @param {string} directory */
function empty(directory) {
  for (const name of readdirSync(directory)) {
    rmSync(join(directory, name), { recursive: true });
  }
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

try {
  const only = process.argv[2];
  for (const [title, prepare, peers] of suites) {
    prepare();
    const entries = Object.entries(peers).filter(
      ([name], index) => index < 2 || !only || name.includes(only),
    );
    /** @type {Record<string, number[]>} */
    const times = Object.fromEntries(entries.map(([name]) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, act] of entries) {
        const started = performance.now();
        await act();
        times[name]?.push(performance.now() - started);
        empty(target);
      }
    }
    empty(source);
    const [first = []] = Object.values(times);
    process.stdout.write(`\n${title}, medians of ${ROUNDS}\n`);
    for (const [name, taken] of Object.entries(times)) {
      const ratio = (median(taken) / median(first)).toFixed(2);
      process.stdout.write(
        `  ${name.padEnd(24)} ${median(taken).toFixed(1).padStart(9)} ms  ${ratio} times cp\n`,
      );
    }
  }
} finally {
  rmSync(box, { recursive: true });
}
process.exit(0);
