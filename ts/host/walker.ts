// How the host reaches an entry of a directory that it holds. Everything above this knows only directories that are
// held and single names in them; what a name may turn into on the way is decided here and in walk.ts.

import type { Handle } from './handle.js';

/**
 * A way to act on the entries of held directories. `name` is always one component, or `.` for the directory itself.
 * Whoever gets a handle owns it, and releases it.
 */
export interface Walker {
  /** The mode for a directory that is just made: the least with which it can be entered. */
  readonly newDirectory: number;

  /**
   * Holds a directory of the system, by a path that the host's own user chose: symbolic links in it are followed. Holding
   * one needs no permission on the directory itself.
   */
  hold(path: string): Handle;

  /**
   * Holds the directory `name` in `parent`: to reach what is in it, for which the permission to search it is enough, or to
   * read it as well. Fails with ENOTDIR or ELOOP if a symbolic link has that name.
   */
  enter(parent: Handle, name: string, access: 'search' | 'read'): Handle;

  /**
   * Opens or creates a file with flags of open(2), without following a symbolic link (ELOOP) and without waiting for
   * the other end of a FIFO. What is created gets `mode`, less the umask; by default all may read and write. The caller
   * owns the file descriptor, and must look whether it is what was expected.
   */
  open(parent: Handle, name: string, flags: number, mode?: number): number;

  /**
   * Calls `act` with a path that names the entry to Node, for one system call that does not follow a symbolic link
   * in the last component. The path holds for the length of the call.
   */
  at<T>(parent: Handle, name: string, act: (path: string) => T): T;

  /** Gives a held directory its mode. */
  setMode(directory: Handle, mode: number): void;

  /** Opens the file behind a descriptor anew, with other flags; undefined if the system has no way to. */
  reopen(fd: number, flags: number): number | undefined;
}
