// Terminals.

import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Loads a module of Node. Any absolute path does; `process.execPath` need not be one if /proc is not mounted. */
const load = createRequire('/');

/** Whether a descriptor is open on a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    // Most are files or pipes. Node's own answer needs a module that takes milliseconds to load.
    return fstatSync(fd).isCharacterDevice() && (load('node:tty') as typeof import('node:tty')).isatty(fd);
  } catch {
    return false;
  }
}
