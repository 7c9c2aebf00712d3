import { requireThat, takeOptions } from '../common/check.js';
import { countOf } from '../common/cleaning.js';
import { CleanError } from '../common/errors.js';
import { type CleanOptions, cleanChecks } from '../common/options.js';
import type { CleanReport } from '../jobs/component.js';
import { below, hostPathOf, reasonOfNowhere } from './host-path.js';
import { confinementOfUser } from './lent-sandbox.js';
import { openSandbox } from './sandbox.js';
import { isSystemError, reasonOf, reasonOfCode } from './system-error.js';

const PREOPEN = '/directory';

/**
 * Removes the temporary files that killed copies left in a directory and below it.
 *
 * No copy may run there at the same time, because its temporary files look the same and would be removed. After an
 * error, cleaning continues.
 *
 * @param directory a path, or a `file:` URL
 * @param options how to clean
 * @returns how many files were removed; in a dry run, how many would be
 * @throws {CleanError} if something failed; it has the first 100 errors and the number of removed files. A TypeError if
 * an argument is wrong
 */
export async function clean(directory: string | URL, options: CleanOptions = {}): Promise<number> {
  const path = hostPathOf('directory', directory);
  requireThat(path !== '', 'directory', 'a path', path);
  return countOf(await cleanAll(path, options), (guestPath) => hostPath(guestPath, path));
}

/** Does the same as {@link clean}. Returns what was done and what failed, with guest paths for {@link hostPath}. */
export async function cleanAll(directory: string, options: CleanOptions): Promise<CleanReport> {
  const taken = takeOptions<CleanOptions>('options', options, cleanChecks);
  const reason = directory === '' ? reasonOfCode('ENOENT') : reasonOfNowhere(directory);
  if (reason !== undefined) {
    throw new CleanError({ code: 'ENOENT', operation: 'open', path: directory, reason });
  }
  try {
    const access = taken.dryRun ? 'read' : 'read-write';
    const sandbox = await openSandbox({ [PREOPEN]: { path: directory, access } }, confinementOfUser);
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

/** Returns the host path for a guest path in a report about `directory`. */
export function hostPath(guestPath: string, directory: string): string {
  return guestPath === PREOPEN ? directory : below(directory, guestPath.slice(PREOPEN.length + 1));
}

function withHostPath(error: CleanError, directory: string): CleanError {
  const { code, operation, reason } = error;
  return new CleanError({ code, operation, path: hostPath(error.path, directory), reason }, { cause: error });
}
