import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CopyError, isSystemError, reasonOf, type SystemError } from './errors.js';
import { type CopyOptions, type CopyReport, openSandbox, type Preopens, requirePath } from './sandbox.js';

/** A host path split for a sandbox: the directory to preopen, and the name in it. */
interface Place {
  /** The path as the caller wrote it. */
  readonly given: string;
  /** Where the directory is preopened. */
  readonly preopen: string;
  readonly directory: string;
  readonly guestPath: string;
}

/**
 * Copies a file, by a component that can reach the directory of the source and the directory of the target, and
 * nothing else.
 *
 * The copy appears under the target's name in one step at the end: until then, and after a failure, the target is
 * what it was.
 *
 * @param source a regular file: a path, or a `file:` URL
 * @param target the path that the copy gets, never a directory to put it into
 * @returns what was copied
 * @throws {CopyError} when it fails, with the paths as they were given
 * @throws {TypeError} when an argument is of the wrong type; nothing has been touched
 * @example
 * await copy('photo.jpg', 'backup/photo.jpg');
 */
export async function copy(
  source: string | URL,
  target: string | URL,
  options: CopyOptions = {},
): Promise<CopyReport> {
  const started = performance.now();
  const from = placeOf('source', source, '/in');
  const to = placeOf('target', target, '/out');
  const preopens: Preopens = {
    [from.preopen]: { path: from.directory, access: 'read' },
    [to.preopen]: { path: to.directory, access: 'read-write' },
  };
  const box = await openSandbox(preopens, { allowOverlap: true }).catch((error: unknown) => {
    throw isSystemError(error) ? unreachable(error, from, to) : error;
  });
  using sandbox = box;
  try {
    const report = await sandbox.copy(from.guestPath, to.guestPath, options);
    return { ...report, milliseconds: performance.now() - started };
  } catch (error) {
    throw error instanceof CopyError ? withHostPaths(error, from, to) : error;
  }
}

function placeOf(argument: string, path: unknown, preopen: string): Place {
  const given = path instanceof URL ? fileURLToPath(path) : path;
  requirePath(argument, given);
  if (given === '') {
    // There is no directory to open for it, but the engine is to say what is wrong with it.
    return { given, preopen, directory: '.', guestPath: '' };
  }
  const name = basename(given);
  // These name a directory themselves, and what it lies in is not theirs to reach.
  if (name === '' || name === '.' || name === '..') {
    return { given, preopen, directory: given, guestPath: preopen };
  }
  // A trailing slash asks for a directory, and the engine is to see it.
  const slash = given.endsWith('/') ? '/' : '';
  return { given, preopen, directory: dirname(given), guestPath: `${preopen}/${name}${slash}` };
}

/** The error for a directory that cannot be preopened: what the engine would have said of the path in it. */
function unreachable(cause: SystemError, from: Place, to: Place): CopyError {
  const isSource = cause.path === undefined || cause.path === from.directory;
  return new CopyError(
    {
      code: cause.code,
      operation: !isSource && cause.code === 'ENOENT' ? 'create' : 'inspect',
      path: isSource ? from.given : to.given,
      source: from.given,
      target: to.given,
      reason: reasonOf(cause),
    },
    { cause },
  );
}

function withHostPaths(error: CopyError, from: Place, to: Place): CopyError {
  return new CopyError(
    {
      code: error.code,
      operation: error.operation,
      path: hostPath(error.path, from, to),
      source: from.given,
      target: to.given,
      reason: error.reason,
      leftover: error.leftover === undefined ? undefined : hostPath(error.leftover, from, to),
    },
    { cause: error },
  );
}

function hostPath(guestPath: string, from: Place, to: Place): string {
  for (const place of [from, to]) {
    if (guestPath === place.guestPath) {
      return place.given;
    }
    if (guestPath.startsWith(`${place.preopen}/`)) {
      return join(place.directory, guestPath.slice(place.preopen.length + 1));
    }
  }
  return guestPath;
}
