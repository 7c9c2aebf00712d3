import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CopyError, openSandbox } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

/** Opens a sandbox with `/in`, for reading, and `/out`. */
function open(directory: string) {
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'));
  writeFileSync(join(directory, 'in/a'), 'content');
  return openSandbox({
    '/in': { path: join(directory, 'in'), access: 'read' },
    '/out': { path: join(directory, 'out'), access: 'read-write' },
  });
}

describe('a sandbox', () => {
  it('copies between its directories, any number of times', () =>
    inTemporaryDirectory(async (directory) => {
      using box = await open(directory);
      await box.copy('/in/a', '/out/b');
      await box.copy('/out/b', '/out/c');
      expect(readFileSync(join(directory, 'out/c'), 'utf8')).toBe('content');
    }));

  it.each(['/in/../../outside', '/outside', '/in/../outside', '../outside', '/../outside'])(
    'does not reach %s',
    (path) =>
      inTemporaryDirectory(async (directory) => {
        writeFileSync(join(directory, 'outside'), 'secret');
        using box = await open(directory);
        await expect(box.copy(path, '/out/b')).rejects.toBeInstanceOf(CopyError);
        await expect(box.copy('/in/a', path)).rejects.toBeInstanceOf(CopyError);
        expect(readFileSync(join(directory, 'outside'), 'utf8')).toBe('secret');
        expect(readdirSync(directory).sort()).toEqual(['in', 'out', 'outside']);
        expect(readdirSync(join(directory, 'out'))).toEqual([]);
      }),
  );

  it('is not opened where it is not said what may be done in a directory', () =>
    inTemporaryDirectory(async (directory) => {
      const preopens = { '/out': { path: directory } } as never;
      await expect(openSandbox(preopens)).rejects.toThrow(
        /preopens\['\/out'\]\.access must be 'read' or 'read-write', not undefined$/,
      );
    }));

  it('fails with guest paths', () =>
    inTemporaryDirectory(async (directory) => {
      using box = await open(directory);
      await expect(box.copy('/in/missing', '/out/b')).rejects.toThrow(
        "cannot copy '/in/missing' to '/out/b': cannot inspect '/in/missing': no such file or directory",
      );
    }));

  it('writes nothing to a directory that it may only read', () =>
    inTemporaryDirectory(async (directory) => {
      using box = await open(directory);
      await expect(box.copy('/in/a', '/in/b')).rejects.toMatchObject({ code: 'EPERM', path: '/in/b' });
      expect(readdirSync(join(directory, 'in'))).toEqual(['a']);
    }));

  it('is of no use when it is closed, and leaves nothing of what it was copying', () =>
    inTemporaryDirectory(async (directory) => {
      const box = await open(directory);
      writeFileSync(join(directory, 'in/big'), Buffer.alloc(100 * 1024 * 1024));
      const copying = box.copy('/in/big', '/out/big');
      box.close();
      await expect(copying).rejects.toThrow('the sandbox is closed');
      await expect(box.copy('/in/a', '/out/b')).rejects.toThrow('the sandbox is closed');
      expect(readdirSync(join(directory, 'out'))).toEqual([]);
    }));

  it('cannot be opened over a directory that is not there', () =>
    inTemporaryDirectory(async (directory) => {
      const path = join(directory, 'missing');
      await expect(openSandbox({ '/in': { path, access: 'read' } })).rejects.toMatchObject({
        code: 'ENOENT',
        path,
      });
    }));
});
