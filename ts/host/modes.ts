// Permissions, of which WASI knows nothing, carried across by the host: from what a component reads to what it makes.

import type { BigIntStats } from 'node:fs';
import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { nodeCode } from './error-code.js';
import { identity, isSameFile } from './status.js';

/** A mode for a file that is being made: nobody but its owner has anything to do with it. */
export const PRIVATE_FILE = 0o600;

/** A mode for a directory that nobody else has anything to do with, and that stays so. */
export const PRIVATE_DIRECTORY = 0o700;

/** A mode to create a directory with: nobody may do anything in it, and no umask takes anything from that. */
export const NEW_DIRECTORY = 0o1000;

/**
 * The mode of a directory until it gets its own. It is private: who may write in a directory and not search it can do
 * nothing there. Nobody gives a directory this mode or `NEW_DIRECTORY` otherwise. So a copy that meets it, beside or
 * after one that made it and was killed, knows that it must still get its mode.
 */
export const UNFINISHED_DIRECTORY = 0o1720;

const OWNER_MAY_CHANGE = 0o300;
const SET_GROUP = 0o2000;
const STICKY = 0o1000;

// Set-user-ID and set-group-ID are never carried: what is made belongs to whoever runs the host, and a component says
// what is in it. The sticky bit is, for directories, since without it others could remove more than in the source.
const FILE_PERMISSIONS = 0o777;
const DIRECTORY_PERMISSIONS = 0o1777;

/** The permissions of a directory, without the set-group-ID bit. */
export const permissionsOf = (status: BigIntStats): number => Number(status.mode) & DIRECTORY_PERMISSIONS;

/** The set-group-ID bit of a directory: a new one inherits it, together with the group, and keeps it. */
export const setGroupOf = (status: BigIntStats): number => Number(status.mode) & SET_GROUP;

/** Whether the superuser would change only what is the superuser's; from anybody else the system keeps what is not theirs. */
const isOurs = (status: BigIntStats): boolean => process.geteuid?.() !== 0 || status.uid === 0n;

/**
 * Whether a directory can be the one that was just made with the mode `made`, and not another one that has got its name.
 * Some systems make none with the sticky bit.
 */
export function isNewDirectory(status: BigIntStats, made: number): boolean {
  const present = permissionsOf(status);
  const withoutSticky = made & ~STICKY;
  const mayLackSticky = withoutSticky === 0 || process.platform !== 'linux';
  return isOurs(status) && (present === made || (mayLackSticky && present === withoutSticky));
}

/** Whether a directory was made by a copy that has not finished it, maybe not even marked it. */
function isUnfinished(status: BigIntStats): boolean {
  return [UNFINISHED_DIRECTORY, NEW_DIRECTORY].includes(permissionsOf(status));
}

/** A directory that was made, or met while a copy was at it, until it is opened. */
interface Made {
  readonly which: MetadataHashValue;
  /** The mode that it will get. */
  readonly mode: number;
}

/** An open directory that is still to get its mode. */
export interface UnfinishedDirectory {
  /** The mode that it gets when it is closed. */
  readonly mode: number;
  /** Whether it is marked as unfinished, and may be changed. */
  readonly isMarked: boolean;
}

/** What could not be given the permissions of its source. */
export interface Refusals {
  /** How many files and directories. */
  readonly count: number;
  /** The guest's path of the first of them. */
  readonly path: string;
  /** Why the system refused it, as Node's code, such as `EPERM`. */
  readonly code: string;
}

/**
 * Carries modes, for components that open a source and then create its copy.
 *
 * A file that is created exclusively is private, and gets the mode of the regular file that was opened for reading last
 * when its descriptor is closed. A directory that is created is private, and gets the mode of the directory that was
 * opened last, when the descriptor that is opened for it next is closed; which directory that is goes by its identity,
 * since another one may have its name by then. So does one that could not be created since it is there already, if a
 * copy has left it unfinished, or has finished it for reading only. Without a source, both are made as usual.
 *
 * What the file system refuses to give a mode keeps the one that it has; see `takeRefusals`.
 */
export class ModeCarrier {
  #isOn = false;
  #file: number | undefined;
  #directory: number | undefined;
  #made: Made | undefined;
  #refusals: Refusals | undefined;

  /** Begins a run of calls in which modes are carried, or are not; what was read before is forgotten. */
  start(isOn: boolean): void {
    this.#isOn = isOn;
    this.#file = undefined;
    this.#directory = undefined;
    this.#made = undefined;
  }

  /** What could not be given its mode since the last call; undefined if nothing was refused. */
  takeRefusals(): Refusals | undefined {
    const refusals = this.#refusals;
    this.#refusals = undefined;
    return refusals;
  }

  /**
   * Notes that what has this path for the guest could not be given its mode, and why, as Node's code.
   *
   * @internal
   */
  noteRefused(path: string, code: string): void {
    const { count, ...first } = this.#refusals ?? { count: 0, path, code };
    this.#refusals = { count: count + 1, ...first };
  }

  /**
   * Notes that a regular file was opened for reading.
   *
   * @internal
   */
  sawFile(mode: number): void {
    this.#file = this.#isOn ? mode & FILE_PERMISSIONS : undefined;
  }

  /**
   * The mode for a file that is created now; undefined if there is none to carry.
   *
   * @internal
   */
  modeForFile(): number | undefined {
    return this.#file;
  }

  /**
   * The mode for a directory that is created now; undefined if there is none to carry.
   *
   * @internal
   */
  modeForDirectory(): number | undefined {
    // Windows has none.
    return process.platform === 'win32' ? undefined : this.#directory;
  }

  /**
   * Notes that a directory was created, to get `mode` in the end.
   *
   * @internal
   */
  madeDirectory(status: BigIntStats, mode: number): void {
    this.#made = { which: identity(status), mode: mode | setGroupOf(status) };
  }

  /**
   * Notes that a directory was not created, since it is there, and that `mode` is that of its source.
   *
   * @internal
   */
  metDirectory(status: BigIntStats, mode: number): void {
    const isReadOnly = (mode & OWNER_MAY_CHANGE) !== OWNER_MAY_CHANGE;
    const isFinished = isReadOnly && permissionsOf(status) === mode;
    if (status.isDirectory() && isOurs(status) && (isUnfinished(status) || isFinished)) {
      this.madeDirectory(status, mode);
    }
  }

  /**
   * Notes that a directory was opened. Returns what it must get when it is closed, if it was made here.
   *
   * @internal
   */
  sawDirectory(look: () => BigIntStats): UnfinishedDirectory | undefined {
    if (!this.#isOn) {
      return undefined;
    }
    const status = look();
    this.#directory = permissionsOf(status);
    const made = this.#made;
    if (made === undefined || !isSameFile(made.which, identity(status))) {
      return undefined;
    }
    this.#made = undefined;
    const isStillIt = isUnfinished(status) || this.#directory === (made.mode & DIRECTORY_PERMISSIONS);
    return isStillIt ? { mode: made.mode, isMarked: this.#directory !== NEW_DIRECTORY } : undefined;
  }
}

/**
 * Has `set` give a file or a directory its mode. Returns why the system refused that, as Node's code, unless `look` finds
 * that it has that mode; undefined if it has it.
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
      // Services can be forbidden to set this one bit (RestrictSUIDSGID in systemd).
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
