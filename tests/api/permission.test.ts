// Copies under Node's permission model: they succeed with the grants that docs/environments.md lists, and otherwise
// name the missing one.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { runFile } from '../helpers/runtimes.js';

const model = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

const procfs = ['--allow-fs-read=/proc/self/fd', '--allow-fs-write=/proc/self/fd'];

/**
 * Runs a program with `copy` and `openSandbox` in a process that may read `in`, write to `out`, and do what `flags`
 * grant. Returns the values that it passes to `show`, which awaits them.
 */
function run(directory: string, flags: readonly string[], program: string): unknown[] {
  const granted = [
    `--allow-fs-read=${resolve('.')}`,
    ...['in', 'out', 'program.mjs'].map((name) => `--allow-fs-read=${join(directory, name)}`),
    `--allow-fs-write=${join(directory, 'out')}`,
  ];
  const text = `
    import { copy, openSandbox } from ${JSON.stringify(resolve('build/out/js/index.js'))};
    const show = async (task) => {
      const { value, reason } = (await Promise.allSettled([task]))[0];
      const { name, code, message } = reason ?? {};
      const warnings = value?.warnings?.map(({ message }) => message);
      console.log(JSON.stringify(reason === undefined ? { files: value.files, warnings } : { name, code, message }));
    };
    ${program}`;
  writeFileSync(join(directory, 'program.mjs'), text);
  const { status, stdout, stderr } = runFile(
    process.execPath,
    ['--no-warnings', model, ...granted, ...flags, join(directory, 'program.mjs')],
    directory,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

function inPlace(use: (directory: string) => void): void {
  inTemporaryDirectory((directory) => {
    chmodSync(directory, 0o755);
    for (const name of ['in', 'in/d', 'out', 'other']) {
      mkdirSync(join(directory, name));
      chmodSync(join(directory, name), 0o777);
    }
    writeFileSync(join(directory, 'in/d/f'), 'content');
    chmodSync(join(directory, 'in/d/f'), 0o640);
    symlinkSync('f', join(directory, 'in/d/link'));
    use(directory);
  });
}

describe("under Node's permission model", () => {
  it('a tree is copied with its modes and times between granted directories', () =>
    inPlace((directory) => {
      chmodSync(join(directory, 'in/d/f'), 0o754);
      const shown = run(
        directory,
        procfs,
        "await show(copy('in/d', 'out/d', { recursive: true, symlinks: 'skip', preserveTimestamps: true }));",
      );
      expect(shown).toEqual([{ files: 1, warnings: [] }]);
      const [source, target] = [statSync(join(directory, 'in/d/f')), statSync(join(directory, 'out/d/f'))];
      expect(target.mode & 0o777).toBe(0o754);
      expect(Math.floor(target.mtimeMs)).toBe(Math.floor(source.mtimeMs));
    }));

  it('a sandbox is opened without permission for the parents of its directories', () =>
    inPlace((directory) => {
      const shown = run(
        directory,
        procfs,
        `const box = await openSandbox({
          '/in': { path: 'in', access: 'read' },
          '/out': { path: 'out', access: 'read-write' },
        });
        await show(box.copy('/in/d/f', '/out/f'));
        box.close();`,
      );
      expect(shown).toEqual([{ files: 1, warnings: [] }]);
      expect(readFileSync(join(directory, 'out/f'), 'utf8')).toBe('content');
    }));

  it('nothing is written without permission, although a descriptor would allow it', () =>
    inPlace((directory) => {
      const other = join(directory, 'other');
      const shown = run(
        directory,
        [...procfs, `--allow-fs-read=${other}`],
        "await show(copy('in/d/f', 'other/f'));",
      );
      expect(shown).toEqual([
        {
          name: 'CopyError',
          code: 'EACCES',
          message:
            "cannot copy 'in/d/f' to 'other/f': cannot inspect 'other/f': Node's permission model denies it: start " +
            `Node with --allow-fs-read=${other} --allow-fs-write=${other}`,
        },
      ]);
      expect(existsSync(join(other, 'f'))).toBe(false);
    }));

  it('the error names the missing flag for strict confinement', () =>
    inPlace((directory) => {
      expect(run(directory, [], "await show(copy('in/d/f', 'out/f'));")).toEqual([
        {
          name: 'Error',
          message:
            "Node's permission model denies /proc/self/fd, which is needed to confine a component: start Node with " +
            '--allow-fs-read=/proc/self/fd --allow-fs-write=/proc/self/fd, or accept less with the option ' +
            "confinement: 'best-effort'",
        },
      ]);
    }));

  it("the error's advice to accept weaker confinement works", () =>
    inPlace((directory) => {
      const options = "{ confinement: 'best-effort', preserveMode: false }";
      const shown = run(directory, [], `await show(copy('in/d/f', 'out/f', ${options}));`);
      expect(shown).toEqual([{ files: 1, warnings: [] }]);
    }));

  it('the error says what Node does not allow at all', () =>
    inPlace((directory) => {
      const shown = run(
        directory,
        procfs,
        `await show(copy('in/d/f', 'out/f', { sync: true }));
        await show(copy('in/d/link', 'out/link'));`,
      );
      expect(shown).toMatchObject([
        { code: 'EACCES', message: expect.stringMatching(/model denies it: fsync API is disabled/) },
        { code: 'EACCES', message: expect.stringMatching(/model denies it: fs.symlink API requires full/) },
      ]);
    }));

  it('a tree is copied by one job if threads are not allowed', () =>
    inPlace((directory) => {
      writeFileSync(join(directory, 'in/d/g'), 'more');
      const shown = run(
        directory,
        procfs,
        "await show(copy('in/d', 'out/d', { recursive: true, symlinks: 'skip', concurrency: 2 }));",
      );
      expect(shown).toEqual([{ files: 2, warnings: [expect.stringMatching(/no thread could be started/)] }]);
    }));
});
