// Limits on what a copy creates, if the source lies, never ends, or is divided.

import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  DescriptorStat,
  DirectoryEntry,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { type CopyOptions, copy, type HostMaker } from 'mapcp';
import { createHost } from 'mapcp/host';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';

/** Makes a host whose classes `change` may change in place. */
const changedHost =
  (
    change: (types: Record<'Descriptor' | 'DirectoryEntryStream', { prototype: object }>) => void,
  ): HostMaker =>
  async (preopens) => {
    const host = await createHost({ preopens, clocks: true, random: true, allowOverlap: true });
    change(host.imports['wasi:filesystem/types']);
    return { imports: host.imports, close: () => host.close() };
  };

/** A host that says that every file has one byte. */
const shrinkingHost = changedHost(({ Descriptor: { prototype } }) => {
  for (const name of ['stat', 'statAt']) {
    const stat = Reflect.get(prototype, name) as (...args: unknown[]) => DescriptorStat;
    const value = function (this: object, ...args: unknown[]) {
      const status = stat.apply(this, args);
      return status.type === 'regular-file' ? { ...status, size: 1n } : status;
    };
    // The host calls this form if the lowered form is missing.
    Object.defineProperty(prototype, name, { value });
  }
});

/** A host whose listings have files `n0`, `n1` and so on while `goesOn` returns true for the number. */
const listingHost = (goesOn: (number: number) => boolean): HostMaker =>
  changedHost(({ DirectoryEntryStream: { prototype } }) => {
    let count = 0;
    const value = (): DirectoryEntry | undefined =>
      goesOn(count) ? { type: 'regular-file', name: `n${count++}` } : undefined;
    Object.defineProperty(prototype, 'readDirectoryEntry', { value });
  });

const endlessHost = listingHost(() => true);

const failed = (reason: string) => ({
  code: 'ERR_MAPCP_LIMIT_EXCEEDED',
  operation: 'accept',
  leftover: undefined,
  reason: `${reason} allows; raise the limit if you trust the source`,
});

it.for<[CopyOptions, string]>([
  [{ maxFileSize: 99_999 }, 'it has more bytes than maxFileSize: 99999'],
  [{ maxBytes: 99_999 }, 'with it, the copy has more bytes than maxBytes: 99999'],
])(
  'a file that has more bytes than its status says ends at %o',
  async ([options, reason], { inMemory: directory }) => {
    writeFileSync(join(directory, 'a'), Buffer.alloc(100_000, 1));
    const copying = (more: CopyOptions) =>
      copy(join(directory, 'a'), join(directory, 'b'), { ...more, windowSize: 65_536, host: shrinkingHost });
    await expect(copying(options)).rejects.toMatchObject(failed(reason));
    expect(readdirSync(directory)).toEqual(['a']);
    await expect(copying({ maxBytes: 100_000, maxFileSize: 100_000n })).resolves.toMatchObject({
      bytes: 100_000,
    });
  },
);

it.for<[string, CopyOptions]>([
  ['goes on after errors', { keepGoing: true }],
  ['measures first and leaves out all entries', { exclude: ['n*'], onProgress: () => {} }],
])(
  'with a limit on entries, a listing that never ends is an error if the copy %s',
  async ([_, options], { inMemory: directory }) => {
    mkdirSync(join(directory, 'a'));
    const copying = copy(join(directory, 'a'), join(directory, 'b'), {
      recursive: true,
      maxFiles: 3,
      host: endlessHost,
      ...options,
    });
    await expect(copying).rejects.toMatchObject(failed('the copy lists far more entries than maxFiles: 3'));
  },
);

it('with a limit on entries, a list that never ends and has only bad paths is an error', async ({
  inMemory: directory,
}) => {
  mkdirSync(join(directory, 'a'));
  const files = (function* () {
    for (let number = 0; ; number++) {
      yield `../${number}`;
    }
  })();
  const options = { maxFiles: 3, keepGoing: true, files, signal: AbortSignal.timeout(300_000) };
  const copying = copy(join(directory, 'a'), join(directory, 'b'), options);
  await expect(copying).rejects.toMatchObject(failed('the copy lists far more entries than maxFiles: 3'));
});

