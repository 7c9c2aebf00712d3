// Source directories that are also the target's, by a bind mount. Only their identity shows it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { look } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { command } from '../helpers/mounting.js';
import { canMount } from '../helpers/small-disk.js';
import { frontends, run } from './frontends.js';

/** Mounts a directory at a second path while `use` runs. */
function whileBound(directory: string, place: string, use: () => void): void {
  command('mount', '--bind', directory, place);
  try {
    use();
  } finally {
    command('umount', place);
  }
}

describe.each(frontends)('mapcp in $name', (frontend) => {
  it.skipIf(!canMount)(
    'does not copy a directory into itself if it is mounted in the source',
    ({ inMemory: directory }) => {
      for (const path of ['in/a/y/m', 'out/b/y']) {
        mkdirSync(join(directory, path), { recursive: true });
      }
      writeFileSync(join(directory, 'in/a/y/f'), 'content');
      whileBound(join(directory, 'out/b/y'), join(directory, 'in/a/y/m'), () => {
        expect(run(frontend, ['-rT', 'in/a', 'out/b'], directory)).toMatchObject({
          status: 1,
          stderr:
            "mapcp: cannot copy 'in/a/y/m' to 'out/b/y/m': cannot use 'in/a/y/m': a directory cannot be copied into itself\n",
        });
      });
      expect(Object.keys(look(join(directory, 'out'))).sort()).toEqual(['b', 'b/y', 'b/y/f']);
    },
  );

  it.skipIf(!canMount)(
    'does not copy into a directory of the source that is mounted in the target',
    ({ inMemory: directory }) => {
      for (const path of ['in/a/y', 'out/b/y']) {
        mkdirSync(join(directory, path), { recursive: true });
      }
      writeFileSync(join(directory, 'in/a/y/f'), 'content');
      const before = Object.keys(look(join(directory, 'in')));
      whileBound(join(directory, 'in/a'), join(directory, 'out/b/y'), () => {
        expect(run(frontend, ['-rT', 'in/a', 'out/b'], directory)).toMatchObject({
          status: 1,
          stderr:
            "mapcp: cannot copy 'in/a/y' to 'out/b/y': cannot use 'out/b/y': a directory cannot be copied into itself\n",
        });
      });
      expect(Object.keys(look(join(directory, 'in')))).toEqual(before);
    },
  );
});
