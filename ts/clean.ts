import { join } from 'node:path';
import { CleanError } from './errors.js';
import { hostPathOf } from './host-path.js';
import { openSandbox } from './sandbox.js';
import { isSystemError, reasonOf } from './system-error.js';

const PREOPEN = '/directory';

/**
 * Removes the temporary files that killed copies have left in a directory and in all below it.
 *
 * Nothing tells them from files that are being written: no copy may be under way there.
 *
 * @param directory a path, or a `file:` URL
 * @returns how many were removed
 * @throws {CleanError} when it fails
 */
export async function clean(directory: string | URL): Promise<number> {
  return cleanPath(hostPathOf('directory', directory));
}

async function cleanPath(directory: string): Promise<number> {
  try {
    using sandbox = await openSandbox({ [PREOPEN]: { path: directory, access: 'read-write' } });
    return sandbox.clean(PREOPEN);
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

function withHostPath(error: CleanError, directory: string): CleanError {
  const path = join(directory, error.path.slice(PREOPEN.length));
  return new CleanError(
    { code: error.code, operation: error.operation, path, reason: error.reason },
    { cause: error },
  );
}
