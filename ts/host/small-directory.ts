// Which directories can be listed by one call. For a listing that is read in parts, Node makes objects and functions that
// take four times as long. But a component can make a directory of any length, and must not decide how much memory a
// listing takes. On some file systems, the size of a directory bounds the number of its entries.

import { lstatSync, statfsSync } from 'node:fs';
import { isBun, isDeno } from './runtime.js';

/** Maximum size of a small directory in bytes. No directory of ext4 is smaller. */
const MOST_SIZE = 4096;

/**
 * The types that statfs(2) reports for file systems whose directories have at least two bytes for each entry, and whose
 * listings say the types of the entries.
 */
const BOUNDED: readonly number[] = [
  0xef53, // ext2, ext3 and ext4
  0x0102_1994, // tmpfs
  0x9123_683e, // Btrfs
];

/** Whether the directory at `path` is known to have at most some thousand entries. */
export function isSmallDirectory(path: string): boolean {
  return (
    process.platform === 'linux' &&
    !isBun &&
    !isDeno &&
    lstatSync(path).size <= MOST_SIZE &&
    BOUNDED.includes(statfsSync(path).type)
  );
}
