import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Calls `use` with a new empty directory, which is removed afterwards with all that is in it.
 *
 * @param below where it is made
 * @returns what `use` returns
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

/** Calls `use` with such a directory in memory, where the system has one there: thousands of copies take no disk. */
export function inMemoryDirectory<T>(use: (directory: string) => T): T {
  return inTemporaryDirectory(use, existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}
