import { lstatSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUrl, requireThat } from '../common/check.js';
import { requirePath } from '../common/options.js';

/**
 * Returns a path of the system from a path or a `file:` URL.
 *
 * @param argument the name of the argument, for the message
 * @param given anything
 * @throws a TypeError if it is neither
 */
export function hostPathOf(argument: string, given: unknown): string {
  if (isUrl(given)) {
    requireThat(given.protocol === 'file:', argument, 'a path or a file: URL', given.href);
  }
  const path = isUrl(given) ? fileURLToPath(given) : given;
  requirePath(argument, path);
  return path;
}

/**
 * Joins a directory and a relative path. Two dots stay, because behind a link they lead to another directory than the
 * text shows.
 *
 * @param directory as the caller wrote it
 * @param rest a relative path with slashes
 */
export function below(directory: string, rest: string): string {
  const path = rest.split('/').join(sep);
  const isDivided = directory.endsWith('/') || directory.endsWith(sep);
  return isDivided ? directory + path : directory + sep + path;
}

/** Whether a path names a symbolic link. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

/** Whether a path leads to a directory. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
