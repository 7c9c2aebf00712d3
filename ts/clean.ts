import { takeOptions } from './check.js';
import { countOf } from './cleaning.js';
import type { CleanReport } from './component.js';
import { CleanError } from './errors.js';
import { below, hostPathOf } from './host-path.js';
import { type CleanOptions, cleanChecks } from './options.js';
import { openSandbox } from './sandbox.js';
import { isSystemError, reasonOf } from './system-error.js';

const PREOPEN = '/directory';

/**
 * Removes the temporary files that killed copies have left in a directory and in all below it.
 *
 * Nothing tells them from files that are being written: no copy may be under way there. It goes on after a failure.
 *
 * @param directory a path, or a `file:` URL
 * @returns how many were removed, or would be
 * @throws {CleanError} if something failed; it has the first 100 failures, and how many files were removed
 */
export async function clean(directory: string | URL, options: CleanOptions = {}): Promise<number> {
  const path = hostPathOf('directory', directory);
  return countOf(await cleanAll(path, options), (guestPath) => hostPath(guestPath, path));
}

/** The same as {@link clean}; returns what was done and what failed, with paths as {@link hostPath} takes them. */
export async function cleanAll(directory: string, options: CleanOptions): Promise<CleanReport> {
  const taken = takeOptions<CleanOptions>('options', options, cleanChecks);
  try {
    const access = taken.dryRun ? 'read' : 'read-write';
    const sandbox = await openSandbox({ [PREOPEN]: { path: directory, access } });
    try {
      return sandbox.cleanAll(PREOPEN, taken);
    } finally {
      sandbox.close();
    }
  } catch (error) {
    if (isSystemError(error) && !(error instanceof CleanError)) {
      const details = {
        code: error.code,
        operation: 'open',
        path: directory,
        reason: reasonOf(error),
      } as const;
      throw new CleanError(details, { cause: error });
    }
    throw error instanceof CleanError ? withHostPath(error, directory) : error;
  }
}

/** The caller's name for a path in a report about `directory`. */
export function hostPath(guestPath: string, directory: string): string {
  return guestPath === PREOPEN ? directory : below(directory, guestPath.slice(PREOPEN.length + 1));
}

function withHostPath(error: CleanError, directory: string): CleanError {
  const { code, operation, reason } = error;
  return new CleanError({ code, operation, path: hostPath(error.path, directory), reason }, { cause: error });
}
