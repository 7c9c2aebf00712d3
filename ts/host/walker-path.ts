// The walker for systems with neither procfs nor koffi: paths, checked before and after each use.
//
// A held directory is a path and the directory that was there when it was entered. That directory is held open, so
// that no other can become the same file. A path is good as long as it leads to that directory. Another process can
// swap directories in the moment between the check and the use, which is why `confinement: 'strict'` refuses this
// walker. A guest by itself has no such moment, because its calls come one by one.

import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isError } from '../common/check.js';
import { callsByPath } from './calls-by-path.js';
import { fail, systemError } from './error-code.js';
import { Handle } from './handle.js';
import { expectOrdinary } from './names.js';
import { changeMode } from './permission.js';
import { expectStack } from './stack.js';
import { identity, isSameFile, typeOf } from './status.js';
import type { Walker } from './walker.js';

const { O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** An open file or directory that knows its path. */
class HeldFile extends Handle {
  readonly path: string;

  constructor(fd: number, path: string) {
    super(fd);
    this.path = path;
  }

  /** Fails with `not-permitted` if the path leads to another file than this one. */
  confirm(): void {
    const now = lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (!now || !isSameFile(identity(now), this.identity())) {
      fail('not-permitted');
    }
  }
}

function heldFile(directory: Handle): HeldFile {
  return directory instanceof HeldFile ? directory : fail('bad-descriptor');
}

function pathOf(parent: HeldFile, name: string): string {
  expectOrdinary(name);
  return join(parent.path, name);
}

/** Resolves symbolic links. Its errors have the path as it was given, as those of an open have. */
function resolved(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw isError(error) ? Object.assign(error, { path }) : error;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Opens what is at `path`. Fails with `not-permitted` if the path leads to another file once it is open. */
function openConfirmed(parent: HeldFile, path: string, flags: number, mode?: number): HeldFile {
  parent.confirm();
  if (process.platform === 'win32' && (flags & O_EXCL) !== 0 && isThere(path)) {
    // Windows would create the target of a dangling link.
    throw systemError('EEXIST');
  }
  expectStack();
  const opened = new HeldFile(openSync(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode), path);
  try {
    if (!isSameFile(identity(lstatSync(path, { bigint: true })), opened.identity())) {
      fail('not-permitted');
    }
    parent.confirm();
  } catch (error) {
    opened.release();
    throw error;
  }
  return opened;
}

/**
 * Opens a directory by a path whose symbolic links are followed. Returns its descriptor, which the caller must close, and its
 * path without links. Throws Node's error, with the path as it was given.
 */
export function openDirectory(path: string): { fd: number; real: string } {
  // Node's own realpath fails for the paths of Windows that begin with `\\?\`.
  const real = resolved(path);
  expectStack();
  const fd = openSync(real, O_RDONLY | O_DIRECTORY);
  // Windows has no O_DIRECTORY.
  if (!fstatSync(fd).isDirectory()) {
    closeSync(fd);
    throw Object.assign(new Error(`ENOTDIR: not a directory, open '${path}'`), { code: 'ENOTDIR', path });
  }
  return { fd, real };
}

export const pathWalker: Walker = {
  ...callsByPath((directory, name, act) => {
    const parent = heldFile(directory);
    const path = pathOf(parent, name);
    parent.confirm();
    const result = act(path);
    parent.confirm();
    return result;
  }),

  newDirectory: 0o1700,

  hold(path) {
    const { fd, real } = openDirectory(path);
    return new HeldFile(fd, real);
  },

  realPath: (directory) => heldFile(directory).path,

  shared(directory) {
    const held = heldFile(directory);
    held.confirm();
    return held.path;
  },

  enter(directory, name) {
    const parent = heldFile(directory);
    const path = pathOf(parent, name);
    parent.confirm();
    const status = lstatSync(path, { bigint: true });
    if (typeOf(status) !== 'directory') {
      throw systemError('ENOTDIR');
    }
    return openConfirmed(parent, path, O_RDONLY | O_DIRECTORY);
  },

  open(directory, name, flags, mode) {
    const parent = heldFile(directory);
    return openConfirmed(parent, pathOf(parent, name), flags, mode);
  },

  setMode(directory, mode) {
    changeMode(directory.fd, mode);
  },

  reopen() {
    return undefined;
  },
};
