import { fileURLToPath } from 'node:url';
import { isUrl, requireThat } from '../common/check.js';

/**
 * Returns the path of a `file:` URL, and anything else as it is.
 *
 * @param name the name of the argument or option, for the message
 * @param given anything
 * @throws a TypeError if it is another URL
 */
export function pathOfUrl(name: string, given: unknown): unknown {
  if (!isUrl(given)) {
    return given;
  }
  requireThat(given.protocol === 'file:', name, 'a path or a file: URL', given.href);
  return fileURLToPath(given);
}
