import type { CleanReport, ComponentError } from './component.js';
import { CleanError } from './errors.js';
import { nameOf } from './posix.js';

/** Returns the caller's name for a guest path. */
type PathOf = (guestPath: string) => string;

// An error takes about 2 KB, and a tree can have a million directories that cannot be listed.
const MOST_FAILURES = 100;

/**
 * Makes the error of the API from one of the component.
 *
 * @param failure the component's error
 * @param pathOf returns the caller's name for a path
 */
export function cleanErrorOf(failure: ComponentError, pathOf: PathOf): CleanError {
  const { code, operation, path, reason } = failure;
  return new CleanError({ code: nameOf(code), operation, path: pathOf(path), reason });
}

/**
 * Returns how many files were removed, or would be in a dry run.
 *
 * @param report the component's report
 * @param pathOf returns the caller's name for a path
 * @throws {CleanError} if something failed
 */
export function countOf({ files, failures }: CleanReport, pathOf: PathOf): number {
  const [first] = failures;
  if (first !== undefined) {
    const errors = failures.slice(0, MOST_FAILURES).map((failure) => cleanErrorOf(failure, pathOf));
    const { code, operation, path, reason } = cleanErrorOf(first, pathOf);
    throw new CleanError({ code, operation, path, reason, removed: files.length, failures: errors });
  }
  return files.length;
}
