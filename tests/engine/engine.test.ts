import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { inTemporaryDirectory } from '../helpers/directory.js';

const program = resolve('build/out/native/engine-tests');

// Built by `make test` if there is a C compiler. CI has one, so there the program must exist.
const isBuilt = existsSync(program) || process.env.CI !== undefined;

describe.skipIf(!isBuilt)('the engine, built natively with sanitizers', () => {
  const sentences = isBuilt
    ? spawnSync(program, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n')
    : [];

  it.each(sentences)('%s', (sentence) => {
    inTemporaryDirectory((directory) => {
      const { status, stderr } = spawnSync(program, [sentence], { cwd: directory, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });
  });
});
