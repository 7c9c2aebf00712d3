// XFS, by the kernel.

import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { command } from '../helpers/mounting.js';
import { keepsAll, testFileSystem } from './file-system.js';
import { xfs } from './mounts.js';

testFileSystem(
  {
    ...keepsAll,
    name: 'XFS',
    make: xfs,
  },
  ({ frontend, at, put, copy, mounted }) => {
    it('if it becomes read-only, the error says so, and the old target stays', async () => {
      put.file('in/f', 'new');
      put.file('out/f', 'old');
      command('mount', '-o', 'remount,ro', mounted().path);
      const { error } = await copy('in/f', 'out/f');
      command('mount', '-o', 'remount,rw', mounted().path);
      expect(error?.message).toBe(
        // wasmtime reports another reason.
        `cannot copy 'in/f' to 'out/f': cannot create 'out/f': ${frontend.name === 'wasmtime' ? 'input/output error' : 'the file system is read-only'}`,
      );
      expect(look(at('out')).f).toMatchObject({ content: 'old' });
    });
  },
);
