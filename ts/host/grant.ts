import type { CloseErrors } from './close-errors.js';
import type { Durability } from './durability.js';
import type { ModeCarrier } from './modes.js';

/** What a component may do below a preopen: `read` allows no change at all. */
export type Access = 'read' | 'read-write';

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
  /** Whether directories are synchronised; one for the whole host. */
  readonly durability: Durability;
}
