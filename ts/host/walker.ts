// How the host reaches an entry of a directory that it holds. The code above this knows only held directories and
// single names in them. walk.ts takes a path apart into such names.
//
// create-host.ts chooses one of these walkers:
//   walker-linux.ts    procfs, and koffi for many files
//   walker-procfs.ts   paths below /proc/self/fd
//   walker-openat.ts   openat(2) through koffi: macOS, and Linux without procfs
//   walker-nt.ts       NtCreateFile through koffi: Windows
//   walker-path.ts     paths, checked before and after each use: the only one that can lose a race
// walker-procfs.ts and walker-path.ts share calls-by-path.ts. koffi.ts loads koffi. native-handle.ts has what
// walker-openat.ts opens on Linux. nt.ts and reparse-point.ts are for walker-nt.ts only.

import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Handle } from './handle.js';
import type { Status } from './status.js';
import type { NewTime } from './times.js';

/** An entry of a directory. */
export interface ListedEntry {
  /** In `NAME_ENCODING`. */
  readonly name: string;
  readonly type: DescriptorType;
}

/** A listing of a directory, in any order, without `.` and `..`. Must be closed. */
export interface Listing {
  /** Returns the next entry; undefined after the last. */
  next(): ListedEntry | undefined;
  close(): void;
}

/**
 * A way to act on the entries of held directories. `name` is always one name, or `.` for the directory itself. No method
 * follows a symbolic link in it. The caller owns every handle that it gets, and must release it.
 * Errors are Node's.
 */
export interface Walker {
  /** The mode for a directory that was just created: the least with which it can be entered. */
  readonly newDirectory: number;

  /** Whether `link` may follow a symbolic link, so that it would reach a file outside. */
  readonly linkFollows: boolean;

  /**
   * Holds a directory of the system, by a path that the host's own user chose: symbolic links in it are followed.
   * Needs no permission on the directory itself.
   */
  hold(path: string): Handle;

  /**
   * Returns a path of a held directory for `hold`, for another host in this process. Valid while the directory is held.
   */
  shared(directory: Handle): string;

  /** Returns the path without symbolic links of a directory that `hold` got by `path`; undefined if it is unknown. */
  realPath(directory: Handle, path: string): string | undefined;

  /**
   * Holds the directory `name` in `parent`. With `search` the caller can reach what is in it, and needs only the
   * permission to search it. With `read` the caller can also list it. Fails with ENOTDIR or ELOOP if a symbolic link
   * has that name.
   */
  enter(parent: Handle, name: string, access: 'search' | 'read'): Handle;

  /**
   * Opens or creates a file with flags of open(2). Fails with ELOOP if a symbolic link has that name, and does not wait
   * for the other end of a FIFO. A new file gets `mode`, less the umask; by default everybody may read and write it. The
   * caller must check that the file is what it expects.
   */
  open(parent: Handle, name: string, flags: number, mode?: number): Handle;

  /** Opens the file behind a descriptor once more, with other flags. Undefined if the system cannot do that. */
  reopen(fd: number, flags: number): Handle | undefined;

  /** Returns the status of an entry; undefined if nothing is there. */
  look(parent: Handle, name: string): Status | undefined;

  /** Returns the target of a symbolic link, in `NAME_ENCODING`. Fails with EINVAL if something else is there. */
  readLink(parent: Handle, name: string): string;

  /** Lists a directory, which must be held until the listing is closed. */
  list(directory: Handle): Listing;

  /** Creates a directory with `mode`, less the umask; by default everybody may use it. */
  makeDirectory(parent: Handle, name: string, mode?: number): void;

  /** Creates a symbolic link with this text. Only Windows needs the type of its target. */
  makeLink(text: string, parent: Handle, name: string, type?: 'dir' | 'file'): void;

  /** Removes an empty directory. */
  removeDirectory(parent: Handle, name: string): void;

  /** Removes anything but a directory. */
  removeFile(parent: Handle, name: string): void;

  /** Gives a file a second name, which must be free. See `linkFollows` for a symbolic link. */
  link(from: Handle, name: string, to: Handle, newName: string): void;

  /** Renames as rename(2) does. */
  rename(from: Handle, name: string, to: Handle, newName: string): void;

  /** Sets the times of an entry. */
  setTimes(parent: Handle, name: string, accessed: NewTime, modified: NewTime): void;

  /** Gives a held directory its mode. */
  setMode(directory: Handle, mode: number): void;
}
