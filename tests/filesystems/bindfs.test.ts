// bindfs: shows a directory with other permissions and owners.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { type Context, keepsAll, onFileSystem, testFileSystem } from './file-system.js';
import { bindfs } from './mounts.js';

/** Copies `in/a` to `out/b`. Directories get no permissions, which is a warning if permissions are preserved. */
async function copyWithoutModes({ frontend, copy }: Context): Promise<void> {
  const { error, errors, warnings } = await copy('in/a', 'out/b', { recursive: true });
  expect({ error, errors }).toEqual({ error: undefined, errors: [] });
  expect(warnings.map(({ message }) => message)).toEqual(
    frontend.hasModes
      ? [expect.stringMatching(/but cannot set the permissions of 'out\/b': operation not permitted/)]
      : [],
  );
}

testFileSystem({ ...keepsAll, name: 'bindfs', make: bindfs() });

testFileSystem({
  ...keepsAll,
  name: 'bindfs that denies permissions',
  make: bindfs('--chmod-deny'),
  hasModes: false,
});

onFileSystem(
  'bindfs that gives files its own permissions',
  bindfs('--create-with-perms=0600,ud+x'),
  (context) => {
    const { frontend, at, put } = context;
    it('a file gets the permissions of its source, if they are preserved', async () => {
      put.directory('in/a');
      put.file('in/a/f');
      put.mode('in/a/f', 0o644);
      await copyWithoutModes(context);
      expect(look(at('out/b/')).f?.mode).toBe(frontend.hasModes ? 0o644 : 0o600);
    });
  },
);

const OTHER = 65_534;

onFileSystem(
  'bindfs that shows another owner',
  bindfs(`--force-user=${OTHER}`, `--force-group=${OTHER}`),
  (context) => {
    const { at, put, copy } = context;
    it('a tree is copied to it and from it', async () => {
      put.directory('in/a/d');
      put.file('in/a/d/f');
      await copyWithoutModes(context);
      expect(await copy('out/b', 'in/back', { recursive: true })).toMatchObject({
        error: undefined,
        errors: [],
        warnings: [],
      });
      expect(lstatSync(at('out/b/d/f')).uid).toBe(OTHER);
      expect(lstatSync(at('in/back/d/f')).uid).toBe(process.getuid?.());
      expect(look(at('in/back'))).toMatchObject({ 'd/f': { content: 'content' } });
      put.remove('in/back');
    });
  },
);

onFileSystem(
  'bindfs that gives files to another user',
  bindfs(`--create-for-user=${OTHER}`),
  ({ at, put, copy, mounted }) => {
    it("a copy is complete, and belongs to the mount's user", async () => {
      const behind = join(mounted().work, 'behind');
      put.file('in/f');
      const { error } = await copy('in/f', 'out/f');
      expect(error).toBe(undefined);
      expect(lstatSync(join(behind, 'f')).uid).toBe(OTHER);
      expect(look(at('out'))).toMatchObject({ f: { content: 'content' } });
    });
  },
);
