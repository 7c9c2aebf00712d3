import fc from 'fast-check';

const flag = fc.boolean();

/** Values for the options that the API and the command line share. */
export const commonOptions = {
  symlinks: fc.constantFrom('preserve' as const, 'follow' as const, 'skip' as const),
  overwrite: fc.constantFrom('always' as const, 'never' as const, 'newer' as const, 'error' as const),
  preserveTimestamps: flag,
  verify: flag,
  allowChanges: flag,
  sync: flag,
  sparse: fc.constantFrom('auto' as const, 'always' as const, 'never' as const),
  makeParents: flag,
  keepGoing: flag,
  dryRun: flag,
};
