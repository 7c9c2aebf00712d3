// Copies that run out of a real resource: space, quota, files, descriptors, memory, or the size of a file.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Root } from '#bindings';
import { toComponent } from '../../ts/common/options.js';
import { componentErrorOf } from '../../ts/jobs/component.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { frontends, run } from '../cli/frontends.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { type LimitedDisk, mountDiskWithLimited, mountDiskWithQuota } from '../helpers/limited-disk.js';
import { whyNoMount } from '../helpers/mounting.js';
import { predictTarget, type Tree } from '../helpers/oracle.js';
import { canMount } from '../helpers/small-disk.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { createFaultyHost } from './faulty-host.js';
import { errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { copyCommands } from './killed-copies.js';
import { precompile } from './precompiled.js';
import { brokenPromises } from './promises.js';
import { type Recovery, recoveriesFor } from './recovery.js';
import { bytes, scenarios } from './scenarios.js';
import { instantiateWithMemory } from './small-memory.js';

const PAGE = 4096;

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Numbers from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function putSource(put: Put): void {
  put.file('in/a/f', bytes(9 * PAGE + 1, 1));
  put.file('in/a/d/g', bytes(PAGE, 2));
  put.file('in/a/e/h', bytes(5 * PAGE, 3));
  put.symlink('in/a/e/link', 'h');
}

function putTarget(put: Put): void {
  put.file('out/b/f', 'old');
  put.file('out/b/d/other', 'stays');
}

/** Restores the target, and returns the entries of `out`. */
function restart(directory: string): Tree {
  const out = join(directory, 'out');
  for (const name of readdirSync(out)) {
    rmSync(join(out, name), { recursive: true });
  }
  putTarget(putInto(directory));
  return look(out);
}

/** Copies a tree by the component's own interface, and returns how it ended. */
function step({ copier }: Root): string {
  try {
    const job = new copier.CopyJob('/in/a', '/out/b', toComponent({ recursive: true }, false));
    while (!job.step(1n).done) {}
    return 'copied';
  } catch (error) {
    const failure = componentErrorOf(error);
    return failure === undefined ? 'trapped' : failure.reason;
  }
}

/** Copies of a tree onto a disk that is too small, each with the step between the sizes that are tried. */
const copies = [
  { name: 'copied by the API', by: 'the API', options: { recursive: true }, every: 1 },
  {
    name: 'verified and synchronised',
    by: 'the API',
    options: { recursive: true, verify: true, sync: true },
    every: 1,
  },
  { name: 'copied with holes', by: 'the API', options: { recursive: true, sparse: 'always' }, every: 1 },
  // A process takes longer, but threads of this process would keep descriptors.
  {
    name: 'divided between two jobs',
    by: 'mapcp in Node',
    options: { recursive: true, concurrency: 2 },
    every: 4,
  },
  { name: 'copied in wasmtime', by: 'mapcp in wasmtime', options: { recursive: true }, every: 1 },
] as const;

/**
 * Copies onto disks with these limits, of which the first are too low, and again without the limit.
 *
 * @param codeIn the error code of a copy that exceeds a limit
 */
async function copyOnto(
  mount: (out: string) => LimitedDisk,
  limits: readonly number[],
  codeIn: Readonly<Record<Recovery['name'], string>>,
  { by, options, every }: (typeof copies)[number],
  directory: string,
): Promise<void> {
  putSource(putInto(directory));
  mkdirSync(join(directory, 'out'));
  const recovery = recoveriesFor(directory).find(({ name }) => name === by);
  if (recovery === undefined) {
    throw new Error(`there is no copying by ${by}`);
  }
  const codes = new Set<string>();
  using disk = mount(join(directory, 'out'));
  const descriptors = openDescriptors();
  for (const limit of limits.filter((_, index) => index % every === 0)) {
    const before = restart(directory);
    const complete = predictTarget(look(join(directory, 'in')), before, options, recovery);
    disk.limit(limit);
    const errors = await recovery.copy(options);
    expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
    const found = look(join(directory, 'out'));
    expect(brokenPromises({ before, complete, found, succeeded: errors.length === 0 })).toEqual([]);
    disk.limit();
    expect(await recovery.copy(options)).toEqual([]);
    const again = look(join(directory, 'out'));
    expect(brokenPromises({ before, complete, found: again, succeeded: true })).toEqual([]);
    codes.add(String(errors));
  }
  expect([...codes]).toEqual([codeIn[by], '']);
}

const noSpace = { 'the API': 'ENOSPC', 'mapcp in Node': 'ENOSPC', 'mapcp in wasmtime': 'ENOSPC' };
// WASI has no code for it.
const noQuota = { 'the API': 'EDQUOT', 'mapcp in Node': 'EDQUOT', 'mapcp in wasmtime': 'EIO' };

describe.skipIf(!canMount)('a tree on a disk that is too small', () => {
  const possible = copies.filter(({ by }) => by !== 'mapcp in wasmtime' || wasmtime !== undefined);

  it.for(possible)(
    'with any amount of space, $name, each entry is old, absent or complete',
    (copy, { inMemory: directory }) => {
      const sizes = range(3, 24).map((pages) => pages * PAGE);
      return copyOnto((out) => mountDiskWithLimited('bytes', out), sizes, noSpace, copy, directory);
    },
  );

  it.for(possible)(
    'with any number of files, $name, each entry is old, absent or complete',
    (copy, { inMemory: directory }) =>
      copyOnto((out) => mountDiskWithLimited('files', out), range(4, 12), noSpace, copy, directory),
  );

  describe('a tree under a quota', () => {
    const why = inMemoryDirectory((directory) => {
      mkdirSync(join(directory, 'out'));
      return whyNoMount(() => mountDiskWithQuota(join(directory, 'out'), join(directory, 'image')));
    });

    it.for(possible)('with any quota, $name, each entry is old, absent or complete', (copy, { skip }) => {
      skip(why !== undefined, why);
      return inMemoryDirectory((directory) => {
        // Too large, if there is just enough quota to create files.
        putInto(directory).directory('in/a');
        putInto(directory).file('in/a/large', bytes(3_000_000, 4));
        const sizes = range(4, 12).map((power) => 2 ** power * PAGE);
        const mount = (out: string) => mountDiskWithQuota(out, join(directory, 'image'));
        return copyOnto(mount, sizes, noQuota, copy, directory);
      });
    });
  });
});

describe('in a process with few free descriptors', () => {
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

  /** Occupies all descriptors except `left`. The returned function frees them. */
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

  it.for(scenarios)(
    'copies $name or reports too many open files',
    async (scenario, { inMemory: directory }) => {
      using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
      const succeeded: boolean[] = [];
      for (const left of range(0, 16)) {
        const ending = await sandbox.copy(
          () => undefined,
          () => takeDescriptors(left),
        );
        expect(brokenPromises(ending)).toEqual([]);
        expect(ending.descriptorsLeft).toBe(0);
        for (const error of ending.succeeded ? [] : errorsOf(ending)) {
          expect(error).toMatchObject({
            code: 'EMFILE',
            reason: 'too many open files; raise the limit (ulimit -n), or use fewer jobs at a time',
          });
        }
        succeeded.push(ending.succeeded);
        const again = await sandbox.copyAgain();
        expect(brokenPromises(again)).toEqual([]);
        expect([again.succeeded, again.descriptorsLeft]).toEqual([true, 0]);
      }
      expect([...new Set(succeeded)]).toEqual([false, true]);
    },
  );
});

describe.each(copyCommands)('mapcp in $name, with few descriptors,', (frontend) => {
  /** wasmtime reports another error. */
  const reason = {
    Node: 'too many open files; raise the limit (ulimit -n), or use fewer jobs at a time',
    wasmtime: 'input/output error',
  }[frontend.name];
  /** It cannot start with fewer. */
  const first = { Node: 20, wasmtime: 6 }[frontend.name];

  it.skipIf(frontend.missing)(
    'copies a tree, or reports the error and leaves nothing',
    ({ inMemory: directory }) => {
      const out = join(directory, 'out');
      putSource(putInto(directory));
      // Each level needs further descriptors.
      putInto(directory).directory('in/a/1/2/3/4');
      putInto(directory).file('in/a/1/2/3/4/5');
      mkdirSync(out);
      const command = [...frontend.command(directory), '-r', '-T', 'in/a', 'out/b'];
      const runWith = (...wrapper: string[]) => {
        const [program = '', ...args] = [...wrapper, ...command];
        return spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
      };
      const refusals = new Set<string>();
      let succeeded = false;
      for (let count = first; !succeeded; count++) {
        expect(count).toBeLessThan(100);
        const before = restart(directory);
        const complete = predictTarget(look(join(directory, 'in')), before, {}, frontend);
        const { status, stderr } = runWith('prlimit', `--nofile=${count}:${count}`);
        succeeded = status === 0;
        expect(brokenPromises({ before, complete, found: look(out), succeeded })).toEqual([]);
        const isRefused = stderr.startsWith('mapcp: ');
        if (isRefused) {
          refusals.add(stderr.trim().replace(/.*: /, ''));
          expect(runWith().status).toBe(0);
          expect(brokenPromises({ before, complete, found: look(out), succeeded: true })).toEqual([]);
        } else if (!succeeded) {
          // The runtime itself has too few, so mapcp has not started.
          expect(look(out)).toEqual(before);
        }
      }
      expect([...refusals]).toEqual([reason]);
    },
  );
});

describe('a component with little memory', () => {
  const copied = 'copied';
  const limits = range(2, 40);

  /** Copies a tree by `copyWith` with growing memory, and returns how the copies ended. */
  async function copyInside(
    directory: string,
    copyWith: (pages: number) => Promise<string>,
    hasModes: boolean,
  ): Promise<readonly string[]> {
    putSource(putInto(directory));
    putInto(directory).file('in/a/large', bytes(1_300_000, 4));
    mkdirSync(join(directory, 'out'));
    const endings = new Set<string>();
    for (const pages of limits) {
      const before = restart(directory);
      const ending = await copyWith(pages);
      const found = look(join(directory, 'out'));
      const complete = predictTarget(look(join(directory, 'in')), before, {}, { hasModes });
      expect(brokenPromises({ before, complete, found, succeeded: ending === copied })).toEqual([]);
      endings.add(ending);
    }
    return [...endings];
  }

  // Without memory for the arguments, the component traps.
  const endings = ['trapped', 'out of memory; try a smaller window', copied];

  it('in Node copies, or reports the error and leaves nothing', async ({ inMemory: directory }) => {
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
    // The memory that the module begins with has room for the arguments.
    expect(await copyInside(directory, copyWith, true)).toEqual(endings.slice(1));
  });

  it.skipIf(wasmtime === undefined)(
    'in wasmtime copies, or reports the error and leaves nothing',
    async ({ inMemory: directory }) => {
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
    },
  );
});

describe.each(frontends)('mapcp in $name, if a limit allows no file above 100,000 bytes,', (frontend) => {
  // The signal would kill a runtime that does not ignore it.
  const limited = ['sh', '-c', `trap '' XFSZ; exec prlimit --fsize=100000 "$@"`, 'sh'];

  it('reports the limit, and keeps the old file', ({ inMemory: directory }) => {
    const put = putInto(directory);
    put.file('in/a', bytes(200_000, 1));
    put.file('out/b', 'old');
    const { status, stderr } = run(frontend, ['in/a', 'out/b'], directory, limited);
    expect(stderr).toBe(
      "mapcp: cannot copy 'in/a' to 'out/b': cannot write 'out/b': the file is too large for the file system or the limit of the process\n",
    );
    expect(status).toBe(1);
    expect(look(join(directory, 'out'))).toMatchObject({ b: { content: 'old' } });
    expect(readdirSync(join(directory, 'out'))).toEqual(['b']);
  });
});
