// The system calls of copies, traced by strace, which can also make them fail.

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
import { describe, expect } from 'vitest';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { predictTarget } from '../helpers/oracle.js';
import { runProgram } from '../helpers/program.js';
import { mayRun } from '../helpers/tools.js';
import { wasmtime } from '../helpers/wasmtime.js';

const hasStrace = mayRun('strace', ['-V']);
if (!hasStrace) {
  process.stderr.write('no strace on PATH: the tests of what is asked of the system are skipped\n');
}

/** Runs mapcp in a directory under strace. Returns how it ended, and the traced calls of each of its threads. */
function strace(directory: string, args: readonly string[], traced: string, options: readonly string[]) {
  const log = join(directory, 'log');
  mkdirSync(log);
  const { status, stderr } = runProgram(
    'strace',
    [
      ...['-ff', '-y', '-qq', '-s', '4096', '-o', join(log, 'thread'), '-e', `trace=${traced}`, ...options],
      ...[process.execPath, resolve('build/out/js/cli/main.js'), ...args],
    ],
    { cwd: directory },
  );
  const threads = readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8').trimEnd().split('\n'));
  rmSync(log, { recursive: true });
  return { status, stderr, threads };
}

/**
 * Runs mapcp in a directory under strace. Returns how it ended, and each call that names or synchronises something, as
 * `fsync PATH`. Temporary names are replaced by `TEMPORARY`.
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
      // A path from a descriptor of its directory is reduced to its name.
      return `${call} ${path.replace(/^\/proc\/\d+\/fd\/\d+\//, '')}`;
    })
    .map((line) => line.replace(/ (\/.*)$/, (_, path) => ` ${relative(directory, path) || '.'}`));
  return { status, stderr, calls };
}

describe.skipIf(!hasStrace)('mapcp --sync', () => {
  it('synchronises a file before it takes its name, and then the directory that names it', ({
    directory,
  }) => {
    writeFileSync(join(directory, 'a'), 'content');
    expect(trace(directory, ['--sync', '-T', 'a', 'b'])).toEqual({
      status: 0,
      stderr: '',
      calls: ['fsync TEMPORARY', 'rename b', 'fsync .'],
    });
  });

  it('does so for each file and each directory of a tree', ({ directory }) => {
    mkdirSync(join(directory, 'a/d'), { recursive: true });
    writeFileSync(join(directory, 'a/f'), 'content');
    writeFileSync(join(directory, 'a/d/g'), 'content');
    expect(trace(directory, ['--sync', '-rT', 'a', 'b']).calls).toEqual([
      ...['mkdir b', 'fsync .'],
      ...['fsync b/TEMPORARY', 'rename f', 'fsync b'],
      ...['mkdir d', 'fsync b'],
      ...['fsync b/d/TEMPORARY', 'rename g', 'fsync b/d'],
    ]);
  });

  it('fails if the file cannot be synchronised, and keeps the old one', ({ directory }) => {
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
  });

  it('fails if the name cannot be synchronised, with the complete file under it', ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'new');
    const failing = ['-e', 'inject=fsync:error=EIO:when=2'];
    const { status, stderr } = trace(directory, ['--sync', '-T', 'a', 'b'], failing);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "mapcp: cannot copy 'a' to 'b': cannot rename 'b': input/output error\n",
    });
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('new');
  });

  it('is required: without it nothing is synchronised', ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    expect(trace(directory, ['-T', 'a', 'b']).calls).toEqual(['rename b']);
    expect(existsSync(join(directory, 'b'))).toBe(true);
  });
});

/** A copy of `in/a` to `out/b` whose system calls fail. */
interface Victim {
  readonly flags: readonly string[];
  /** The same, for the oracle. */
  readonly options: CopyOptions;
  /** Creates `in/a` and the entries of `out`. */
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

/** Three windows, of which the last is a hole. */
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
    // One of each kind, because the system chooses the order.
    put.file('in/a/f', 'new');
    put.symlink('in/a/d/link', '../f');
  },
};

