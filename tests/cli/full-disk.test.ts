import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { mustRun } from '../helpers/program.js';
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

describe.skipIf(!canMount).each(frontends)('mapcp in $name, on a read-only file system,', (frontend) => {
  it('reports it', ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'in/a'), 'content');
    onSmallDisk(join(directory, 'out'), 2 * 1024 * 1024, () => {
      mustRun('mount', ['-o', 'remount,ro', join(directory, 'out')]);

      const { status, stderr } = run(frontend, ['in/a', 'out/b'], directory);

      // docs/guarantees.md says that wasmtime has no other code.
      const why = frontend.name === 'wasmtime' ? 'input/output error' : 'the file system is read-only';
      expect(stderr).toBe(`mapcp: cannot copy 'in/a' to 'out/b': cannot create 'out/b': ${why}\n`);
      expect(status).toBe(1);
    });
  });
});
