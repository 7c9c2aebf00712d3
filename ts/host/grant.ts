// What a component may do in the directories that it gets.

import type { CloseErrors } from './close-errors.js';
import type { Handle } from './handle.js';
import type { ModeCarrier } from './modes.js';
import type { BlockCount } from './status.js';
import type { SetTimes } from './times.js';

/** What a component may do below a preopen: `read` allows no change at all. */
export type Access = 'read' | 'read-write';

/** A directory of this system that a component gets. */
export interface Preopen<Path extends string | URL = string> {
  /**
   * Its path, or its `file:` URL. Symbolic links in it are followed, and a relative path starts at the working
   * directory.
   */
  path: Path;
  /** What the component may do below it. */
  access: Access;
}

/** Directories by their guest paths. Those of a sandbox are absolute. */
export type Preopens<Path extends string | URL = string> = Readonly<Record<string, Preopen<Path>>>;

/**
 * Whether new names survive a power cut. The whole host has one such object, and the code that runs the component
 * sets it: the preview 1 adapter lets no component synchronise a directory, so the host must do it.
 */
export interface Durability {
  /**
   * While true, each rename and each new directory is on the disk before the call returns. Each costs milliseconds.
   */
  syncDirectories: boolean;
}

/** Keeps track of the files that are open for reading. */
export interface OpenFiles {
  /** Records that a file was opened, with this status. */
  noteOpened(file: Handle, status: BlockCount): void;
  /** Records that a file will be closed. */
  noteClosed(file: Handle): void;
}

/** The rights and settings of everything that is opened below a preopen. */
export interface Grant {
  /** What the component may do. */
  readonly access: Access;
  /** Whether a symbolic link to an absolute path may be created, and followed into its own preopen. */
  readonly absoluteLinks: boolean;
  /** Whether names that are not UTF-8 are listed, with escapes. */
  readonly escapeNames: boolean;
  /** Whether entries have their own identities as they are listed. */
  readonly listIdentities: boolean;
  /** Carries permissions; one for the whole host. */
  readonly modes: ModeCarrier;
  /** The errors of closing files; one for the whole host. */
  readonly closeErrors: CloseErrors;
  /** The times that components set; one for the whole host. */
  readonly times: SetTimes;
  /** Keeps track of the files that have holes; one for the whole host. */
  readonly sparseFiles: OpenFiles;
  /** Whether directories are synchronised; one for the whole host. */
  readonly durability: Durability;
}
