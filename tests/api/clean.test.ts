import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { CleanError, clean } from 'mapcp';
import { describe, expect } from 'vitest';
import { cleanAll, hostPath } from '../../ts/api/clean.js';
import { it } from '../helpers/it.js';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';

describe('clean', () => {
  it('removes the temporary files of killed runs, at any depth, and returns their number', async ({
    directory,
  }) => {
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
  });

  it('keeps the times of the directories that held them', async ({ directory }) => {
    const d = join(directory, 'd');
    mkdirSync(d);
    writeFileSync(join(d, '.mapcp-0123456789abcdef.tmp'), '');
    utimesSync(d, 1000, 2000);
    expect(await clean(directory)).toBe(1);
    expect(statSync(d).mtimeMs).toBe(2_000_000);
  });

  it.each([undefined, null, 1, new URL('https://example.com'), 'a\0', '\ud800'])(
    'refuses %o with a TypeError that names the argument',
    async (directory) => {
      const anyClean = clean as (directory: unknown) => Promise<number>;
      await expect(anyClean(directory)).rejects.toThrow(TypeError);
      await expect(anyClean(directory)).rejects.toThrow(/^directory must /);
    },
  );

  it('removes nothing in a dry run, and returns how many it would remove', async ({ directory }) => {
    const file = join(directory, '.mapcp-0123456789abcdef.tmp');
    writeFileSync(file, '');
    expect(await clean(directory, { dryRun: true })).toBe(1);
    expect(existsSync(file)).toBe(true);
  });

  it('goes on after a file that it cannot remove, and fails with all such errors', ({ directory }) => {
    const files = ['a', 'b', 'c', 'd'].map((name) => `${name}/.mapcp-0123456789abcdef.tmp`);
    for (const file of files) {
      mkdirSync(join(directory, dirname(file)));
      writeFileSync(join(directory, file), '');
    }
    chmodSync(join(directory, 'b'), 0o555);
    chmodSync(join(directory, 'c'), 0o555);
    const script = `
        import { clean } from ${JSON.stringify(pathToFileURL('build/out/js/index.js'))};
        const { operation, code, removed, errors } = await clean('.').catch((error) => error);
        console.log(JSON.stringify({ operation, code, removed, paths: errors.map(({ path }) => path).sort() }));`;
    const node = [process.execPath, '--input-type=module', '--eval', script];
    const [program = '', ...args] = [...asOrdinaryUser, ...node];

    const { stdout } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' });

    expect(JSON.parse(stdout)).toEqual({
      operation: 'remove',
      code: 'EACCES',
      removed: 2,
      paths: files.slice(1, 3).map((file) => `./${file}`),
    });
    expect(files.map((file) => existsSync(join(directory, file)))).toEqual([false, true, true, false]);
  });

  it('names a path with two dots behind a link as the caller did', async ({ directory }) => {
    const file = join(directory, 'elsewhere/.mapcp-0123456789abcdef.tmp');
    mkdirSync(join(directory, 'elsewhere/sub'), { recursive: true });
    symlinkSync('elsewhere/sub', join(directory, 'link'));
    writeFileSync(file, '');

    const given = `${directory}/link/..`;
    const { files } = await cleanAll(given, { dryRun: true });

    expect(files.map((path) => hostPath(path, given))).toEqual([`${given}/.mapcp-0123456789abcdef.tmp`]);
    expect(await clean(given)).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it('names the directory that it cannot open, and the reason', async ({ directory }) => {
    const path = join(directory, 'missing');
    await expect(clean(path)).rejects.toBeInstanceOf(CleanError);
    await expect(clean(path)).rejects.toMatchObject({
      code: 'ENOENT',
      path,
      message: `cannot open '${path}': no such file or directory`,
    });
  });
});
