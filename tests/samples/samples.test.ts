import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { built, runFile, runtimesOf } from '../helpers/runtimes.js';
import { canMount, onSmallDisk } from '../helpers/small-disk.js';
import { expectedOutput } from '../helpers/table.js';
import { mayRun } from '../helpers/tools.js';
import { directoryWith, type Tree } from '../helpers/tree.js';
import { wasmtime } from '../helpers/wasmtime.js';

const WINDOW = 1024 * 1024;

/** Bytes with a period of 251, so a misplaced window shows. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

const text = (characters: string) => Buffer.from(characters);

interface Case {
  name: string;
  tree: Tree;
  args: string[];
  /** The message without the program's name; undefined if the program must succeed. */
  error?: string;
}

interface HeadCase extends Case {
  stdout?: string;
}

const heads: HeadCase[] = [
  {
    name: 'prints the first 10 characters of a longer file',
    tree: { a: text('0123456789 and more') },
    args: ['a'],
    stdout: '0123456789',
  },
  {
    name: 'prints a whole file of 10 characters',
    tree: { a: text('0123456789') },
    args: ['a'],
    stdout: '0123456789',
  },
  { name: 'prints all of a shorter file', tree: { a: text('01\n') }, args: ['a'], stdout: '01\n' },
  { name: 'prints nothing for an empty file', tree: { a: text('') }, args: ['a'], stdout: '' },
  { name: 'reports a missing file', tree: {}, args: ['a'], error: "open 'a': No such file or directory" },
  {
    name: 'reports a directory',
    tree: { a: 'directory' },
    args: ['a'],
    error: "mmap 'a': Not a regular file",
  },
];

interface CopyCase extends Case {
  /** The directory afterwards; by default it must be unchanged. */
  after?: Tree;
}

const sizes = [0, 1, 65535, 65536, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW + 5];

const copies: CopyCase[] = [
  ...sizes.map((size) => ({
    name: `copies a file of ${size} bytes`,
    tree: { a: bytes(size) },
    args: ['a', 'b'],
    after: { a: bytes(size), b: bytes(size) },
  })),
  {
    name: 'replaces all of a longer target',
    tree: { a: text('new'), b: text('old and longer') },
    args: ['a', 'b'],
    after: { a: text('new'), b: text('new') },
  },
  {
    name: 'keeps the target if the source is missing',
    tree: { b: text('old') },
    args: ['a', 'b'],
    error: "open 'a': No such file or directory",
  },
  {
    name: 'keeps the target if the source is a directory',
    tree: { a: 'directory', b: text('old') },
    args: ['a', 'b'],
    error: "mmap 'a': Not a regular file",
  },
  {
    name: 'creates no target if the source is a directory',
    tree: { a: 'directory' },
    args: ['a', 'b'],
    error: "mmap 'a': Not a regular file",
  },
  {
    name: 'reports a target in a missing directory',
    tree: { a: text('new') },
    args: ['a', 'c/b'],
    error: "open 'c/b': No such file or directory",
  },
  {
    name: 'reports a target that is a directory',
    tree: { a: text('new'), b: 'directory' },
    args: ['a', 'b'],
    error: "open 'b': Not a regular file",
  },
  {
    name: 'does not copy a file onto itself',
    tree: { a: text('precious') },
    args: ['a', 'a'],
    error: "open 'a': It is the source",
  },
];

/** Describes a file in one line: its content if it is short, otherwise its hash. */
function summary(content: Uint8Array): string {
  const digest = createHash('sha256').update(content).digest('hex');
  return content.length < 80 ? Buffer.from(content).toString() : `${content.length} bytes, SHA-256 ${digest}`;
}

const summaries = (tree: Tree) =>
  Object.fromEntries(
    Object.entries(tree).map(([name, content]) => [
      name,
      content === 'directory' ? content : summary(content),
    ]),
  );

/** Reads a directory. */
function treeOf(directory: string): Tree {
  const entries = readdirSync(directory, { withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => [
      entry.name,
      entry.isDirectory() ? 'directory' : readFileSync(join(directory, entry.name)),
    ]),
  );
}

