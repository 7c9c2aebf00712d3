// Paths that stand for a process's open streams.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { CopyError, copy } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { failureOf } from '../helpers/failure.js';

const noSource = 'it is an open stream, not a file with a name; write it to a file, and copy that';
const noTarget = 'it is an open stream, which no copy can replace; name a file';

/** Runs a line of bash in a directory with a file `a` and a directory `d`. `$mapcp` is the command line. */
function bash(line: string, directory: string) {
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'a'), 'content');
  const env = { ...process.env, mapcp: `${process.execPath} ${resolve('build/out/js/cli/main.js')}` };
  const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: directory, env, encoding: 'utf8' });
  return { status, stderr };
}

describe('the command line', () => {
  it.each([
    { line: 'echo x | $mapcp /dev/stdin b', source: '/dev/stdin' },
    { line: 'echo x | $mapcp -L /dev/fd/0 b', source: '/dev/fd/0' },
    { line: '$mapcp -r /proc/self/fd/0 b </dev/null', source: '/proc/self/fd/0' },
    { line: '$mapcp <(echo x) b', source: '/dev/fd/63' },
    { line: 'ln -s /dev/stdin l; echo x | $mapcp l b', source: 'l' },
    { line: 'exec 5<a; rm a; $mapcp /dev/fd/5 b', source: '/dev/fd/5' },
  ])('refuses a stream as source: $line', ({ line, source }) => {
    inTemporaryDirectory((directory) => {
      expect(bash(line, directory)).toEqual({
        status: 1,
        stderr: `mapcp: cannot copy '${source}' to 'b': cannot open '${source}': ${noSource}\n`,
      });
      expect(readdirSync(directory)).not.toContain('b');
    });
  });

  it.each([
    { line: '$mapcp /dev/stdin b <a', target: 'b' },
    { line: 'exec 5<a; $mapcp /dev/fd/5 d', target: 'd/5' },
    { line: 'ln -s /dev/stdin l; $mapcp l b <a', target: 'b' },
  ])('copies the file that a stream was opened from: $line', ({ line, target }) => {
    inTemporaryDirectory((directory) => {
      expect(bash(line, directory)).toEqual({ status: 0, stderr: '' });
      expect(readFileSync(join(directory, target), 'utf8')).toBe('content');
    });
  });

  it.each(['| cat', '>f', '>/dev/null'])('does not replace the name of standard output: %s', (end) => {
    inTemporaryDirectory((directory) => {
      // Not /dev/stdout itself, which would be lost if it were replaced.
      const line = `ln -s /proc/self/fd/1 out; $mapcp a out ${end}; readlink out >r`;
      const { stderr } = bash(line, directory);
      expect(stderr).toBe(`mapcp: cannot copy 'a' to 'out': cannot create 'out': ${noTarget}\n`);
      expect(readFileSync(join(directory, 'r'), 'utf8')).toBe('/proc/self/fd/1\n');
    });
  });
});

describe('copy', () => {
  it('copies over the file that a descriptor has open, and does not replace its name', () =>
    inTemporaryDirectory(async (directory) => {
      writeFileSync(join(directory, 'a'), 'content');
      const descriptor = openSync(join(directory, 'a'), 'r');
      const link = join(directory, 'link');
      symlinkSync(`/proc/self/fd/${descriptor}`, link);

      await copy(link, join(directory, 'b'));
      const failure = await failureOf(copy(join(directory, 'b'), link));

      closeSync(descriptor);
      expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
      expect(failure).toBeInstanceOf(CopyError);
      expect(failure).toMatchObject({ code: 'ERR_MAPCP_NOT_REGULAR_FILE', path: link, reason: noTarget });
    }));
});
