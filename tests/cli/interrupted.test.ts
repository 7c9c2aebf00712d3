import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

const command = [resolve('build/out/js/cli/main.js'), '--json', '-r', '-T', 'in/a', 'out/b'];

type Copying = ChildProcessByStdio<null, Readable, Readable>;

/** Does something to the command line as soon as it has told its first progress, and says how it ended. */
async function interrupt(directory: string, act: (copying: Copying) => void) {
  const copying = spawn(process.execPath, command, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  copying.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  copying.stdout.once('data', () => act(copying));
  const [status] = (await once(copying, 'close')) as [number | null];
  return { status, stderr };
}

/** A directory to copy from and one to copy to, with more to copy than can be copied before the end. */
function prepare(directory: string): void {
  for (const path of ['in', 'out', 'in/a', 'out/b']) {
    mkdirSync(join(directory, path));
  }
  // A hole, since nobody is to wait for the disk.
  writeFileSync(join(directory, 'in/a/huge'), '');
  truncateSync(join(directory, 'in/a/huge'), 2 ** 40);
  writeFileSync(join(directory, 'out/b/huge'), 'old');
}

function expectOldTarget(directory: string): void {
  expect(readdirSync(join(directory, 'out/b'))).toEqual(['huge']);
  expect(readFileSync(join(directory, 'out/b/huge'), 'utf8')).toBe('old');
}

describe('mapcp, interrupted', () => {
  it.each([
    { signal: 'SIGINT', expected: 130 },
    { signal: 'SIGTERM', expected: 143 },
    { signal: 'SIGHUP', expected: 129 },
  ] as const)('by $signal, ends with status $expected and leaves no partial file', ({ signal, expected }) =>
    inTemporaryDirectory(async (directory) => {
      prepare(directory);

      const { status, stderr } = await interrupt(directory, (copying) => copying.kill(signal));

      expect(stderr).toBe('mapcp: interrupted; what was finished stays\n');
      expect(status).toBe(expected);
      expectOldTarget(directory);
    }),
  );

  it('by whoever reads no more of what it prints, ends with status 141 and leaves no partial file', () =>
    inTemporaryDirectory(async (directory) => {
      prepare(directory);

      const { status, stderr } = await interrupt(directory, ({ stdout }) => stdout.destroy());

      expect(stderr).toBe('mapcp: cannot print: broken pipe; what was finished stays\n');
      expect(status).toBe(141);
      expectOldTarget(directory);
    }));

  it('by the end of its terminal, leaves no partial file', () =>
    inTemporaryDirectory(async (directory) => {
      prepare(directory);
      const terminal = spawn(
        'script',
        ['--quiet', '--command', `${process.execPath} ${command.join(' ')}`, '/dev/null'],
        {
          cwd: directory,
          stdio: ['pipe', 'pipe', 'ignore'],
        },
      );
      await once(terminal.stdout, 'data');
      terminal.kill('SIGKILL');
      await expect.poll(() => readdirSync(join(directory, 'out/b'))).toEqual(['huge']);
      expectOldTarget(directory);
    }));
});
