// Permissions, which WASI does not have. The host carries them from what a component reads to what it creates.

import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { nodeCode } from './error-code.js';
import { identity, isSameFile, type Status, typeOf } from './status.js';

/** The mode of a file while it is written: only its owner has access. */
export const PRIVATE_FILE = 0o600;

/** The mode of a directory that stays private to its owner. */
export const PRIVATE_DIRECTORY = 0o700;

/** The mode to create a directory with: nobody has access, and no umask takes anything away from that. */
export const NEW_DIRECTORY = 0o1000;

/**
 * The mode of a directory until it gets its own. It is private, because permission to write in a directory is useless
 * without permission to search it. Nothing else gives a directory this mode or `NEW_DIRECTORY`. So if a copy meets
 * such a directory, it knows that another copy made it and was killed or is still at work, and that it must still get
 * its mode.
 */
export const UNFINISHED_DIRECTORY = 0o1720;

const OWNER_MAY_CHANGE = 0o300;
const OWNER_MAY_WRITE = 0o200;
const SET_GROUP = 0o2000;
const STICKY = 0o1000;

// Set-user-ID and set-group-ID are never carried: what is created belongs to the user who runs the host, and a
// component decides what is in it. The sticky bit is carried for directories, because without it others could remove
// more than in the source.
const FILE_PERMISSIONS = 0o777;
const DIRECTORY_PERMISSIONS = 0o1777;

/** Returns the permissions of a directory, without the set-group-ID bit. */
export const permissionsOf = (status: Status): number => Number(status.mode) & DIRECTORY_PERMISSIONS;

/** Returns the set-group-ID bit of a directory. A new directory inherits it together with the group, and keeps it. */
export const setGroupOf = (status: Status): number => Number(status.mode) & SET_GROUP;

/** Whether we may change its mode. The superuser may change only its own; for other users the system refuses by itself. */
export const isOurs = (status: Status): boolean => process.geteuid?.() !== 0 || status.uid === 0n;

/**
 * Whether a directory can be the one that was just created with the mode `made`, and not another one that took its
 * name. Some systems create none with the sticky bit.
 */
export function isNewDirectory(status: Status, made: number): boolean {
  const present = permissionsOf(status);
  const withoutSticky = made & ~STICKY;
  const mayLackSticky = withoutSticky === 0 || process.platform !== 'linux';
  return isOurs(status) && (present === made || (mayLackSticky && present === withoutSticky));
}

/** Whether a directory has the permissions of this mode, whose set-group-ID bit does not matter. */
export const hasPermissions = (status: Status, mode: number): boolean =>
  permissionsOf(status) === (mode & DIRECTORY_PERMISSIONS);

/** Whether a directory has this mode of its source, so that its owner may not change it. */
export function isFinished(status: Status, mode: number): boolean {
  return (mode & OWNER_MAY_CHANGE) !== OWNER_MAY_CHANGE && hasPermissions(status, mode);
}

/** Whether a copy made this directory and has not finished it, maybe not even marked it. */
function isUnfinished(status: Status): boolean {
  return [UNFINISHED_DIRECTORY, NEW_DIRECTORY].includes(permissionsOf(status));
}

/** A directory that was created, or that exists, until it is opened. */
interface PendingDirectory {
  readonly which: MetadataHashValue;
  /** The mode that it will get. */
  readonly mode: number;
  /** Whether a copy made it. Another directory gets the mode only together with the times of its source. */
  readonly isOfCopy: boolean;
}

/** An open directory with a source. */
export interface OpenedTarget {
  /** The mode that it gets: the permissions of its source. */
  readonly mode: number;
  /** Whether a copy made it, so that it gets the mode when it is closed. */
  readonly isOfCopy: boolean;
  /** Whether it is marked as unfinished, so that its owner may change it. */
  readonly isMarked: boolean;
}

/** What could not get the permissions of its source. */
export interface Refusals {
  /** How many files and directories. */
  readonly count: number;
  /** The guest's path of the first of them. */
  readonly path: string;
  /** Why the system refused, as Node's code, such as `EPERM`. */
  readonly code: string;
}

/**
 * Carries permissions, for components that open a source and then create its copy.
 *
 * A file that is created exclusively is private. When its descriptor is closed, it gets the permissions of the
 * regular file that was last opened for reading. A directory that is created is private as well. When the descriptor
 * that is opened for it next is closed, it gets the permissions of the directory that was last opened for reading, if
 * that is still open when the new one is created. So a listing that is complete has no effect. The host knows the
 * directory by its identity, because another may have taken its name. A directory that already exists is treated in
 * the same way if a copy left it unfinished, or finished it as read-only. Any other existing directory gets the
 * permissions of its source only if it gets its times while it is open, because then a copy preserves both.
 * Without a source, new files and directories get the usual permissions.
 *
 * If the file system refuses a mode, the file or directory keeps the one that it has; see `takeRefusals`.
 */
export class ModeCarrier {
  #isOn = false;
  #file: number | undefined;
  #directory: { readonly opened: object; readonly permissions: number } | undefined;
  #made: PendingDirectory | undefined;
  #refusals: Refusals | undefined;

