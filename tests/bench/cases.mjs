// The cases: each makes a source that the contestants copy.

import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { scale } from './settings.mjs';

const MiB = 1024 * 1024;

/**
 * @param {number} amount of bytes or files in full size
 */
function scaled(amount) {
  return Math.ceil(amount * scale);
}

/**
 * @typedef {object} Case
 * @property {string} title for people
 * @property {'file' | 'sparse' | 'tree' | 'start' | 'loop'} kind the task: `start` is a file, copied by a process that
 *   is started for it. `loop` is a file, copied again and again by one process
 * @property {(path: string) => void} make makes the source
 * @property {readonly string[]} [among] the only contestants; all if left out
 * @property {readonly string[]} [places] the only places; all if left out
 */

/** How often `loop` copies its file. */
export const COPIES = scaled(1000);

/** @type {Readonly<Record<string, Case>>} */
export const cases = {
  large: {
    title: 'one file of 256 MiB',
    kind: 'file',
    make: (path) => writeFileSync(path, Buffer.alloc(scaled(256 * MiB), 'mapcp')),
  },
  // 3 MiB are data.
  sparse: {
    title: 'a sparse file of 5 GiB',
    kind: 'sparse',
    make: makeSparse,
  },
  small: {
    title: '5,000 files of 4 KiB',
    kind: 'tree',
    make: (path) => makeSmallFiles(path, 5000),
  },
  // A disk has no room for the emptied copies of all rounds: see `empty` in measure.mjs.
  many: {
    title: '100,000 files of 4 KiB',
    kind: 'tree',
    make: (path) => makeSmallFiles(path, 100_000),
    among: [
      ...['cp', 'cp -r', 'rsync', 'uutils cp', 'xcp', 'cpz', 'fs.cpSync', 'fs-extra', 'mapcp'],
      ...['mapcp in two jobs', 'mapcp with atomic: tree', 'mapcp without koffi'],
    ],
    places: ['tmpfs'],
  },
  // Several copies of this project's node_modules.
  mixed: {
    title: '20,000 mixed files',
    kind: 'tree',
    make: makeMixedTree,
  },
  loop: {
    title: 'one file of 4 KiB, 1,000 times',
    kind: 'loop',
    make: (path) => writeFileSync(path, Buffer.alloc(4096, 'mapcp')),
  },
  // From the start of a process to its end.
  start: {
    title: 'a process for 1 byte',
    kind: 'start',
    make: (path) => writeFileSync(path, '1'),
  },
};

/** @param {string} path */
function makeSparse(path) {
  const size = scaled(5 * 1024 * MiB);
  const data = Buffer.alloc(scaled(MiB), 'mapcp');
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const position of [0, Math.floor(size / 2), size - data.length]) {
    writeSync(file, data, 0, data.length, position);
  }
  closeSync(file);
}

/** @param {string} path @param {number} count of files in full size */
function makeSmallFiles(path, count) {
  mkdirSync(path);
  for (let index = 0; index < scaled(count); index++) {
    writeFileSync(join(path, `file-${index}`), Buffer.alloc(4096, `file-${index}`));
  }
}

/**
 * Without the toolchain's few binaries, which are most of the bytes.
 * @param {string} path
 */
function makeMixedTree(path) {
  const modules = join(import.meta.dirname, '../../node_modules');
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size <= MiB);
  for (let made = 0; made < scaled(20_000); made++) {
    const file = files[made % files.length] ?? '';
    const target = join(path, String(Math.floor(made / files.length)), relative(modules, file));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
}

/**
 * Counts the files, the directories, and the files' bytes at a path and below it.
 * @param {string} path
 */
export function census(path) {
  if (statSync(path).isFile()) {
    return { files: 1, directories: 0, bytes: statSync(path).size };
  }
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return { files: files.length, directories: 1 + entries.length - files.length, bytes };
}
