// Renaming. On Windows it fails while another program, such as a virus scanner, has one of the two files open.

import { lstatSync, renameSync } from 'node:fs';
import { nodeCode, systemError } from './error-code.js';

/** How long to wait before each further try on Windows, in milliseconds. Scanners need less than that for most files. */
const WAITS = [1, 5, 20, 50, 100, 200, 400];

/** What Windows reports of a file that is open elsewhere, and of one that may not be replaced at all. */
const MAYBE_BUSY: readonly (string | undefined)[] = ['EPERM', 'EACCES', 'EBUSY'];

const isDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Renames as rename(2) does. On Windows, tries again for up to a second if a file may be open elsewhere. */
export function rename(from: string, to: string): void {
  retryWhileBusy(
    () => renameSync(from, to),
    () => isDirectory(to) && !isDirectory(from),
  );
}

/**
 * Calls `act`, which renames. On Windows, calls it again for up to a second while a file may be open elsewhere.
 *
 * @param isFileToDirectory whether a file would replace a directory, which never works
 */
export function retryWhileBusy(act: () => void, isFileToDirectory: () => boolean): void {
  for (const wait of process.platform === 'win32' ? WAITS : []) {
    try {
      act();
      return;
    } catch (error) {
      if (!MAYBE_BUSY.includes(nodeCode(error))) {
        throw error;
      }
      if (isFileToDirectory()) {
        throw systemError('EISDIR');
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  }
  act();
}
