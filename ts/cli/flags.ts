import type { Shard } from '../index.js';

/** What the command line's options come to. */
export interface Flags {
  readonly recursive?: true;
  readonly clobber: boolean;
  readonly update?: true;
  readonly preserve?: true;
  readonly dereference?: boolean;
  readonly targetDirectory: boolean;
  readonly exclude?: readonly string[];
  readonly sparse?: 'auto' | 'always' | 'never';
  readonly shard?: Shard;
  readonly concurrency?: number;
  readonly verify?: true;
  readonly sync?: true;
  readonly keepGoing?: true;
  readonly dryRun?: true;
  readonly progress?: boolean;
  readonly clean?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
}
