import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { canMount, onSmallDisk } from '../helpers/small-disk.js';
import { expectOut } from './cases.js';
import { frontends, run } from './frontends.js';

describe.skipIf(!canMount).each(frontends)('mapcp in $name, on a full disk,', (frontend) => {
  it('reports it, and leaves the old target and no temporary file', ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'in/a'), Buffer.alloc(4 * 1024 * 1024, 1));
    onSmallDisk(join(directory, 'out'), 2 * 1024 * 1024, () => {
      writeFileSync(join(directory, 'out/b'), 'old');

      const { status, stderr } = run(frontend, ['in/a', 'out/b'], directory);

      expect(stderr).toBe(
        "mapcp: cannot copy 'in/a' to 'out/b': cannot write 'out/b': no space left on the file system\n",
      );
      expect(status).toBe(1);
      expectOut(directory, { b: 'old' });
    });
  });
});
