// How the host reaches an entry of a directory that it holds. Everything above this knows only directories that are
// held and single names in them; what a name may turn into on the way is decided here and in walk.ts.

import type { BigIntStats } from 'node:fs';
import type { Handle } from './handle.js';

/** A directory that is held open. Owned by whoever got it, who releases it. */
export type Directory = Handle;

/** A way to act on the entries of held directories. `name` is always one component, or `.` for the directory itself. */
export interface Walker {
  /** Holds a directory of the system, by a path that the host's own user chose: symbolic links in it are followed. */
  hold(path: string): Directory;

  /** Holds the directory `name` in `parent`. Fails with ENOTDIR or ELOOP where that is a symbolic link. */
  enter(parent: Directory, name: string): Directory;

  /**
   * Opens an entry that exists. `choose` sees what the entry is, before it is opened, and gives the flags of open(2),
   * or undefined to leave it; what it throws ends the call. The caller owns the file descriptor.
   */
  open(
    parent: Directory,
    name: string,
    choose: (status: BigIntStats) => number | undefined,
  ): number | undefined;

  /** Creates a regular file, with flags of open(2) that keep it from following or reusing what is there. */
  create(parent: Directory, name: string, flags: number): number;

  /**
   * Calls `act` with a path that names the entry to Node, for one system call that does not follow a symbolic link
   * in the last component. The path holds for the length of the call.
   */
  at<T>(parent: Directory, name: string, act: (path: string) => T): T;

  /** Opens the file behind a descriptor anew, with other flags; undefined where the system has no way to. */
  reopen(fd: number, flags: number): number | undefined;
}
