import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { engineTests } from '../behaviour/frontends.js';

import { it } from '../helpers/it.js';
import { mayTest } from '../helpers/tools.js';

// Built by `make test` if there is a C compiler.
const isBuilt = mayTest(existsSync(engineTests));

describe.skipIf(!isBuilt)('the engine, built natively with sanitizers', () => {
  const sentences = isBuilt
    ? spawnSync(engineTests, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n')
    : [];

  it.for(sentences)('%s', (sentence, { directory }) => {
    const { status, stderr } = spawnSync(engineTests, [sentence], { cwd: directory, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
