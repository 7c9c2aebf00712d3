// The options that need more than WASI has.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { frontends, run } from './frontends.js';

const alone = frontends.filter(({ name }) => name !== 'Node');

describe.each(alone)('in $name', (frontend) => {
  it.for([
    { option: '--concurrency', value: '2', term: '--concurrency <N>', needs: 'threads' },
    {
      option: '--completion',
      value: 'bash',
      term: '--completion <SHELL>',
      needs: 'files of the npm package',
    },
  ])('$option is refused with the reason', ({ option, value, term, needs }, { directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    const { status, stderr } = run(frontend, [option, value, 'in/a', 'out/b'], directory);
    expect(stderr).toContain(`mapcp: option '${term}' needs ${needs}, which `);
    expect(status).toBe(frontend.usageStatus);
  });
});
