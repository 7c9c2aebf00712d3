import { existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Calls `use` with a new empty directory, and removes it afterwards.
 *
 * @param below the parent directory
 * @returns the result of `use`
 */
export function inTemporaryDirectory<T>(use: (directory: string) => T, below = tmpdir()): T {
  const directory = mkdtempSync(join(below, 'mapcp-test-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  let result: T;
  try {
    result = use(directory);
  } catch (error) {
    remove();
    throw error;
  }
  if (result instanceof Promise) {
    return result.finally(remove) as T;
  }
  remove();
  return result;
}

/** A directory in memory, if the system has one. There, thousands of copies do not wear the disk. */
export const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Like `inTemporaryDirectory`, in {@link memory}. */
export function inMemoryDirectory<T>(use: (directory: string) => T): T {
  return inTemporaryDirectory(use, memory);
}

let links: boolean | undefined;

/** Whether a symbolic link can be created, which needs a right on Windows and does not work in Wine. */
export function canLink(): boolean {
  links ??= inTemporaryDirectory((directory) => {
    try {
      symlinkSync('target', join(directory, 'link'));
      return lstatSync(join(directory, 'link')).isSymbolicLink();
    } catch {
      return false;
    }
  });
  return links;
}

/** Creates a symbolic link, if this process can do that. */
export function linkIfPossible(text: string, path: string): void {
  if (canLink()) {
    symlinkSync(text, path);
  }
}
