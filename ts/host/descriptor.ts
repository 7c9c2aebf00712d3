import type { OpenDirectory } from './directory.js';
import { fail } from './error-code.js';
import type { OpenFile } from './file.js';

/** What a descriptor stands for. */
export type Descriptor = OpenFile | OpenDirectory;

/** Returns the file behind a descriptor. Fails with `bad-descriptor` if it is a directory. */
export function asFile(open: Descriptor): OpenFile {
  return open.type === 'directory' ? fail('bad-descriptor') : open;
}

/** Returns the directory behind a descriptor. Fails with `not-directory` if it is a file. */
export function asDirectory(open: Descriptor): OpenDirectory {
  return open.type === 'directory' ? open : fail('not-directory');
}
