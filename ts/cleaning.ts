import type { CleanReport, Failure } from './component.js';
import { CleanError } from './errors.js';
import { nameOf } from './posix.js';

/** The caller's name for a path of the component. */
type PathOf = (guestPath: string) => string;

// An error takes some 2 KB, and a tree may have a million directories that cannot be listed.
const MOST_FAILURES = 100;

/**
 * A failure to clean, as an error.
 *
 * @param failure what the component has reported
 */
export function cleanErrorOf(failure: Failure, pathOf: PathOf): CleanError {
  const { code, operation, path, reason } = failure;
  return new CleanError({ code: nameOf(code), operation, path: pathOf(path), reason });
}

/**
 * How many files were removed, or would be.
 *
 * @param report what the component has done
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
