// What copies come to: the calls of the system, seen by strace, and made to fail by it.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { inMemoryDirectory, inTemporaryDirectory } from '../helpers/directory.js';
import { predictTarget } from '../helpers/oracle.js';
import { wasmtime } from '../helpers/wasmtime.js';

const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace) {
  process.stderr.write('no strace on PATH: the tests of what is asked of the system are skipped\n');
}

/** Runs mapcp in a directory under strace. Returns how it ended, and the calls of each of its threads that are traced. */
function strace(directory: string, args: readonly string[], traced: string, options: readonly string[]) {
  const log = join(directory, 'log');
  mkdirSync(log);
  const { status, stderr } = spawnSync(
    'strace',
    [
      ...['-ff', '-y', '-qq', '-s', '4096', '-o', join(log, 'thread'), '-e', `trace=${traced}`, ...options],
      ...[process.execPath, resolve('build/out/js/cli/main.js'), ...args],
    ],
    { cwd: directory, encoding: 'utf8' },
  );
  const threads = readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8').trimEnd().split('\n'));
  rmSync(log, { recursive: true });
  return { status, stderr, threads };
}

/**
 * Runs mapcp in a directory under strace. Returns how it ended, and each call that names or synchronises something, as
 * `fsync PATH`, with `TEMPORARY` in the place of temporary names.
 */
