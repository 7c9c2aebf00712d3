// Copies that run out of what they need, for real: of space, of files, of descriptors, of memory, of a file's size.
//
// Quotas are not among them, since few kernels have any for tmpfs: every-call.test.ts has the host report them.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { CopyError, type CopyOptions, copy } from 'mapcp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Root } from '#bindings';
import { failureOf } from '../../ts/component.js';
import { toComponent } from '../../ts/options.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { fronts, run } from '../cli/fronts.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { canMount, mountSmallDisk } from '../helpers/small-disk.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { completed, type PromisedTree, type Tree } from './complete.js';
import { createFaultyHost } from './faulty-host.js';
import { FaultySandbox, failuresOf } from './faulty-sandbox.js';
import { precompile } from './precompiled.js';
import { brokenPromises } from './promises.js';
import { bytes, scenarios } from './scenarios.js';
import { instantiateWithMemory } from './small-memory.js';

const PAGE = 4096;

/** What a copy fails with, or undefined where it does not. */
async function codeOf(copying: PromiseLike<unknown>): Promise<string | undefined> {
  try {
    await copying;
    return undefined;
  } catch (error) {
    if (error instanceof CopyError) {
      return error.code;
    }
    throw error;
  }
}

/** Numbers from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function putSource(put: Put): void {
  put.directory('in/a/d', 'in/a/e');
  put.file('in/a/f', bytes(9 * PAGE + 1, 1));
  put.file('in/a/d/g', bytes(PAGE, 2));
  put.file('in/a/e/h', bytes(5 * PAGE, 3));
  put.symlink('in/a/e/link', 'h');
}

function putTarget(put: Put): void {
  put.directory('out/b/d');
  put.file('out/b/f', 'old');
  put.file('out/b/d/other', 'stays');
}

/** What a copy of the source makes of a target. */
function completedFrom(directory: string, before: Tree, options: CopyOptions): PromisedTree {
  return completed({ source: look(join(directory, 'in')), before, to: 'b', options });
}

/** Copies a tree by the component's own interface, and says how that ended. */
function step({ copier }: Root): string {
  try {
    const job = new copier.CopyJob('/in/a', '/out/b', toComponent({ recursive: true }, false));
    while (!job.step(1n).done) {}
    return 'copied';
  } catch (error) {
    const failure = failureOf(error);
    return failure === undefined ? 'trapped' : failure.reason;
  }
}

describe.skipIf(!canMount)('a tree on a disk', () => {
  /** Copies onto disks of all these sizes, the first of which are too small. */
  async function copyOnto(disks: readonly [size: number, files: number][], directory: string): Promise<void> {
    const options = { recursive: true };
    mkdirSync(join(directory, 'out'));
    putSource(putInto(directory));
    const codes = new Set<string | undefined>();
    for (const [size, files] of disks) {
      const unmount = mountSmallDisk(join(directory, 'out'), size, files);
      try {
        putTarget(putInto(directory));
        const before = look(join(directory, 'out'));
        const code = await codeOf(copy(join(directory, 'in/a'), join(directory, 'out/b'), options));
        const found = look(join(directory, 'out'));
        const complete = completedFrom(directory, before, options);
        codes.add(code);
        expect(brokenPromises({ before, complete, found, succeeded: code === undefined })).toEqual([]);
      } finally {
        unmount();
      }
    }
    expect([...codes]).toEqual(['ENOSPC', undefined]);
  }

  it('of any size is old, none or complete', () =>
    inMemoryDirectory((directory) =>
      copyOnto(
        range(3, 24).map((pages) => [pages * PAGE, 0]),
        directory,
      ),
    ));

  it('that holds any number of files is old, none or complete', () =>
    inMemoryDirectory((directory) =>
      copyOnto(
        range(4, 12).map((files) => [PAGE * 100, files]),
        directory,
      ),
    ));
});

