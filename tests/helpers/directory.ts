import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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

/**
 * Like `inTemporaryDirectory`, but in memory if the system has /dev/shm. So thousands of copies do not wear the disk.
 */
export function inMemoryDirectory<T>(use: (directory: string) => T): T {
  return inTemporaryDirectory(use, existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}