/** Enough files that both threads have some. */
const dividedTree: Victim = {
  flags: ['-rT', '--concurrency=2', '--keep-going'],
  options: { recursive: true },
  prepare: (put) => {
    for (const name of 'abcdef') {
      put.file(`in/a/${name}`, 'new');
      put.file(`out/b/${name}`, 'old');
    }
  },
};

/** Whether a call is for an entry in a directory, by a descriptor or by a path of mapcp. */
function isIn(directory: string, call: string): boolean {
  return call.includes(`<${directory}/`) || /^[^"]*"(\/proc\/\d+\/fd\/|[^/])/.test(call);
}

/**
 * Copies while strace makes calls fail. Returns the messages, what is wrong with the result, and the threads' calls.
 */
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

/** mapcp's messages: of an error the text behind the paths, of a warning its first sentence. */
function saidIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) =>
      line.replace(/^mapcp: cannot copy '.*' to '.*?': |^\(node:\d+\) /, '').replace(/: Error: .*/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('(Use '));
}

/**
 * On a busy machine, Node makes one call more or fewer before a copy than in the run before, every second time or so. More
 * misses of one call than these are no accident.
 */
const MOST_MISSES = 25;

/** A call of a copy, in one of its threads. */
interface Call {
  /** Its number among all such calls of the thread, from 1. The first ones are Node's own. */
  readonly number: number;
  /** How many such calls of the copy came before it. */
  readonly order: number;
  readonly isInjected: boolean;
}

/** Returns the calls of one kind that the copy made in each thread. */
function callsIn(directory: string, threads: readonly (readonly string[])[], call: string): Call[] {
  return threads.flatMap((thread) =>
    thread
      .filter((line) => line.startsWith(`${call}(`))
      .flatMap((line, index) => (isIn(directory, line) ? [{ line, number: index + 1 }] : []))
      .map(({ line, number }, order) => ({ number, order, isInjected: line.includes('(INJECTED)') })),
  );
}

/** Makes each call of one kind fail, one after the other. Returns each run's messages, and what was wrong. */
function failEach(victim: Victim, call: string, error: string) {
  return inMemoryDirectory((given) => {
    const directory = realpathSync(given);
    /** The calls of an undisturbed copy, in order. Those with one number, in several threads, fail together. */
    const aim = () => {
      const calls = callsIn(directory, copyUnder(given, victim, call, []).threads, call);
      const numbers = [...new Set(calls.map(({ number }) => number))].sort((one, other) => one - other);
      return numbers.map((number) => ({ number, calls: calls.filter((each) => each.number === number) }));
    };
    const endings: Pick<ReturnType<typeof copyUnder>, 'said' | 'wrong'>[] = [];
    let targets = aim();
    let misses = 0;
    while (endings.length < targets.length) {
      const target = targets[endings.length];
      const when = `${call}:error=${error}:when=${target?.number}`;
      const { said, wrong, missed, threads } = copyUnder(given, victim, call, ['-e', `inject=${when}`]);
      const isHit = callsIn(directory, threads, call).some(
        ({ order, isInjected }) => isInjected && target?.calls.some((each) => each.order === order),
      );
      if ((missed.length === 0 && isHit) || misses === MOST_MISSES) {
        endings.push({ said, wrong: [...wrong, ...missed.map((line) => `another call failed: ${line}`)] });
        misses = 0;
      } else {
        misses++;
        targets = aim();
      }
    }
    return { said: endings.map(({ said }) => said), wrong: endings.flatMap(({ wrong }) => wrong) };
  });
}

