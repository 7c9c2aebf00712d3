import type { CleanReport, ComponentError } from '../jobs/component.js';
import { CleanError } from './errors.js';
import { nameOf } from './posix.js';

/** Returns the caller's name for a guest path. */
type PathOf = (guestPath: string) => string;

// An error takes about 2 KB, and a tree can have a million directories that cannot be listed.
const MOST_ERRORS = 100;

/**
 * Makes the error of the API from one of the component.
 *
 * @param error the component's error
 * @param pathOf returns the caller's name for a path
 */
export function cleanErrorOf(error: ComponentError, pathOf: PathOf): CleanError {
  const { code, operation, path, reason } = error;
  return new CleanError({ code: nameOf(code), operation, path: pathOf(path), reason });
}

/**
 * Returns how many files were removed, or would be in a dry run.
 *
 * @param report the component's report
 * @param pathOf returns the caller's name for a path
 * @throws {CleanError} if something failed
 */
export function countOf({ files, errors }: CleanReport, pathOf: PathOf): number {
  const [first] = errors;
  if (first !== undefined) {
    const most = errors.slice(0, MOST_ERRORS).map((error) => cleanErrorOf(error, pathOf));
    const { code, operation, path, reason } = cleanErrorOf(first, pathOf);
    throw new CleanError({ code, operation, path, reason, removed: files.length, errors: most });
  }
  return files.length;
}
