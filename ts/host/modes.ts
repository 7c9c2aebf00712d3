// Permissions, of which WASI knows nothing, carried across by the host: from what a component reads to what it makes.

import type { BigIntStats } from 'node:fs';
import { fchmodSync } from 'node:fs';
import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { identity, isSameFile } from './status.js';

/** A mode for a file that is being made: nobody but its owner has anything to do with it. */
export const PRIVATE_FILE = 0o600;

/**
 * The same for a directory until it has got its own mode. The sticky bit, which does nothing on a directory that is
 * nobody else's, tells it from one that somebody made private: so whoever meets it, beside or after whoever made it and
 * was killed, knows that it is still to get its mode. Some systems make no such directory; there it is only private.
 */
export const UNFINISHED_DIRECTORY = 0o1700;

const OWNER_MAY_CHANGE = 0o300;

// Set-user-ID and set-group-ID are never carried: what is made belongs to whoever runs the host, and a component says
// what is in it. The sticky bit is, for directories, since without it others could remove more than in the source.
const FILE_PERMISSIONS = 0o777;
const DIRECTORY_PERMISSIONS = 0o1777n;

/** A directory that was made, or met while a copy was at it, until it is opened. */
interface Made {
  readonly which: MetadataHashValue;
  readonly mode: number;
}

/**
 * Carries modes, for components that open a source and then create its copy.
 *
 * A file that is created exclusively is private, and gets the mode of the regular file that was opened for reading last
 * when its descriptor is closed. A directory that is created is private, and gets the mode of the directory that was
 * opened last, when the descriptor that is opened for it next is closed; which directory that is goes by its identity,
 * since another one may have its name by then. So does one that could not be created since it is there already, where a
 * copy has left it unfinished, or has finished it for reading only. Without a source, both are made as usual.
 */
export class ModeCarrier {
  #isOn = false;
  #file: number | undefined;
  #directory: number | undefined;
  #made: Made | undefined;

  /** Begins a run of calls in which modes are carried, or are not; what was read before is forgotten. */
  start(isOn: boolean): void {
    this.#isOn = isOn;
    this.#file = undefined;
    this.#directory = undefined;
    this.#made = undefined;
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
   * The mode for a file that is created now; undefined where there is none to carry.
   *
   * @internal
   */
  modeForFile(): number | undefined {
    return this.#file;
  }

  /**
   * The mode for a directory that is created now; undefined where there is none to carry.
   *
   * @internal
   */
  modeForDirectory(): number | undefined {
    return this.#directory;
  }

  /**
   * Notes that a directory was created, to get `mode` in the end.
   *
   * @internal
   */
  madeDirectory(status: BigIntStats, mode: number): void {
    this.#made = { which: identity(status), mode };
  }

  /**
   * Notes that a directory was not created, since it is there, and that `mode` is that of its source.
   *
   * @internal
   */
  metDirectory(status: BigIntStats, mode: number): void {
    const present = Number(status.mode & DIRECTORY_PERMISSIONS);
    const isReadOnly = (mode & OWNER_MAY_CHANGE) !== OWNER_MAY_CHANGE;
    if (status.isDirectory() && (present === UNFINISHED_DIRECTORY || (isReadOnly && present === mode))) {
      this.madeDirectory(status, mode);
    }
  }

  /**
   * Notes that a directory was opened, and returns the mode that it is to get when it is closed, if it was made here.
   *
   * @internal
   */
  sawDirectory(look: () => BigIntStats): number | undefined {
    if (!this.#isOn) {
      return undefined;
    }
    const status = look();
    this.#directory = Number(status.mode & DIRECTORY_PERMISSIONS);
    const made = this.#made;
    if (made === undefined || !isSameFile(made.which, identity(status))) {
      return undefined;
    }
    this.#made = undefined;
    return made.mode;
  }
}

/** Lets its owner change the directory that `fd` holds, until it is given its mode again. False where it cannot. */
export function takeMode(fd: number): boolean {
  try {
    fchmodSync(fd, UNFINISHED_DIRECTORY);
    return true;
  } catch {
    // What the caller could not do for lack of it says more.
    return false;
  }
}

/** Gives what `fd` holds its mode. Where the file system refuses, it stays private, and a warning says so. */
export function giveMode(fd: number, mode: number): void {
  try {
    fchmodSync(fd, mode);
  } catch (error) {
    process.emitWarning(
      `a copy keeps its private mode, since it could not be given that of its source: ${error}`,
    );
  }
}
