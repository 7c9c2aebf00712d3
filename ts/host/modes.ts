// Permissions, of which WASI knows nothing, carried across by the host: from what a component reads to what it makes.

import type { BigIntStats } from 'node:fs';
import { fchmodSync } from 'node:fs';
import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { identity, isSameFile } from './status.js';

/** A mode for a file that is being made: nobody but its owner has anything to do with it. */
export const PRIVATE_FILE = 0o600;

/** The same for a directory. */
export const PRIVATE_DIRECTORY = 0o700;

// Set-user-ID and set-group-ID are never carried: what is made belongs to whoever runs the host, and a component says
// what is in it. The sticky bit is, for directories, since without it others could remove more than in the source.
const FILE_PERMISSIONS = 0o777n;
const DIRECTORY_PERMISSIONS = 0o1777n;

/** A directory that was made, until it is opened. */
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
 * since another one may have its name by then. Without a source, both are made as usual.
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
  sawFile(mode: bigint): void {
    this.#file = this.#isOn ? Number(mode & FILE_PERMISSIONS) : undefined;
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
