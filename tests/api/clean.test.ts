import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CleanError, clean } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

describe('clean', () => {
  it('removes the temporary files of killed runs, at any depth, and tells how many', () =>
    inTemporaryDirectory(async (directory) => {
      mkdirSync(join(directory, 'd/e'), { recursive: true });
      for (const name of [
        '.mapcp-0123456789abcdef.tmp',
        'd/e/.mapcp-fedcba9876543210.tmp',
        'd/.mapcp-mine.tmp',
      ]) {
        writeFileSync(join(directory, name), '');
      }
      expect(await clean(pathToFileURL(directory))).toBe(2);
      expect(existsSync(join(directory, 'd/.mapcp-mine.tmp'))).toBe(true);
      expect(await clean(directory)).toBe(0);
    }));

  it.each([undefined, null, 1, new URL('https://example.com'), 'a\0', '\ud800'])(
    'refuses %o with a TypeError that names the argument',
    async (directory) => {
      const anyClean = clean as (directory: unknown) => Promise<number>;
      await expect(anyClean(directory)).rejects.toThrow(TypeError);
      await expect(anyClean(directory)).rejects.toThrow(/^directory must /);
    },
  );

  it('removes nothing in a dry run, and tells how many it would remove', () =>
    inTemporaryDirectory(async (directory) => {
      const file = join(directory, '.mapcp-0123456789abcdef.tmp');
      writeFileSync(file, '');
      expect(await clean(directory, { dryRun: true })).toBe(1);
      expect(existsSync(file)).toBe(true);
    }));

  it('says which directory it cannot open, and why', () =>
    inTemporaryDirectory(async (directory) => {
      const path = join(directory, 'missing');
      await expect(clean(path)).rejects.toBeInstanceOf(CleanError);
      await expect(clean(path)).rejects.toMatchObject({
        code: 'ENOENT',
        path,
        message: `cannot open '${path}': no such file or directory`,
      });
    }));
});
