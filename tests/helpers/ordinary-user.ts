import process from 'node:process';

/** A prefix for commands that takes away the superuser's power to ignore permissions. */
export const asOrdinaryUser: readonly string[] =
  process.getuid?.() === 0
    ? [
        'setpriv',
        '--inh-caps=-dac_override,-dac_read_search',
        '--bounding-set=-dac_override,-dac_read_search',
      ]
    : [];