describe.skipIf(!hasStrace)('mapcp, if a system call fails,', () => {
  const disk = 'input/output error';
  // Through wasmtime, file systems without symbolic links report EIO.
  const noLinks =
    "input/output error; perhaps the target's file system has no symbolic links; if so, copy what they lead to, " +
    'with --symlinks=follow, or leave them out, with --symlinks=skip';

  it.each<[string, string, string, Victim, readonly (readonly string[])[]]>([
    [
      'openat',
      'EIO',
      'a file',
      file,
      [
        [`cannot inspect 'in/a': ${disk}`],
        [`cannot inspect 'out/b': ${disk}`],
        // An entry that was checked before is checked once more.
        [],
        [`cannot create 'out/b': ${disk}`],
      ],
    ],
    // Only the last of these files was written.
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
      [["cannot write 'out/b': the file is too large for the file system or the limit of the process"]],
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
    ['symlink', 'EIO', 'a tree', tree, [[`cannot create 'out/b/d/link': ${noLinks}`]]],
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
        [`cannot create 'out/b/d/link': ${noLinks}`],
      ],
    ],
  ])(
    'reports each %s that fails with %s in a copy of %s, which is old, absent or complete',
    (call, error, _, victim, said) => {
      expect(failEach(victim, call, error)).toEqual({ said, wrong: [] });
    },
  );

  it.each(['rename', 'pwrite64'])(
    'reports each %s that fails in a divided tree, and copies everything else',
    (call) => {
      const { said, wrong } = failEach(dividedTree, call, 'EIO');
      expect(wrong).toEqual([]);
      expect(said.length).toBeGreaterThan(1);
      for (const each of said) {
        expect(each).not.toEqual([]);
      }
    },
  );

  it('names the temporary file that it cannot remove', ({ inMemory: directory }) => {
    const { said, wrong } = copyUnder(directory, file, 'pwrite64,unlink', [
      ...['-e', 'inject=pwrite64:error=ENOSPC', '-e', 'inject=unlink:error=EIO'],
    ]);
    const left = Object.keys(look(join(directory, 'out'))).filter(isTemporary);
    expect(left).toHaveLength(1);
    expect(wrong).toEqual([`'${left}' is left`]);
    expect(said).toEqual([
      `cannot write 'out/b': no space left on the file system; remove what is left: 'out/${left}'`,
    ]);
  });

  const refusing = ['-e', 'inject=fchmod,chmod:error=EPERM'];

  it('warns of a copy that stays private because its mode cannot be set', ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'new', { mode: 0o644 });
    const { status, stderr } = trace(directory, ['-T', 'a', 'b'], refusing);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^mapcp: warning: .*cannot set the permissions of 'b': operation not permitted\n$/,
      ),
    });
    expect(statSync(join(directory, 'b')).mode & 0o777).toBe(0o600);
  });

  it('warns once of all copies whose mode cannot be set, for each job that divides a tree', ({
    directory,
  }) => {
    const put = putInto(directory);
    put.directory('a/d/e');
    put.file('a/f');
    put.file('a/d/f');
    const { status, stderr } = trace(directory, ['-rT', '--concurrency=1', 'a', 'b'], refusing);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^mapcp: warning: .*cannot set the permissions of 'b': operation not permitted; the same for 4 more\n$/,
      ),
    });
    // A private directory can still be used by its owner.
    expect(statSync(join(directory, 'b/d')).mode & 0o7777).toBe(0o700);
    const quiet = trace(directory, ['-qrT', 'a', 'c'], refusing);
    expect(quiet).toMatchObject({ status: 0, stderr: '' });
    const divided = trace(directory, ['-rT', '--concurrency=2', 'a', 'd'], refusing).stderr;
    expect(divided).toMatch(/(mapcp: warning: .*cannot set the permissions of .*\n){1,2}$/);
  });

  it('does not warn of modes that cannot be set and are already right', ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'new', { mode: 0o600 });
    expect(trace(directory, ['-T', 'a', 'b'], refusing)).toMatchObject({ status: 0, stderr: '' });
  });

  const others =
    wasmtime === undefined ? [] : [[wasmtime, 'run', '--dir', '.', resolve('build/out/mapcp.wasm')]];
  it.for([[process.execPath, resolve('build/out/js/cli/main.js')], ...others])(
    'warns if times cannot be set, and copies anyway: %s',
    ([...command], { directory }) => {
      const put = putInto(directory);
      put.file('a/d/f', 'new');
      put.symlink('a/d/l', 'f');
      const { status, stderr } = runProgram(
        'strace',
        [
          ...['-f', '-qq', '-o', '/dev/null', '-e', 'trace=utimensat', '-e', 'inject=utimensat:error=EPERM'],
          ...[...command, '-rpT', 'a', 'b'],
        ],
        { cwd: directory },
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
    },
  );
});
