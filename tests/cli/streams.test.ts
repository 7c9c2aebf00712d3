// Paths that stand for a process's open streams.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { CopyError, clean, copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { shell } from '../helpers/program.js';
import { rejectionOf } from '../helpers/rejection.js';

const noTarget = 'it is an open stream, which no copy can replace; name a file';

/** Runs a line of bash in a directory with a file `a` and a directory `d`. */
function run(line: string, directory: string) {
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'a'), 'content');
  const { status, stderr } = shell(line, directory);
  return { status, stderr };
}

describe('the command line', () => {
  it.for([
    { line: 'printf content | $mapcp - b', target: 'b' },
    { line: '$mapcp - b <a', target: 'b' },
    { line: 'printf content | $mapcp /dev/stdin b', target: 'b' },
    { line: 'printf content | $mapcp -L /dev/fd/0 b', target: 'b' },
    { line: '$mapcp <(printf content) b', target: 'b' },
    { line: '$mapcp <(printf content) d', target: 'd/63' },
    { line: 'ln -s /dev/stdin l; printf content | $mapcp l b', target: 'b' },
    { line: 'exec 5<a; rm a; $mapcp /dev/fd/5 b', target: 'b' },
    { line: 'mkfifo f; printf content >f & $mapcp f b', target: 'b' },
    { line: '$mapcp --files-from <(echo a) . d', target: 'd/a' },
  ])('copies a stream that is named: $line', ({ line, target }, { directory }) => {
    expect(run(line, directory)).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(directory, target), 'utf8')).toBe('content');
  });

  it.for([
    { line: '$mapcp - a <&-', why: "cannot read '-': standard input is closed" },
    { line: '$mapcp - a <d', why: "cannot read '-': it is a directory" },
    { line: '$mapcp --files-from - d a <&-', why: "cannot read '-': standard input is closed" },
    { line: '$mapcp --files-from none . d', why: "cannot open 'none': no such file or directory" },
    { line: '$mapcp --files-from d . d', why: "cannot read 'd': illegal operation on a directory" },
    ...['-r <(echo x) b', '--files-from a <(echo x) b'].map((args) => ({
      line: `$mapcp ${args}`,
      why: "cannot copy '/dev/fd/63' to 'b': cannot open '/dev/fd/63': it is an open stream, not a file with a name; omit -r and --files-from",
    })),
    {
      line: 'echo x | $mapcp - d',
      why: "cannot copy '-' to 'd': cannot create 'd': it is a directory; choose another path for the copy",
    },
  ])('reports why a stream cannot be copied: $line', ({ line, why }, { directory }) => {
    expect(run(line, directory)).toEqual({ status: 1, stderr: `mapcp: ${why}\n` });
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('content');
    expect(readdirSync(join(directory, 'd'))).toEqual([]);
  });

  it.for([
    {
      args: '- a d',
      why: "SOURCE '-' is standard input, which must be the only SOURCE; for a file, write './-'",
    },
    { args: '-t d -', why: "SOURCE '-' is standard input, which has no name; write TARGET, not -t" },
    {
      args: '--files-from a - d',
      why: "SOURCE '-' is standard input, which cannot be used with --files-from",
    },
    {
      args: '--shard 0/2 - d',
      why: "SOURCE '-' is standard input, which cannot be used with --shard",
    },
    { args: '--files-from a b c d', why: "--files-from allows only one SOURCE; extra name 'c'" },
    { args: '--null b d', why: "option '--null' needs option '--files-from'" },
  ])('refuses a stream or a list that makes no sense: $args', ({ args, why }, { directory }) => {
    const { status, stderr } = run(`$mapcp ${args}`, directory);
    expect(status).toBe(2);
    expect(stderr).toMatch(`mapcp: ${why}\nUsage: `);
  });

  it.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves the old file if it gets %s before the stream ends',
    async (signal, { directory }) => {
      writeFileSync(join(directory, 'a'), 'content');
      const main = resolve('build/out/js/cli/main.js');
      const child = spawn(process.execPath, [main, '-', 'a'], { cwd: directory });
      child.stdin.write('new');
      const temporary = () => readdirSync(directory).filter((name) => name.startsWith('.mapcp-'));
      await expect.poll(temporary).toHaveLength(1);
      // Nobody else can read an incomplete copy.
      expect(statSync(join(directory, temporary()[0] ?? '')).mode & 0o777).toBe(0o600);
      child.kill(signal);
      const [status, killed] = (await once(child, 'exit')) as [number | null, string | null];
      expect([status, killed]).toEqual([null, signal]);
      expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('content');
      expect(temporary()).toHaveLength(signal === 'SIGKILL' ? 1 : 0);
      expect(await clean(directory)).toBe(signal === 'SIGKILL' ? 1 : 0);
    },
  );

  it.for([
    { line: '$mapcp /dev/stdin b <a', target: 'b' },
    { line: 'exec 5<a; $mapcp /dev/fd/5 d', target: 'd/5' },
    { line: 'ln -s /dev/stdin l; $mapcp l b <a', target: 'b' },
  ])('copies the file that a stream was opened from: $line', ({ line, target }, { directory }) => {
    expect(run(line, directory)).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(directory, target), 'utf8')).toBe('content');
  });

  it.for(['| cat', '>f', '>/dev/null'])(
    'does not replace the name of standard output: %s',
    (end, { directory }) => {
      // Not /dev/stdout itself, which would be lost if it were replaced.
      const line = `ln -s /proc/self/fd/1 out; $mapcp a out ${end}; readlink out >r`;
      const { stderr } = run(line, directory);
      expect(stderr).toBe(`mapcp: cannot copy 'a' to 'out': cannot create 'out': ${noTarget}\n`);
      expect(readFileSync(join(directory, 'r'), 'utf8')).toBe('/proc/self/fd/1\n');
    },
  );
});

describe('copy', () => {
  it('copies over the file that a descriptor has open, and does not replace its name', async ({
    directory,
  }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const descriptor = openSync(join(directory, 'a'), 'r');
    const link = join(directory, 'link');
    symlinkSync(`/proc/self/fd/${descriptor}`, link);

    await copy(link, join(directory, 'b'));
    const failure = await rejectionOf(copy(join(directory, 'b'), link));

    closeSync(descriptor);
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
    expect(failure).toBeInstanceOf(CopyError);
    expect(failure).toMatchObject({ code: 'ERR_MAPCP_NOT_REGULAR_FILE', path: link, reason: noTarget });
  });
});
