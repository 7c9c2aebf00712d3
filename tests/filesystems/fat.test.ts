// FAT, by fusefat, as in cameras and small devices. fusefat changes a file's time when it is renamed, and cannot extend
// a file, so it gets fewer tests than the other file systems.

import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { onFileSystem } from './file-system.js';
import { fat } from './mounts.js';
import { testSeveralSources } from './several-sources.js';

const GIBIBYTE = 2 ** 30;

onFileSystem('FAT', fat(5 * GIBIBYTE), (context) => {
  const { frontend, at, put, copy } = context;
  const permissions = frontend.hasModes ? [expect.stringContaining('cannot set the permissions of')] : [];
  const messages = (told: readonly { message: string }[]) => told.map(({ message }) => message);

  it('a file whose time is rounded down to 2 seconds is up to date under newer', async () => {
    put.file('in/f', 'new');
    put.time('in/f', '1234567891.987654321');
    // A rename would change the time.
    put.file('out/f', 'old');
    put.time('out/f', '1234567890');
    expect((await copy('in/f', 'out/f', { overwrite: 'newer' })).counts).toMatchObject({
      files: 0,
      skipped: 1,
    });
    expect(readdirSync(at('out'))).toEqual(['f']);
    put.time('in/f', '1234567892');
    expect((await copy('in/f', 'out/f', { overwrite: 'newer' })).counts).toMatchObject({ files: 1 });
    expect(look(at('out')).f).toMatchObject({ content: 'new' });
  });

  it('a time outside its range is a warning', async () => {
    put.file('in/f');
    put.time('in/f', '2530000000');
    const { error, warnings } = await copy('in/f', 'out/f', { preserveTimestamps: true });
    expect(error).toBe(undefined);
    expect(messages(warnings)).toEqual([
      "copied 'in/f' to 'out/f', but cannot set the times of 'out/f': the host or the target's file system gave it another time",
      ...permissions,
    ]);
  });

  it('links, invalid names and names that fold to one are errors', async () => {
    put.symlink('in/a/d/l', 'f');
    put.file('in/a/q?');
    put.file('in/a/README', 'README');
    put.file('in/a/readme', 'readme');
    put.file('in/a/other');
    const { errors, warnings } = await copy('in/a', 'out/b', { recursive: true, keepGoing: true });
    expect(messages(errors)).toHaveLength(3);
    expect(messages(errors)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /cannot create 'out\/b\/d\/l': .* has no symbolic links; .*symlinks.*follow.*skip/,
        ),
        "cannot copy 'in/a/q?' to 'out/b/q?': cannot rename 'out/b/q?': not permitted by the sandbox or the file system",
        expect.stringContaining('the file system may treat two names as one'),
      ]),
    );
    expect(messages(warnings)).toEqual(permissions);
    const { d, other, ...rest } = look(at('out/b'));
    expect([d?.kind, other?.content]).toEqual(['directory', 'content']);
    expect(Object.entries(rest).map(([name, { content }]) => name === content)).toEqual([true]);
  });

  testSeveralSources(context, true);

  it('a file of more than 4 GiB is an error', async () => {
    put.file('in/huge', '');
    put.size('in/huge', 4 * GIBIBYTE);
    const { error } = await copy('in/huge', 'out/huge');
    expect(error).toMatchObject({ code: 'EIO' });
    expect(error?.message).toMatch(/cannot write 'out\/huge': the file system does not give it its size/);
    expect(readdirSync(at('out')).filter((name) => name.includes('huge') || name.startsWith('.'))).toEqual(
      [],
    );
  });

  it('a tree is copied from it', async () => {
    put.file('out/c/d/f', 'from');
    put.time('out/c/d/f', '1234567890');
    const { error } = await copy('out/c', 'in/back', { recursive: true, preserveTimestamps: true });
    expect(error).toBe(undefined);
    expect(look(at('in/back'))).toMatchObject({ 'd/f': { content: 'from', time: '1234567890' } });
    put.remove('in/back');
  });
});
