// Makes the system calls that mapcp makes for a tree, in plain Node: the time that would remain if WebAssembly and the
// sandbox cost nothing. The paths are those of the race-free walkers: by descriptors in procfs, or by koffi's openat(2).

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
// O_PATH, which Node does not name.
const HELD = 0o10000000 | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const TEMPORARY = '.mapcp-0123456789abcdef.tmp';

// The size of the engine's window.
const window = Buffer.allocUnsafe(1024 * 1024);

const O_CLOEXEC = 0o2000000;

/**
 * The calls that get a held directory and a name.
 * @typedef {object} Calls
 * @property {(parent: number, name: string, flags: number, mode?: number) => number} open
 * @property {(fd: number) => void} close
 * @property {(parent: number, name: string, newName: string) => void} rename
 */

/** @returns {Calls} */
function callsByProcfs() {
  const descriptors = `/proc/${readlinkSync('/proc/self')}/fd`;
  /** @param {number} parent @param {string} name */
  const entry = (parent, name) => `${descriptors}/${parent}/${name}`;
  return {
    open: (parent, name, flags, mode) => openSync(entry(parent, name), flags, mode),
    close: closeSync,
    rename: (parent, name, newName) => renameSync(entry(parent, name), entry(parent, newName)),
  };
}

/** @returns {Calls} */
function callsByKoffi() {
  const library = createRequire(import.meta.url)('koffi').load(null);
  const openat = library.func('int openat(int, const char *, int, uint32)');
  const close = library.func('int close(int)');
  const renameat = library.func('int renameat(int, const char *, int, const char *)');
  /** @param {number} result */
  const must = (result) => {
    if (result < 0) {
      throw new Error('a system call failed');
    }
    return result;
  };
  return {
    open: (parent, name, flags, mode = 0) => must(openat(parent, name, flags | O_CLOEXEC, mode)),
    close: (fd) => void must(close(fd)),
    rename: (parent, name, newName) => void must(renameat(parent, name, parent, newName)),
  };
}

/**
 * Makes the calls for a tree.
 *
 * @param {string} source a directory
 * @param {string} target a new path
 * @param {'procfs' | 'koffi'} [by]
 * @param {boolean} [isInPlace] whether each file gets its own name at once, as in a tree that nobody else sees yet
 */
export function copyBySameCalls(source, target, by = 'procfs', isInPlace = false) {
  const { open, close, rename } = by === 'koffi' ? callsByKoffi() : callsByProcfs();
  const descriptors = `/proc/${readlinkSync('/proc/self')}/fd`;
  /** @param {number} parent @param {string} name */
  const entry = (parent, name) => `${descriptors}/${parent}/${name}`;

  /** @param {number} from @param {number} to @param {string} name */
  function copyFile(from, to, name) {
    const newName = isInPlace ? name : TEMPORARY;
    const source = open(from, name, O_RDONLY | FILE);
    const { size, mode } = fstatSync(source);
    const target = open(to, newName, O_RDWR | O_CREAT | O_EXCL | FILE, 0o600);
    for (let position = 0; position < size; ) {
      const length = readSync(source, window, 0, Math.min(window.length, size - position), position);
      position += writeSync(target, window, 0, length, position);
    }
    fstatSync(source);
    close(source);
    fchmodSync(target, mode & 0o777);
    close(target);
    if (!isInPlace) {
      rename(to, newName, name);
    }
  }

  /** @param {number} fromParent @param {number} toParent @param {string} name @param {string} newName */
  function copyDirectory(fromParent, toParent, name, newName) {
    const from = openSync(entry(fromParent, name), DIRECTORY);
    fstatSync(from);
    const { mode } = fstatSync(from);
    mkdirSync(entry(toParent, newName), 0o1000);
    const made = openSync(entry(toParent, newName), HELD);
    fstatSync(made);
    chmodSync(`${descriptors}/${made}`, 0o1720);
    closeSync(made);
    const to = openSync(entry(toParent, newName), HELD);
    fstatSync(to);
    fstatSync(to);
    // Whether it is small enough to be listed by one call.
    lstatSync(entry(from, '.'));
    statfsSync(entry(from, '.'));
    for (const each of readdirSync(entry(from, '.'), { withFileTypes: true })) {
      if (each.isDirectory()) {
        copyDirectory(from, to, each.name, each.name);
      } else {
        copyFile(from, to, each.name);
      }
    }
    closeSync(from);
    chmodSync(`${descriptors}/${to}`, mode & 0o777);
    closeSync(to);
  }

  const [from, to] = [dirname(source), dirname(target)].map((path) => openSync(path, O_RDONLY | O_DIRECTORY));
  if (from !== undefined && to !== undefined) {
    copyDirectory(from, to, basename(source), basename(target));
    closeSync(from);
    closeSync(to);
  }
}

/**
 * Makes the reads and writes that mapcp makes for a large file.
 *
 * @param {string} source a file
 * @param {string} target a new path
 */
export function copyInWindows(source, target) {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'wx')];
  for (let position = 0; ; position += window.length) {
    const length = readSync(from, window, 0, window.length, position);
    if (length === 0) {
      break;
    }
    writeSync(to, window, 0, length, position);
  }
  closeSync(from);
  closeSync(to);
}