  /** Begins a run of calls in which permissions are carried, or are not. Forgets what was read before. */
  start(isOn: boolean): void {
    this.#isOn = isOn;
    this.#file = undefined;
    this.#directory = undefined;
    this.#made = undefined;
  }

  /**
   * Whether permissions are carried now. Then the first status of a file that is opened for reading is the one that it
   * had when it was opened.
   *
   * @internal
   */
  isCarrying(): boolean {
    return this.#isOn;
  }

  /** Returns what could not get its permissions since the last call; undefined if nothing was refused. */
  takeRefusals(): Refusals | undefined {
    const refusals = this.#refusals;
    this.#refusals = undefined;
    return refusals;
  }

  /**
   * Records that the file or directory with this guest path could not get its mode. `code` is Node's code for the
   * reason.
   *
   * @internal
   */
  noteRefused(path: string, code: string): void {
    const { count, ...first } = this.#refusals ?? { count: 0, path, code };
    this.#refusals = { count: count + 1, ...first };
  }

  /**
   * Records that a regular file was opened for reading.
   *
   * @internal
   */
  noteFileOpened(mode: number): void {
    this.#file = this.#isOn ? mode & FILE_PERMISSIONS : undefined;
  }

  /**
   * Returns the mode for a file that is created now; undefined if none is carried.
   *
   * @internal
   */
  modeForFile(): number | undefined {
    // Windows has only the attribute that a file is read-only, and a new file is not.
    const isUsual = process.platform === 'win32' && ((this.#file ?? 0) & OWNER_MAY_WRITE) !== 0;
    return isUsual ? undefined : this.#file;
  }

  /**
   * Returns the mode for a directory that is created now; undefined if none is carried.
   *
   * @internal
   */
  modeForDirectory(): number | undefined {
    // Windows has no modes.
    return process.platform === 'win32' ? undefined : this.#directory?.permissions;
  }

  /**
   * Records that a directory was created that must get `mode` in the end.
   *
   * @internal
   */
  noteDirectoryCreated(status: Status, mode: number): void {
    this.#made = { which: identity(status), mode: mode | setGroupOf(status), isOfCopy: true };
  }

  /**
   * Records that a directory was not created because it exists, and that its source has `mode`. Returns whether a copy
   * has made it.
   *
   * @internal
   */
  noteDirectoryExists(status: Status, mode: number): boolean {
    const isOfCopy = this.noteDirectoryOfCopy(status, mode);
    if (!isOfCopy && typeOf(status) === 'directory') {
      this.#made = { which: identity(status), mode: mode | setGroupOf(status), isOfCopy: false };
    }
    return isOfCopy;
  }

  /**
   * Returns whether a copy has made an existing directory, and must give it the mode of its source, `mode`. If so,
   * records that.
   *
   * @internal
   */
  noteDirectoryOfCopy(status: Status, mode: number): boolean {
    const isOfCopy =
      typeOf(status) === 'directory' && isOurs(status) && (isUnfinished(status) || isFinished(status, mode));
    if (isOfCopy) {
      this.noteDirectoryCreated(status, mode);
    }
    return isOfCopy;
  }

  /**
   * Records that a directory was opened. Returns which mode it must get, if it was created or met before.
   *
   * @param isRead whether it was opened for reading, as a source is; a target is opened for search only
   * @internal
   */
  noteDirectoryOpened(opened: { stat(): Status }, isRead: boolean): OpenedTarget | undefined {
    if (!this.#isOn) {
      return undefined;
    }
    const status = opened.stat();
    const permissions = permissionsOf(status);
    if (isRead) {
      this.#directory = { opened, permissions };
    }
    const made = this.#made;
    if (made === undefined || !isSameFile(made.which, identity(status))) {
      return undefined;
    }
    this.#made = undefined;
    const isStillIt = isUnfinished(status) || hasPermissions(status, made.mode) || !made.isOfCopy;
    return isStillIt
      ? { mode: made.mode, isOfCopy: made.isOfCopy, isMarked: permissions !== NEW_DIRECTORY }
      : undefined;
  }

  /**
   * Records that a directory was closed.
   *
   * @internal
   */
  noteDirectoryClosed(closed: object): void {
    if (this.#directory?.opened === closed) {
      this.#directory = undefined;
    }
  }
}

/**
 * Calls `set` to give a file or a directory its mode. Returns undefined if it then has that mode; if `set` fails,
 * `look` finds out. If it does not have the mode, returns the system's reason as Node's code.
 */
export function giveMode(mode: number, set: (mode: number) => void, look: () => number): string | undefined {
  try {
    set(mode);
    return undefined;
  } catch (error) {
    const code = nodeCode(error);
    if (code === undefined) {
      throw error;
    }
    if ((mode & SET_GROUP) !== 0) {
      // A service can be forbidden to set this one bit (RestrictSUIDSGID in systemd).
      giveMode(mode & ~SET_GROUP, set, look);
    }
    return hasMode(mode, look) ? undefined : code;
  }
}

function hasMode(mode: number, look: () => number): boolean {
  try {
    return (look() & (DIRECTORY_PERMISSIONS | SET_GROUP)) === mode;
  } catch (error) {
    if (nodeCode(error) === undefined) {
      throw error;
    }
    return false;
  }
}