it.for<[string, CopyOptions]>([
  ['copies', {}],
  ['measures', { onProgress: () => {} }],
])(
  'an abort ends a copy that %s a listing that never ends, of which it leaves out all entries',
  async ([_, options], { inMemory: directory }) => {
    mkdirSync(join(directory, 'a'));
    const controller = new AbortController();
    const reason = new Error('enough');
    const host = listingHost((number) => {
      if (number === 10_000) {
        setImmediate(() => controller.abort(reason));
      }
      // If the copy cannot be aborted, it must end for the test to fail.
      return number < 1_000_000;
    });
    const copying = copy(join(directory, 'a'), join(directory, 'b'), {
      recursive: true,
      exclude: ['n*'],
      signal: controller.signal,
      host,
      ...options,
    });
    await expect(copying).rejects.toBe(reason);
  },
);

it.for([{ maxFiles: 50 }, { maxBytes: 500 }])(
  'the limit %o is for all jobs of a divided copy together',
  async (limit, { inMemory: directory }) => {
    mkdirSync(join(directory, 'a'));
    for (let number = 0; number < 100; number++) {
      writeFileSync(join(directory, 'a', `${number}`), 'ten bytes.');
    }
    const options = { recursive: true, concurrency: 4, ...limit };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), options);
    await expect(copying).rejects.toMatchObject({ code: 'ERR_MAPCP_LIMIT_EXCEEDED' });
    const most = 'maxFiles' in limit ? limit.maxFiles - 1 : limit.maxBytes / 10;
    expect(readdirSync(join(directory, 'b')).length).toBe(most);
    const shard = { index: 0, count: 2 };
    await expect(
      copy(join(directory, 'a'), join(directory, 'c'), { ...options, concurrency: 1, shard }),
    ).rejects.toMatchObject({ code: 'EINVAL', operation: 'accept' });
  },
);

it('a limit on single entries holds in every job of a divided copy', async ({ inMemory: directory }) => {
  mkdirSync(join(directory, 'a/d'), { recursive: true });
  for (let number = 0; number < 20; number++) {
    writeFileSync(join(directory, 'a', `${number}`), number === 7 ? 'larger' : 'x');
  }
  writeFileSync(join(directory, 'a/d/deep'), 'x');
  const report = await copy(join(directory, 'a'), join(directory, 'b'), {
    recursive: true,
    concurrency: 3,
    keepGoing: true,
    maxFileSize: 5,
    maxDepth: 1,
  });
  expect(report).toMatchObject({ files: 19, errorCount: 2 });
  expect(report.errors.map(({ source }) => source.slice(directory.length)).sort()).toEqual([
    '/a/7',
    '/a/d/deep',
  ]);
});

it('links that multiply a tree end at the limit on entries, also while the copy measures', async ({
  inMemory: directory,
}) => {
  const names = Array.from({ length: 12 }, (_, number) => `${number}`);
  for (const name of names) {
    mkdirSync(join(directory, 'a', name), { recursive: true });
    for (const other of names) {
      symlinkSync(`../${other}`, join(directory, 'a', name, `to${other}`));
    }
  }
  const options = { recursive: true, symlinks: 'follow', keepGoing: true, maxFiles: 100 } as const;
  for (const more of [{}, { onProgress: () => {} }, { dryRun: true }]) {
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { ...options, ...more });
    await expect(copying).rejects.toMatchObject({ code: 'ERR_MAPCP_LIMIT_EXCEEDED' });
  }
  expect(readdirSync(join(directory, 'b'), { recursive: true }).length).toBeLessThan(100);
});

it.each<[unknown, typeof TypeError]>([
  ['1', TypeError],
  [null, TypeError],
  [-1, RangeError],
  [1.5, RangeError],
  [Number.NaN, RangeError],
  [Number.POSITIVE_INFINITY, RangeError],
  [-1n, RangeError],
  [2n ** 64n, RangeError],
  [2 ** 64, RangeError],
])('%o is no limit', async (value, type) => {
  for (const name of ['maxBytes', 'maxFiles', 'maxDepth', 'maxFileSize']) {
    const copying = copy('a', 'b', { [name]: value } as CopyOptions);
    await expect(copying).rejects.toThrow(type);
    await expect(copying).rejects.toThrow(`options.${name} must be`);
  }
});
