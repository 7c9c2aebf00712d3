// Links of Linux that stand for a file that a process has open: /dev/stdin, /dev/fd/N, /proc/self/fd/N and links to them.
// What such a link has as its text is no path, or not one that another process could use.

import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { below } from './host-path.js';

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

const DESCRIPTORS = /^\/proc\/\d+\/(task\/\d+\/)?fd$/;

/**
 * Whether following a path leads through the link of an open file.
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
    // What cannot be followed leads nowhere, and the engine says why.
  }
  return false;
}

/** Whether there is a symbolic link at a path. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

/**
 * The path of the file or directory that a process has open; undefined for a pipe, a terminal or a file that has lost its
 * name.
 *
 * @param path one that {@link leadsToDescriptor}
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
