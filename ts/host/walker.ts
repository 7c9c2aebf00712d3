// How the host reaches an entry of a directory that it holds. The code above this knows only held directories and
// single names in them. This file and walk.ts decide what a name may turn into on the way.

import type { Handle } from './handle.js';

/**
 * A way to act on the entries of held directories. `name` is always one name, or `.` for the directory itself. The
 * caller owns every handle that it gets, and must release it.
 */
export interface Walker {
  /** The mode for a directory that was just created: the least with which it can be entered. */
  readonly newDirectory: number;

  /**
   * Holds a directory of the system, by a path that the host's own user chose: symbolic links in it are followed.
   * Needs no permission on the directory itself.
   */
  hold(path: string): Handle;

  /**
   * Holds the directory `name` in `parent`. With `search` the caller can reach what is in it, and needs only the
   * permission to search it. With `read` the caller can also list it. Fails with ENOTDIR or ELOOP if a symbolic link
   * has that name.
   */
  enter(parent: Handle, name: string, access: 'search' | 'read'): Handle;

  /**
   * Opens or creates a file with flags of open(2). Does not follow a symbolic link (ELOOP), and does not wait for the
   * other end of a FIFO. A new file gets `mode`, less the umask; by default everybody may read and write it. The
   * caller owns the file descriptor, and must check that it is what it expects.
   */
  open(parent: Handle, name: string, flags: number, mode?: number): number;

  /**
   * Calls `act` with a path of the entry for Node, for one system call that does not follow a symbolic link in the
   * last name. The path is valid only during the call.
   */
  at<T>(parent: Handle, name: string, act: (path: string) => T): T;

  /** Gives a held directory its mode. */
  setMode(directory: Handle, mode: number): void;

  /** Opens the file behind a descriptor once more, with other flags. Undefined if the system cannot do that. */
  reopen(fd: number, flags: number): number | undefined;
}
