import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUrl, requireThat } from './check.js';
import { requirePath } from './options.js';

/**
 * A path of the system; throws a TypeError unless `given` is one, or a `file:` URL.
 *
 * @param argument the name of the argument, for the message
 * @param given anything
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
 * The path of what lies below a directory. Two dots stay: behind a link, they lead to another directory than the text shows.
 *
 * @param directory as the caller wrote it
 * @param rest a relative path, divided by slashes
 */
export function below(directory: string, rest: string): string {
  const path = rest.split('/').join(sep);
  const isDivided = directory.endsWith('/') || directory.endsWith(sep);
  return isDivided ? directory + path : directory + sep + path;
}