function trace(given: string, args: readonly string[], options: readonly string[] = []) {
  const directory = realpathSync(given);
  const traced = 'fsync,fdatasync,rename,mkdir,pwrite64,fchmod,chmod';
  const { status, stderr, threads } = strace(directory, args, traced, options);
  const calls = threads
    .flat()
    .filter((line) => /^(fsync|fdatasync|rename|mkdir)\(/.test(line))
    .map((line) => line.replace(/\.mapcp-[0-9a-f]{16}\.tmp/g, 'TEMPORARY'))
    .map((line) => {
      const [, call = '', path = ''] = /^(\w+)\((?:\d+<|".*, "|")([^>"]*)/.exec(line) ?? [];
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
      expect(readdirSync(directory).sort()).toEqual(['a', 'b']);
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

/** A copy of `in/a` to `out/b` whose calls of the system fail. */
interface Victim {
  readonly flags: readonly string[];
  /** The same for the oracle. */
  readonly options: CopyOptions;
  /** Makes `in/a`, and what is in `out`. */
  prepare(put: Put): void;
}

const WINDOW = 1_048_576;

const file: Victim = {
  flags: ['-T'],
  options: {},
  prepare: (put) => {
    put.file('in/a', 'new');
    put.file('out/b', 'old');
  },
};

/** Three windows, the last of which is a hole. */
const largeFile: Victim = {
  ...file,
  prepare: (put) => {
    put.file('in/a', Buffer.alloc(2 * WINDOW, 1));
    put.size('in/a', 3 * WINDOW);
    put.file('out/b', 'old');
  },
};

const tree: Victim = {
  flags: ['-rT', '--sync'],
  options: { recursive: true },
  prepare: (put) => {
    put.directory('in/a/d');
    // One of each, since it is for the system to say what comes first.
    put.file('in/a/f', 'new');
    put.symlink('in/a/d/link', '../f');
  },
};

/** A tree of so many files that each of its two threads has some. */
const dividedTree: Victim = {
  flags: ['-rT', '--concurrency=2', '--keep-going'],
  options: { recursive: true },
  prepare: (put) => {
    put.directory('in/a', 'out/b');
    for (const name of 'abcdef') {
      put.file(`in/a/${name}`, 'new');
      put.file(`out/b/${name}`, 'old');
    }
  },
};

/** Whether a call is for something in a directory: by a descriptor, or by a path that mapcp would use. */
function isIn(directory: string, call: string): boolean {
  return call.includes(`<${directory}/`) || /^[^"]*"(\/proc\/\d+\/fd\/|[^/])/.test(call);
}

/** Copies, with what strace is to do to calls. Returns what it said, what is wrong with that, and the threads' calls. */
function copyUnder(
  given: string,
  { flags, options, prepare }: Victim,
  traced: string,
  inject: readonly string[],
) {
  const directory = realpathSync(given);
  const put = putInto(directory);
  for (const name of ['in', 'out']) {
    rmSync(join(directory, name), { recursive: true, force: true });
    put.directory(name);
  }
  prepare(put);
  const before = look(join(directory, 'out'));
  const complete = predictTarget(look(join(directory, 'in')), before, options);
  const { status, stderr, threads } = strace(directory, [...flags, 'in/a', 'out/b'], traced, inject);
  const failed = [...stderr.matchAll(/^mapcp: cannot copy '.*' to 'out\/(.*?)': /gm)].map(([, path]) => path);
  const goesOn = flags.includes('--keep-going');
  const wrong = brokenPromises(
    { before, complete, found: look(join(directory, 'out')), succeeded: status === 0 },
    (path) => !goesOn || failed.includes(path),
  );
  const missed = threads.flat().filter((line) => line.includes('(INJECTED)') && !isIn(directory, line));
  return { said: saidIn(stderr), wrong, threads, missed };
}

/** What mapcp says of failures: of an error what comes behind what was copied, of a warning its first sentence. */
function saidIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) =>
      line.replace(/^mapcp: cannot copy '.*' to '.*?': |^\(node:\d+\) /, '').replace(/: Error: .*/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('(Use '));
}

/** How often Node does not make as many calls before a copy as it did before, until that is no accident. */
const MOST_MISSES = 10;

/** Has each call of one kind fail, one after the other. Returns what mapcp said each time, and what was wrong. */
function failEach(victim: Victim, call: string, error: string) {
  return inMemoryDirectory((given) => {
    /** The number of each call for the copy; those that Node makes for itself are counted too. */
    const aim = () => {
      const { threads } = copyUnder(given, victim, call, []);
      const numbers = threads.flatMap((thread) =>
        thread
          .filter((line) => line.startsWith(`${call}(`))
          .flatMap((line, index) => (isIn(realpathSync(given), line) ? [index + 1] : [])),
      );
      return [...new Set(numbers)].sort((one, other) => one - other);
    };
    const endings: Pick<ReturnType<typeof copyUnder>, 'said' | 'wrong'>[] = [];
    let numbers = aim();
    for (let misses = 0; endings.length < numbers.length; ) {
      const when = `${call}:error=${error}:when=${numbers[endings.length]}`;
      const { said, wrong, missed } = copyUnder(given, victim, call, ['-e', `inject=${when}`]);
      if (missed.length === 0 || misses === MOST_MISSES) {
        endings.push({ said, wrong: [...wrong, ...missed.map((line) => `another call failed: ${line}`)] });
      } else {
        misses++;
        numbers = aim();
      }
    }
    return { said: endings.map(({ said }) => said), wrong: endings.flatMap(({ wrong }) => wrong) };
  });
}

describe.skipIf(!hasStrace && process.env.CI === undefined)('mapcp, where the system fails', () => {
  const disk = 'input/output error';

  it.each<[string, string, string, Victim, readonly (readonly string[])[]]>([
    [
      'openat',
      'EIO',
      'a file',
      file,
      [
        ["cannot inspect 'in/a': i/o error"],
        ["cannot inspect 'out/b': i/o error"],
        // What was seen before is looked at once more.
        [],
        [`cannot create 'out/b': ${disk}`],
      ],
    ],
    // Of these, only the copy was written.
    ['close', 'EIO', 'a file', file, [[], [`cannot rename 'out/b': ${disk}`], [], []]],
    ['close', 'EDQUOT', 'a file', file, [[], ["cannot rename 'out/b': disk quota exceeded"], [], []]],
    ['rename', 'ENOSPC', 'a file', file, [["cannot rename 'out/b': no space left on the file system"]]],
    [
      'pwrite64',
      'EDQUOT',
      'a large file',
      largeFile,
      [["cannot write 'out/b': disk quota exceeded"], ["cannot write 'out/b': disk quota exceeded"]],
    ],
    [
      'ftruncate',
      'EFBIG',
      'a large file',
      largeFile,
      [["cannot write 'out/b': larger than a file may be here"]],
    ],
    [
      'mkdir',
      'ENOSPC',
      'a tree',
      tree,
      [
        ["cannot create 'out/b': no space left on the file system"],
        ["cannot create 'out/b/d': no space left on the file system"],
      ],
    ],
    ['symlink', 'EIO', 'a tree', tree, [[`cannot create 'out/b/d/link': ${disk}`]]],
    [
      'fsync',
      'EIO',
      'a tree',
      tree,
      [
        [`cannot create 'out/b': ${disk}`],
        [`cannot sync 'out/b/f': ${disk}`],
        [`cannot rename 'out/b/f': ${disk}`],
        [`cannot create 'out/b/d': ${disk}`],
        [`cannot create 'out/b/d/link': ${disk}`],
      ],
    ],
  ])(
    'says so when any %s fails with %s in a copy of %s, which is old, none or complete',
    (call, error, _, victim, said) => {
      expect(failEach(victim, call, error)).toEqual({ said, wrong: [] });
    },
  );

  it.each(['rename', 'pwrite64'])(
    'says so when any %s fails in a divided tree, all else of which is copied',
    (call) => {
      const { said, wrong } = failEach(dividedTree, call, 'EIO');
      expect(wrong).toEqual([]);
      expect(said.length).toBeGreaterThan(1);
      for (const each of said) {
        expect(each).not.toEqual([]);
      }
    },
  );

  it('names the temporary file that it cannot remove', () =>
    inMemoryDirectory((directory) => {
      const { said, wrong } = copyUnder(directory, file, 'pwrite64,unlink', [
        ...['-e', 'inject=pwrite64:error=ENOSPC', '-e', 'inject=unlink:error=EIO'],
      ]);
      const left = Object.keys(look(join(directory, 'out'))).filter(isTemporary);
      expect(left).toHaveLength(1);
      expect(wrong).toEqual([`'${left}' is left`]);
      expect(said).toEqual([
        `cannot write 'out/b': no space left on the file system; remove the temporary file 'out/${left}'`,
      ]);
    }));

  const refusing = ['-e', 'inject=fchmod,chmod:error=EPERM'];

  it('warns of a copy that stays private, since it cannot be given its mode', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new', { mode: 0o644 });
      const { status, stderr } = trace(directory, ['-T', 'a', 'b'], refusing);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringMatching(
          /^mapcp: warning: .*cannot set the permissions of 'b': operation not permitted\n$/,
        ),
      });
      expect(statSync(join(directory, 'b')).mode & 0o777).toBe(0o600);
    }));

  it('warns once of all that cannot be given its mode, by each of the jobs that divide a tree', () =>
    inTemporaryDirectory((directory) => {
      const put = putInto(directory);
      put.directory('a/d/e');
      put.file('a/f');
      put.file('a/d/f');
      const { status, stderr } = trace(directory, ['-rT', '--concurrency=1', 'a', 'b'], refusing);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringMatching(
          /^mapcp: warning: .*cannot set the permissions of 'b': operation not permitted; nor those of 4 more\n$/,
        ),
      });
      // A directory is private, and yet can be used.
      expect(statSync(join(directory, 'b/d')).mode & 0o7777).toBe(0o700);
      const quiet = trace(directory, ['-qrT', 'a', 'c'], refusing);
      expect(quiet).toMatchObject({ status: 0, stderr: '' });
      const divided = trace(directory, ['-rT', '--concurrency=2', 'a', 'd'], refusing).stderr;
      expect(divided).toMatch(/(mapcp: warning: .*cannot set the permissions of .*\n){1,2}$/);
    }));

  it('does not warn of modes that cannot be set and are right already', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'a'), 'new', { mode: 0o600 });
      expect(trace(directory, ['-T', 'a', 'b'], refusing)).toMatchObject({ status: 0, stderr: '' });
    }));

  const others =
    wasmtime === undefined ? [] : [[wasmtime, 'run', '--dir', '.', resolve('build/out/mapcp.wasm')]];
  it.each([[process.execPath, resolve('build/out/js/cli/main.js')], ...others])(
    'warns of what cannot be given its times, and copies it all the same: %s',
    (...command) =>
      inTemporaryDirectory((directory) => {
        const put = putInto(directory);
        put.directory('a/d');
        put.file('a/d/f', 'new');
        put.symlink('a/d/l', 'f');
        const { status, stderr } = spawnSync(
          'strace',
          [
            ...[
              '-f',
              '-qq',
              '-o',
              '/dev/null',
              '-e',
              'trace=utimensat',
              '-e',
              'inject=utimensat:error=EPERM',
            ],
            ...[...command, '-rpT', 'a', 'b'],
          ],
          { cwd: directory, encoding: 'utf8' },
        );
        const lines = ['', '/d', '/d/f', '/d/l'].map(
          (path) =>
            `mapcp: warning: copied 'a${path}' to 'b${path}', but cannot set the times of 'b${path}': not permitted by the ` +
            'sandbox or the file system',
        );
        expect(stderr.trimEnd().split('\n').sort()).toEqual(lines);
        expect(status).toBe(0);
        expect(look(join(directory, 'b'))).toMatchObject({
          d: {},
          'd/f': { content: 'new' },
          'd/l': { content: 'f' },
        });
      }),
  );
});
