// What the tests' mounts have in common.

import process from 'node:process';
import { mustRun } from './program.js';

/** Runs a command that must succeed, and returns its output. */
export function command(program: string, ...args: string[]): string {
  return mustRun(program, args);
}

/**
 * Tries a mount, and returns the reason if it fails. CI has the programs, so there only the kernel is a reason.
 *
 * @param mount mounts a file system. Disposing of the result unmounts it
 */
export function whyNoMount(mount: () => Disposable): string | undefined {
  try {
    mount()[Symbol.dispose]();
    return undefined;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (process.env.CI !== undefined && isMissing) {
      throw error;
    }
    return String(error);
  }
}