describe('a process that has few descriptors left', () => {
  const nofile = (...args: string[]): string =>
    execFileSync('prlimit', [`--pid=${process.pid}`, ...args], { encoding: 'utf8' }).trim();
  let limit = '';

  beforeAll(() => {
    limit = nofile('--nofile', '--noheadings', '--raw', '--output=SOFT');
    nofile(`--nofile=${readdirSync('/proc/self/fd').length + 60}:`);
  });
  afterAll(() => {
    nofile(`--nofile=${limit}:`);
  });

  /** Takes all descriptors but `left`; what it returns gives them back. */
  function takeDescriptors(left: number): () => void {
    const taken: number[] = [];
    const giveBack = (count: number) => {
      for (const descriptor of taken.splice(0, count)) {
        closeSync(descriptor);
      }
    };
    try {
      for (;;) {
        taken.push(openSync('/dev/null', 'r'));
      }
    } catch {
      giveBack(left);
    }
    return () => giveBack(taken.length);
  }

  it.each(scenarios)('copies $name, or says that it has too few, and leaves nothing', (scenario) =>
    inMemoryDirectory(async (directory) => {
      using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
      const succeeded: boolean[] = [];
      for (const left of range(0, 16)) {
        const ending = await sandbox.copy(
          () => undefined,
          () => takeDescriptors(left),
        );
        expect(brokenPromises(ending)).toEqual([]);
        expect(ending.descriptorsLeft).toBe(0);
        for (const error of ending.succeeded ? [] : failuresOf(ending)) {
          expect(error).toMatchObject({ code: 'ENOMEM', reason: 'out of memory or of file descriptors' });
        }
        succeeded.push(ending.succeeded);
      }
      expect([...new Set(succeeded)]).toEqual([false, true]);
    }),
  );
});

describe('a component that has little memory', () => {
  const copied = 'copied';
  const limits = range(2, 40);

  /** Copies a tree by `copyWith` with more and more memory, and says how each copy ended. */
  async function copyInside(
    directory: string,
    copyWith: (pages: number) => Promise<string>,
    preserveMode: boolean,
  ): Promise<readonly string[]> {
    putSource(putInto(directory));
    putInto(directory).file('in/a/large', bytes(1_300_000, 4));
    mkdirSync(join(directory, 'out'));
    const endings = new Set<string>();
    for (const pages of limits) {
      rmSync(join(directory, 'out/b'), { recursive: true, force: true });
      putTarget(putInto(directory));
      const before = look(join(directory, 'out'));
      const ending = await copyWith(pages);
      const found = look(join(directory, 'out'));
      const complete = completedFrom(directory, before, { recursive: true, preserveMode });
      expect(brokenPromises({ before, complete, found, succeeded: ending === copied })).toEqual([]);
      endings.add(ending);
    }
    return [...endings];
  }

  // Where there is not even enough for the arguments, all that is left to it is a trap.
  const endings = ['trapped', 'out of memory; try a smaller window', copied];

  it('in Node copies, or says so and leaves nothing', () =>
    inMemoryDirectory(async (directory) => {
      const copyWith = async (pages: number) => {
        const preopens = {
          '/in': { path: join(directory, 'in'), access: 'read' },
          '/out': { path: join(directory, 'out'), access: 'read-write' },
        } as const;
        const host = await createFaultyHost({ preopens }, 'in memory');
        host.start(false);
        try {
          return step(await instantiateWithMemory(pages, host.imports));
        } finally {
          host.close();
        }
      };
      expect(await copyInside(directory, copyWith, true)).toEqual(endings);
    }));

  it.skipIf(wasmtime === undefined)('in wasmtime copies, or says so and leaves nothing', () =>
    inMemoryDirectory(async (directory) => {
      const [program = '', ...args] = precompile(directory);
      const copyWith = async (pages: number) => {
        const memory = ['-W', `max-memory-size=${pages * 65_536}`];
        const { status, stderr } = spawnSync(
          program,
          [...args.slice(0, 1), ...memory, ...args.slice(1), '-r', '-T', 'in/a', 'out/b'],
          {
            cwd: directory,
            encoding: 'utf8',
          },
        );
        return status === 0
          ? copied
          : stderr.startsWith('mapcp: ')
            ? stderr.trim().replace(/.*: /, '')
            : 'trapped';
      };
      expect(await copyInside(directory, copyWith, false)).toEqual(endings);
    }),
  );
});

describe.each(fronts)('mapcp in $name, where no file may be larger than 100,000 bytes,', (front) => {
  // A runtime that does not ignore this signal itself dies of it, which is no matter of the component's.
  const limited = ['sh', '-c', `trap '' XFSZ; exec prlimit --fsize=100000 "$@"`, 'sh'];

  it('says so, and leaves the old file', () =>
    inMemoryDirectory((directory) => {
      const put = putInto(directory);
      put.directory('in', 'out');
      put.file('in/a', bytes(200_000, 1));
      put.file('out/b', 'old');
      const { status, stderr } = run(front, ['in/a', 'out/b'], directory, limited);
      expect(stderr).toBe(
        "mapcp: cannot copy 'in/a' to 'out/b': cannot write 'out/b': larger than a file may be here\n",
      );
      expect(status).toBe(1);
      expect(look(join(directory, 'out'))).toMatchObject({ b: { content: 'old' } });
      expect(readdirSync(join(directory, 'out'))).toEqual(['b']);
    }));
});