describe.each(runtimesOf('samples'))('$name', ({ name, missing, usageStatus, run }) => {
  describe.skipIf(missing)('mapped-head', () => {
    test.each(heads)('$name', ({ tree, args, stdout, error }) => {
      const outcome = run('mapped-head', directoryWith(tree), args);
      expect(outcome).toEqual({
        status: error === undefined ? 0 : 1,
        stdout: stdout ?? '',
        stderr: error === undefined ? '' : `mapped-head: ${error}\n`,
      });
    });

    test.each([{ args: [] }, { args: ['a', 'b'] }])(
      'prints its usage for the arguments $args',
      ({ args }) => {
        const outcome = run('mapped-head', directoryWith({}), args);
        expect(outcome).toEqual({ status: usageStatus, stdout: '', stderr: 'usage: mapped-head FILE\n' });
      },
    );
  });

  describe.skipIf(missing).each(['mmapped-files', 'mmapped-files-cpp'])('%s', (program) => {
    test.each(copies)('$name', ({ tree, args, error, after }) => {
      const directory = directoryWith(tree);
      const outcome = run(program, directory, args);
      expect(outcome).toEqual({
        status: error === undefined ? 0 : 1,
        stdout: '',
        stderr: error === undefined ? '' : `${program}: ${error}\n`,
      });
      expect(summaries(treeOf(directory))).toEqual(summaries(after ?? tree));
    });

    test('does not copy a file onto another name of itself', () => {
      const directory = directoryWith({ a: text('precious') });
      linkSync(join(directory, 'a'), join(directory, 'b'));
      const outcome = run(program, directory, ['a', 'b']);
      expect(outcome).toMatchObject({ status: 1, stderr: `${program}: open 'b': It is the source\n` });
      expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('precious');
    });

    test('does not write through a symbolic link', () => {
      const directory = directoryWith({ a: text('new'), c: text('precious') });
      symlinkSync('c', join(directory, 'b'));
      const outcome = run(program, directory, ['a', 'b']);
      expect(outcome).toMatchObject({ status: 1, stderr: `${program}: open 'b': Not a regular file\n` });
      expect(readFileSync(join(directory, 'c'), 'utf8')).toBe('precious');
    });

    test('keeps the target if the source is unreadable', () => {
      const directory = directoryWith({ a: text('secret'), b: text('old') });
      chmodSync(join(directory, 'a'), 0);
      const outcome = run(program, directory, ['a', 'b']);
      expect(outcome).toMatchObject({ status: 1, stderr: `${program}: open 'a': Permission denied\n` });
      expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('old');
    });

    // In preview2-shim, a full disk throws in JavaScript, and the program's clean-up never runs.
    test.skipIf(!canMount || name === 'preview2-shim')('leaves no target on a full disk', () => {
      const directory = directoryWith({ a: bytes(4 * WINDOW), disk: 'directory' });
      onSmallDisk(join(directory, 'disk'), 2 * WINDOW, () => {
        const { status, stderr } = run(program, directory, ['a', 'disk/b']);
        // A mapping that could not be written back is tried again at the exit.
        expect(stderr).toMatch(
          new RegExp(`^${program}: \\w+ 'disk/b': No space left on device\n(libshared-mman: .*\n)?$`),
        );
        expect(status).toBe(1);
        expect(readdirSync(join(directory, 'disk'))).toEqual([]);
      });
    });

    test.each([{ args: [] }, { args: ['a'] }, { args: ['a', 'b', 'c'] }])(
      'prints its usage for the arguments $args',
      ({ args }) => {
        const directory = directoryWith({ a: text('content') });
        const outcome = run(program, directory, args);
        expect(outcome).toEqual({
          status: usageStatus,
          stdout: '',
          stderr: `usage: ${program} SOURCE TARGET\n`,
        });
        expect(existsSync(join(directory, 'b'))).toBe(false);
      },
    );
  });
});

describe.each(runtimesOf('tests/samples'))('$name', ({ name, missing, run }) => {
  test.skipIf(missing)('memory_map keeps its promises', () => {
    const outcome = run('memory_map', directoryWith({}), []);
    const source = join(import.meta.dirname, 'memory_map.cpp');
    expect(outcome).toEqual({ status: 0, stdout: expectedOutput(source), stderr: '' });
  });

  // WASI cannot reserve space.
  test.skipIf(missing || !canMount || name !== 'native')(
    'memory_map keeps the size of a file for which the disk has no room',
    () => {
      const directory = directoryWith({});
      onSmallDisk(directory, 2 * WINDOW, () => {
        const outcome = run('memory_map', directory, [String(2 * WINDOW)]);
        expect(outcome).toEqual({ status: 0, stdout: '', stderr: '' });
      });
    },
  );
});

test.runIf(mayRun('c++'))('memory_map.hpp reports in one error that it needs C++23', () => {
  const compile = (standard: string) =>
    spawnSync('c++', [`-std=${standard}`, '-fsyntax-only', '-x', 'c++', 'c-src/samples/memory_map.hpp'], {
      encoding: 'utf8',
    });

  const { status, stderr } = compile('c++20');

  expect(stderr.match(/error:.*/g)).toEqual([expect.stringContaining('use -std=c++23')]);
  expect(status).toBe(1);
  expect(compile('c++23')).toMatchObject({ status: 0 });
});

describe.skipIf(wasmtime === undefined).each(['mmapped-files', 'mmapped-files-cpp'])('%s', (program) => {
  test('copies a file of 32 MiB in a memory of 5 MiB', () => {
    const content = bytes(32 * WINDOW);
    const directory = directoryWith({ a: content });
    const limit = `max-memory-size=${5 * WINDOW}`;
    const args = [
      'run',
      '-W',
      limit,
      '--dir',
      `${directory}::/`,
      built('samples', `${program}.wasm`),
      'a',
      'b',
    ];
    expect(runFile(wasmtime ?? '', args, directory)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(summary(readFileSync(join(directory, 'b')))).toBe(summary(content));
  });
});
