// Linux has links that stand for open files: /dev/stdin, /dev/fd/N, /proc/self/fd/N, and links to them. Their text is
// not a path, or not one that another process could use.

import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { below, isLink } from './host-path.js';

/** The maximum number of links that the kernel follows. */
const MOST_LINKS = 40;

const DESCRIPTORS = /^\/proc\/\d+\/(task\/\d+\/)?fd$/;

/**
 * Whether a path leads through a link that stands for an open file.
 *
 * @param path any path
 */
export function leadsToDescriptor(path: string): boolean {
  try {
    let place = path;
    for (let links = 0; links < MOST_LINKS && isLink(place); links++) {
      const directory = realpathSync.native(dirname(place));
      if (DESCRIPTORS.test(directory)) {
        return true;
      }
      const text = readlinkSync(place);
      place = isAbsolute(text) ? text : below(directory, text);
    }
  } catch {
    // The engine reports why it cannot be followed.
  }
  return false;
}

/**
 * Returns the path of an open file or directory; undefined for a pipe, a terminal, or a file that has no name any more.
 *
 * @param path a path for which {@link leadsToDescriptor} returned true
 */
export function pathOfOpenFile(path: string): string | undefined {
  try {
    const open = statSync(path, { bigint: true });
    const name = realpathSync.native(path);
    const named = statSync(name, { bigint: true });
    const isSame = open.dev === named.dev && open.ino === named.ino;
    return isSame && (open.isFile() || open.isDirectory()) ? name : undefined;
  } catch {
    return undefined;
  }
}
