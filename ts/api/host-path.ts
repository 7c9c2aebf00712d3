import { lstatSync, statSync } from 'node:fs';
import { isAbsolute, sep } from 'node:path';
import process from 'node:process';
import { requirePath } from '../common/options.js';
import { pathOfUrl } from '../host/file-url.js';

/**
 * Returns a path of the system from a path or a `file:` URL.
 *
 * @param argument the name of the argument, for the message
 * @param given anything
 * @throws a TypeError if it is neither
 */
export function hostPathOf(argument: string, given: unknown): string {
  const path = pathOfUrl(argument, given);
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

/** Returns the working directory; undefined if it was removed. */
export function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Returns why a path leads nowhere if it is relative and the working directory was removed; otherwise undefined. */
export function reasonOfNowhere(path: string): string | undefined {
  return path !== '' && !isAbsolute(path) && workingDirectory() === undefined
    ? 'the working directory was removed; change to another one, or use absolute paths'
    : undefined;
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
