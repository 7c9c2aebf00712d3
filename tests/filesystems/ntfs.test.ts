// NTFS, by ntfs-3g, as in Windows.

import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { onFileSystem, testFileSystem } from './file-system.js';
import { ntfs } from './mounts.js';

testFileSystem({
  name: 'NTFS',
  make: ntfs(),
  grain: 1e-7,
  withoutYears: [],
  links: 'kept',
  hasModes: false,
  folds: false,
  badName: undefined,
  size: 32 * 1024 * 1024,
});

onFileSystem('NTFS with the names of Windows', ntfs('windows_names'), ({ at, put, copy }) => {
  it('names that Windows reserves are errors, and the rest is copied', async () => {
    const names = ['a:b', 'q?', 'con', 'dot.', 'space ', 'com1.txt'];
    for (const name of [...names, 'plain']) {
      put.file(`in/a/${name}`);
    }
    const { errors } = await copy('in/a', 'out/b', { recursive: true, keepGoing: true });
    expect(errors.map(({ message }) => message).sort()).toEqual(
      names
        .map(
          (name) =>
            `cannot copy 'in/a/${name}' to 'out/b/${name}': cannot rename 'out/b/${name}': the target's file system does not allow this name; rename the source`,
        )
        .sort(),
    );
    expect(Object.keys(look(at('out/b')))).toEqual(['plain']);
  });
});

onFileSystem('NTFS with streams', ntfs('streams_interface=windows'), ({ at, put, copy }) => {
  it('a name with a colon does not create a stream of another file', async () => {
    put.file('in/a/f', 'main');
    put.file('in/a/f:s', 'stream');
    const { errors } = await copy('in/a', 'out/b', { recursive: true, keepGoing: true });
    expect(errors).toMatchObject([{ message: expect.stringContaining("'out/b/f:s'") }]);
    expect(look(at('out/b'))).toMatchObject({ f: { content: 'main' } });
    expect(spawnSync('cat', [at('out/b/f:s')]).status).toBe(1);
  });
});
