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
