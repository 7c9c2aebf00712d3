// What copies come to: the calls of the system, seen by strace, and made to fail by it.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace) {
  process.stderr.write('no strace on PATH: the tests of what is asked of the system are skipped\n');
}

/**
 * Runs mapcp in a directory under strace. Returns how it ended, and each call that names or synchronises something, as
 * `fsync PATH`, with `TEMPORARY` in the place of temporary names.
 */
function trace(given: string, args: readonly string[], options: readonly string[] = []) {
  const directory = realpathSync(given);
  const log = join(directory, 'log');
  const { status, stderr } = spawnSync(
    'strace',
    [
      ...[
        '-f',
        '-y',
        '-qq',
        '-s',
        '4096',
        '-o',
        log,
        '-e',
        'trace=fsync,fdatasync,rename,mkdir,pwrite64,fchmod',
        ...options,
      ],
      ...[process.execPath, resolve('build/out/js/cli/main.js'), ...args],
    ],
    { cwd: directory, encoding: 'utf8' },
  );
  const calls = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => !/ (pwrite64|fchmod)\(/.test(line))
    .map((line) => line.replace(/\.mapcp-[0-9a-f]{16}\.tmp/g, 'TEMPORARY'))
    .map((line) => {
      const [, call = '', path = ''] = /^\d+ +(\w+)\((?:\d+<|".*, "|")([^>"]*)/.exec(line) ?? [];
      // What is named by a descriptor of its directory is told by its name alone.
      return `${call} ${path.replace(/^\/proc\/\d+\/fd\/\d+\//, '')}`;
    })
    .map((line) => line.replace(/ (\/.*)$/, (_, path) => ` ${relative(directory, path) || '.'}`));
  return { status, stderr, calls };
}

describe.skipIf(!hasStrace && process.env.CI === undefined)('mapcp --sync', () => {
  it('has a file on the disk before it takes its name, and then the directory that names it', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'content');
      expect(trace(directory, ['--sync', '-T', 'a', 'b'])).toEqual({
        status: 0,
        stderr: '',
        calls: ['fsync TEMPORARY', 'rename b', 'fsync .'],
      });
    }));

  it('does so for each file and each directory of a tree', () =>
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'a/d'), { recursive: true });
      writeFileSync(join(directory, 'a/f'), 'content');
      writeFileSync(join(directory, 'a/d/g'), 'content');
      expect(trace(directory, ['--sync', '-rT', 'a', 'b']).calls).toEqual([
        ...['mkdir b', 'fsync .'],
        ...['fsync b/TEMPORARY', 'rename f', 'fsync b'],
        ...['mkdir d', 'fsync b'],
        ...['fsync b/d/TEMPORARY', 'rename g', 'fsync b/d'],
      ]);
    }));

  it('fails when the file cannot be had on the disk, and leaves the old one', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new');
      writeFileSync(join(directory, 'b'), 'old');
      const failing = ['-e', 'inject=fsync:error=EIO:when=1'];
      const { status, stderr, calls } = trace(directory, ['--sync', '-T', 'a', 'b'], failing);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: "mapcp: cannot copy 'a' to 'b': cannot sync 'b': input/output error\n",
      });
      expect(calls).toEqual(['fsync TEMPORARY']);
      expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('old');
      expect(readdirSync(directory).sort()).toEqual(['a', 'b', 'log']);
    }));

  it('fails when the name cannot be had on the disk, with the whole file under it', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new');
      const failing = ['-e', 'inject=fsync:error=EIO:when=2'];
      const { status, stderr } = trace(directory, ['--sync', '-T', 'a', 'b'], failing);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: "mapcp: cannot copy 'a' to 'b': cannot rename 'b': input/output error\n",
      });
      expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('new');
    }));

  it('is what synchronises, and nothing is without it', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'content');
      expect(trace(directory, ['-T', 'a', 'b']).calls).toEqual(['rename b']);
      expect(existsSync(join(directory, 'b'))).toBe(true);
    }));
});

describe.skipIf(!hasStrace && process.env.CI === undefined)('mapcp, where the system fails', () => {
  it.each([
    ['rename:error=ENOSPC', "cannot rename 'b': no space left on the file system"],
    ['pwrite64:error=EIO', "cannot write 'b': input/output error"],
    ['pwrite64:error=EDQUOT', "cannot write 'b': disk quota exceeded"],
  ])('with %s says so, and leaves the old file', (failing, why) =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new');
      writeFileSync(join(directory, 'b'), 'old');
      const { status, stderr } = trace(directory, ['-T', 'a', 'b'], ['-e', `inject=${failing}`]);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: `mapcp: cannot copy 'a' to 'b': ${why}\n`,
      });
      expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('old');
      expect(readdirSync(directory).sort()).toEqual(['a', 'b', 'log']);
    }),
  );

  it('warns of a copy that stays private, since it cannot be given its mode', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new', { mode: 0o644 });
      const { status, stderr } = trace(directory, ['-T', 'a', 'b'], ['-e', 'inject=fchmod:error=EPERM']);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringContaining('a copy keeps its private mode'),
      });
      expect(statSync(join(directory, 'b')).mode & 0o777).toBe(0o600);
    }));
});
