// How the host reaches an entry of a directory that it holds. Everything above this knows only directories that are
// held and single names in them; what a name may turn into on the way is decided here and in walk.ts.

import type { Handle } from './handle.js';

/** A directory that is held open. Owned by whoever got it, who releases it. */
export type Directory = Handle;

/** A way to act on the entries of held directories. `name` is always one component, or `.` for the directory itself. */
export interface Walker {
  /** Holds a directory of the system, by a path that the host's own user chose: symbolic links in it are followed. */
  hold(path: string): Directory;

  /**
   * Holds the directory `name` in `parent`: to walk on from it, or as a guest's own, which can be synchronised and
   * needs the permission to be read. Fails with ENOTDIR or ELOOP where a symbolic link stands there.
   */
  enter(parent: Directory, name: string, purpose: 'walk' | 'own'): Directory;

  /**
   * Opens or creates a file with flags of open(2), without following a symbolic link (ELOOP) and without waiting for
   * the other end of a FIFO. What is created gets `mode`, less the umask; by default all may read and write. The caller owns the file descriptor, and has to look whether it is what was expected.
   */
  open(parent: Directory, name: string, flags: number, mode?: number): number;

  /**
   * Calls `act` with a path that names the entry to Node, for one system call that does not follow a symbolic link
   * in the last component. The path holds for the length of the call.
   */
  at<T>(parent: Directory, name: string, act: (path: string) => T): T;

  /** Opens the file behind a descriptor anew, with other flags; undefined where the system has no way to. */
  reopen(fd: number, flags: number): number | undefined;
}
