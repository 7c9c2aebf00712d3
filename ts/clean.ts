import { join } from 'node:path';
import { CleanError } from './errors.js';
import { hostPathOf } from './host-path.js';
import type { CleanOptions } from './options.js';
import { openSandbox } from './sandbox.js';
import { isSystemError, reasonOf } from './system-error.js';

const PREOPEN = '/directory';

/**
 * Removes the temporary files that killed copies have left in a directory and in all below it.
 *
 * Nothing tells them from files that are being written: no copy may be under way there.
 *
 * @param directory a path, or a `file:` URL
 * @returns how many were removed, or would be
 * @throws {CleanError} when it fails
 */
export async function clean(directory: string | URL, options: CleanOptions = {}): Promise<number> {
  return (await cleanFiles(hostPathOf('directory', directory), options)).length;
}

/** The same as {@link clean}; returns the paths of the files. */
export async function cleanFiles(directory: string, options: CleanOptions): Promise<readonly string[]> {
  try {
    const access = options.dryRun ? 'read' : 'read-write';
    using sandbox = await openSandbox({ [PREOPEN]: { path: directory, access } });
    return sandbox.cleanFiles(PREOPEN, options).map((path) => hostPath(path, directory));
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

function hostPath(guestPath: string, directory: string): string {
  return join(directory, guestPath.slice(PREOPEN.length));
}

function withHostPath(error: CleanError, directory: string): CleanError {
  const path = hostPath(error.path, directory);
  return new CleanError(
    { code: error.code, operation: error.operation, path, reason: error.reason },
    { cause: error },
  );
}
