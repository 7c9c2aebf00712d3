// Permissions, of which WASI knows nothing, carried across by the host: from what a component reads to what it makes.

import { fchmodSync } from 'node:fs';

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
  readonly parent: object;
  readonly path: string;
  readonly mode: number;
}

/**
 * Carries modes, for components that open a source and then create its copy.
 *
 * A file that is created exclusively is private, and gets the mode of the regular file that was opened for reading last
 * when its descriptor is closed. A directory that is created is private, and gets the mode of the directory that was
 * opened last, when the descriptor that is opened for it next is closed. Without a source, both are made as usual.
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

  /** Notes that a regular file was opened for reading. */
  sawFile(mode: bigint): void {
    this.#file = this.#isOn ? Number(mode & FILE_PERMISSIONS) : undefined;
  }

  /** Notes that a directory was opened; asks for its mode only where that is needed. */
  sawDirectory(mode: () => bigint): void {
    this.#directory = this.#isOn ? Number(mode() & DIRECTORY_PERMISSIONS) : undefined;
  }

  /** The mode for a file that is created now; undefined where there is none to carry. */
  modeForFile(): number | undefined {
    return this.#file;
  }

  /** The mode for a directory that is created now; undefined where there is none to carry. */
  modeForDirectory(): number | undefined {
    return this.#directory;
  }

  /** Notes that the directory `path` was created in `parent`, to get `mode` in the end. */
  madeDirectory(parent: object, path: string, mode: number): void {
    this.#made = { parent, path, mode };
  }

  /** The mode that the directory `path` of `parent`, which is opened now, is to get when it is closed. */
  takeDirectoryMode(parent: object, path: string): number | undefined {
    const made = this.#made;
    if (made === undefined || made.parent !== parent || made.path !== path) {
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
