import process from 'node:process';

/**
 * What to put in front of a command, so that it may read and write what the permissions say and no more: the superuser
 * may do anything, unless it gives that up.
 */
export const asOrdinaryUser: readonly string[] =
  process.getuid?.() === 0
    ? [
        'setpriv',
        '--inh-caps=-dac_override,-dac_read_search',
        '--bounding-set=-dac_override,-dac_read_search',
      ]
    : [];
