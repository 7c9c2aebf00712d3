import type { Closings } from './closings.js';
import type { Durability } from './durability.js';
import type { ModeCarrier } from './modes.js';

/** What may be done below a preopen: `read` allows no change whatsoever. */
export type Access = 'read' | 'read-write';

/** What everything below a preopen is opened with. */
export interface Grant {
  /** What may be done. */
  readonly access: Access;
  /** Whether a symbolic link to an absolute path may be made, and followed into its own preopen. */
  readonly absoluteLinks: boolean;
  /** Whether names that are not UTF-8 are listed, with escapes. */
  readonly escapeNames: boolean;
  /** Whether entries that are being listed are told apart by their identities. */
  readonly listIdentities: boolean;
  /** How permissions are carried; one for the whole host. */
  readonly modes: ModeCarrier;
  /** What closing files came to; one for the whole host. */
  readonly closings: Closings;
  /** Whether names are synchronised; one for the whole host. */
  readonly durability: Durability;
}
