// What is copied: each case makes its source, and says what there has to be in the end.

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

/** @param {number} amount bytes or files in full size */
const scaled = (amount) => Math.ceil(amount * scale);

/**
 * @typedef {object} Case
 * @property {string} title for people
 * @property {'file' | 'sparse' | 'tree' | 'start'} kind what the contestants have to do: `start` is a file, copied by a
 * process that is started for it
 * @property {(path: string) => void} make makes the source
 */

/** @type {Readonly<Record<string, Case>>} */
export const cases = {
  large: {
    title: 'one file of 256 MiB',
    kind: 'file',
    make: (path) => writeFileSync(path, Buffer.alloc(scaled(256 * MiB), 'mapcp')),
  },
  // 3 MiB of it are no holes.
  sparse: {
    title: 'a sparse file of 5 GiB',
    kind: 'sparse',
    make: makeSparse,
  },
  small: {
    title: '5,000 files of 4 KiB',
    kind: 'tree',
    make: makeSmallFiles,
  },
  // node_modules of this project, several times over.
  mixed: {
    title: '20,000 mixed files',
    kind: 'tree',
    make: makeMixedTree,
  },
  // From its start to its end.
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

/** @param {string} path */
function makeSmallFiles(path) {
  mkdirSync(path);
  for (let index = 0; index < scaled(5000); index++) {
    writeFileSync(join(path, `file-${index}`), Buffer.alloc(4096, `file-${index}`));
  }
}

/**
 * Not the few binaries of the toolchain, which are most of the bytes.
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
 * How many files there are at a path and below it, how many directories, and how many bytes are in the files.
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
