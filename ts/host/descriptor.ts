import { Directory } from './directory.js';
import { fail } from './error-code.js';
import { File } from './file.js';

/** What a descriptor stands for. */
export type Descriptor = File | Directory;

/** Returns the file behind a descriptor. Fails with `bad-descriptor` if it is a directory. */
export function asFile(open: Descriptor): File {
  return open instanceof File ? open : fail('bad-descriptor');
}

/** Returns the directory behind a descriptor. Fails with `not-directory` if it is a file. */
export function asDirectory(open: Descriptor): Directory {
  return open instanceof Directory ? open : fail('not-directory');
}
