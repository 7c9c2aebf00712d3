// Renaming and removing. On Windows both fail while another program, such as a virus scanner, has the file open, and for
// other reasons than elsewhere.
//
// Opening a file is not tried again: scanners let others open what they read, and graceful-fs and Node wait no longer.

import { lstatSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { nodeCode, systemError } from './error-code.js';

/** How long to wait before each further try on Windows, in milliseconds. Scanners need less than that for most files. */
const WAITS = [1, 5, 20, 50, 100, 200, 400];

/** What Windows reports of a file that is open elsewhere, of calls that can never work, and of a target to clear. */
const MAYBE_BUSY: readonly (string | undefined)[] = ['EPERM', 'EACCES', 'EBUSY', 'EEXIST'];

/** What is at a name. */
export type Kind = 'directory' | 'other' | 'nothing';

function kindOf(path: string): Kind {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status === undefined ? 'nothing' : status.isDirectory() ? 'directory' : 'other';
}

/**
 * Calls `act`. On Windows, calls it again for up to a second while a file may be open elsewhere.
 *
 * @param settle called when it has failed; throws the error if it can never work
 */
export function retryWhileBusy(act: () => void, settle: () => void): void {
  for (const wait of process.platform === 'win32' ? WAITS : []) {
    try {
      act();
      return;
    } catch (error) {
      if (!MAYBE_BUSY.includes(nodeCode(error))) {
        throw error;
      }
      settle();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  }
  act();
}

/**
 * Prepares a rename on Windows, which replaces no directory, and replaces a file even by a directory. Removes an empty
 * directory that another directory must replace. Throws as rename(2) does if the rename must not work.
 */
export function clearTarget(from: Kind, to: Kind, removeTarget: () => void): void {
  if (to === 'directory' && from === 'directory') {
    removeTarget();
  } else if (to === 'directory') {
    throw systemError('EISDIR');
  } else if (to === 'other' && from === 'directory') {
    throw systemError('ENOTDIR');
  }
}

/** Renames as rename(2) does. On Windows, tries again for up to a second if a file may be open elsewhere. */
export function rename(from: string, to: string): void {
  if (process.platform === 'win32' && kindOf(from) === 'directory') {
    clear(from, to);
  }
  retryWhileBusy(
    () => renameSync(from, to),
    () => clear(from, to),
  );
}

function clear(from: string, to: string): void {
  clearTarget(kindOf(from), kindOf(to), () => rmdirSync(to));
}

/** Removes anything but a directory. On Windows, tries again for up to a second if it may be open elsewhere. */
export function removeFile(path: string): void {
  retryWhileBusy(
    () => unlinkSync(path),
    () => {
      if (kindOf(path) === 'directory') {
        throw systemError('EISDIR');
      }
    },
  );
}

/** Removes an empty directory. On Windows, tries again for up to a second if it may be open elsewhere. */
export function removeDirectory(path: string): void {
  if (process.platform === 'win32' && kindOf(path) === 'other') {
    // Node on Windows would report that nothing is there.
    throw systemError('ENOTDIR');
  }
  retryWhileBusy(
    () => rmdirSync(path),
    () => {},
  );
}
