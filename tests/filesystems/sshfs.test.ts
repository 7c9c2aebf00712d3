// sshfs, with OpenSSH's server.

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { onFileSystem, testFileSystem } from './file-system.js';
import { cutConnection, sshfs } from './mounts.js';

testFileSystem(
  {
    name: 'sshfs',
    make: sshfs,
    grain: 1,
    withoutYears: [2150],
    links: 'kept without times',
    hasModes: true,
    folds: false,
    badName: undefined,
  },
  ({ at, put, copy, mounted }) => {
    it('the target of a link keeps its times', async () => {
      put.directory('in/links', 'out/links');
      put.file('out/links/f');
      put.time('out/links/f', '1000000000');
      symlinkSync('f', at('in/links/l'));
      const { error } = await copy('in/links', 'out/links', { recursive: true, preserveTimestamps: true });
      expect(error).toBe(undefined);
      expect(look(join(mounted().work, 'behind/links'))).toMatchObject({
        f: { time: '1000000000' },
        l: { content: 'f' },
      });
    });
  },
);

onFileSystem('sshfs whose connection is cut', sshfs, ({ frontend, at, put, copy, mounted }) => {
  it.skipIf(frontend.name !== 'API')(
    'if the connection is cut, a running copy fails, and the old target stays',
    async () => {
      put.file('in/f');
      put.size('in/f', 64 * 1024 * 1024);
      put.file('out/f', 'old');
      let isCut = false;
      // Only the API says when a copy is running.
      const onProgress = () => {
        if (!isCut) {
          isCut = true;
          cutConnection(mounted());
        }
      };
      const { error } = await copy('in/f', 'out/f', { onProgress, sparse: 'never' });
      expect(error?.message).toMatch(/^cannot copy 'in\/f' to 'out\/f': cannot \w+ 'out\/f': /);
      expect(look(join(at('work'), 'behind'))).toMatchObject({ f: { content: 'old' } });
    },
  );
});
