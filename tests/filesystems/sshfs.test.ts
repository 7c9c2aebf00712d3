// sshfs, with OpenSSH's server.

import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { onFileSystem, testFileSystem } from './file-system.js';
import { cutConnection, sshfs, sshfsOnSmallDisk } from './mounts.js';

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
      put.directory('in/links');
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

const SMALL_DISK = 1024 * 1024;

onFileSystem(
  'sshfs to a small disk',
  sshfsOnSmallDisk(SMALL_DISK),
  ({ frontend, at, put, copy, mounted }) => {
    const lost =
      frontend.name === 'wasmtime'
        ? /^cannot copy .*: cannot (write|close) '.*': (input\/output error|the file system has lost some of its bytes, and may be full)$/
        : /^cannot copy .*: cannot (write|rename) '.*': input\/output error$/;
    const behind = () => join(mounted().work, 'behind');

    it('if the disk gets full during a copy, the copy fails, and the old target stays', async () => {
      put.file('in/large');
      put.size('in/large', 3 * SMALL_DISK);
      put.file('out/large', 'old');
      const { error } = await copy('in/large', 'out/large', { sparse: 'never' });
      expect(error?.message).toMatch(lost);
      expect(readdirSync(behind())).toEqual(['large']);
      expect(look(at('out'))).toMatchObject({ large: { content: 'old' } });
      put.remove('out/large');
    });

    it('if the disk is full, so that only closing fails, the copy fails, and the old target stays', async () => {
      put.file('out/small', 'old');
      put.file('in/small', 'x'.repeat(100_000));
      const filler = join(behind(), 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(SMALL_DISK, 1))).toThrow('ENOSPC');
      const { error } = await copy('in/small', 'out/small');
      expect(error?.message).toMatch(lost);
      expect(readdirSync(behind()).sort()).toEqual(['filler', 'small']);
      expect(look(behind())).toMatchObject({ small: { content: 'old' } });
      put.remove('out/filler');
      expect((await copy('in/small', 'out/small')).error).toBe(undefined);
      expect(look(behind()).small?.content).toHaveLength(100_000);
      put.remove('out/small');
    });
  },
);
