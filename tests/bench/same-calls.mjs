// Makes the system calls that mapcp makes for a tree, in plain Node: the time that would remain if WebAssembly and the
// sandbox cost nothing. The paths are those of the race-free walker, by descriptors in procfs.

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
// O_PATH, which Node does not name.
const HELD = 0o10000000 | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const TEMPORARY = '.mapcp-0123456789abcdef.tmp';

// The size of the engine's window.
const window = Buffer.allocUnsafe(1024 * 1024);

/**
 * @param {string} source a directory
 * @param {string} target a new path
 */
export function copyBySameCalls(source, target) {
  const descriptors = `/proc/${readlinkSync('/proc/self')}/fd`;
  /** @param {number} parent @param {string} name */
  const entry = (parent, name) => `${descriptors}/${parent}/${name}`;

  /** @param {number} from @param {number} to @param {string} name */
  function copyFile(from, to, name) {
    const source = openSync(entry(from, name), O_RDONLY | FILE);
    fstatSync(source);
    const { size, mode } = fstatSync(source);
    const target = openSync(entry(to, TEMPORARY), O_RDWR | O_CREAT | O_EXCL | FILE, 0o600);
    for (let position = 0; position < size; ) {
      const length = readSync(source, window, 0, Math.min(window.length, size - position), position);
      position += writeSync(target, window, 0, length, position);
    }
    fstatSync(source);
    closeSync(source);
    fchmodSync(target, mode & 0o777);
    closeSync(target);
    renameSync(entry(to, TEMPORARY), entry(to, name));
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
