// What a caller passes is taken at the call. Changing it later changes no copy, whether it runs or waits for its turn.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clean, copy, openSandbox } from 'mapcp';
import { createHost, runComponent } from 'mapcp/host';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

const component = readFileSync('build/out/mapcp.wasm');

/** More copies than run at the same time, so that the last ones wait. */
const MANY = 40;

function makeTree(directory: string): void {
  mkdirSync(join(directory, 'tree'));
  for (const name of ['kept', 'left.o', 'left.a']) {
    writeFileSync(join(directory, 'tree', name), 'new');
  }
}

/** Options, and how often each was read. */
function counted<T extends object>(options: T): { options: T; reads: Map<string | symbol, number> } {
  const reads = new Map<string | symbol, number>();
  const get = (target: T, name: string | symbol) => {
    reads.set(name, (reads.get(name) ?? 0) + 1);
    return Reflect.get(target, name);
  };
  return { options: new Proxy(options, { get }), reads };
}

function expectOnce(reads: ReadonlyMap<string | symbol, number>, ...names: readonly string[]): void {
  for (const name of names) {
    expect([name, reads.get(name)]).toEqual([name, 1]);
  }
}

describe('a copy', () => {
  it('does as its options said at the call, also if it waits', async ({ directory }) => {
    makeTree(directory);
    const exclude = ['*.o'];
    const options = {
      recursive: true,
      exclude,
      overwrite: 'always' as string,
      shard: { index: 0, count: 1 },
    };
    const copies = Array.from({ length: MANY }, (_, index) =>
      copy(join(directory, 'tree'), join(directory, `copy-${index}`), options as never),
    );
    exclude.push('*.a', 'kept');
    options.shard.index = 5;
    Object.assign(options, { recursive: false, overwrite: 'nonsense', dryRun: true });
    await Promise.all(copies);
    for (let index = 0; index < MANY; index++) {
      expect(readdirSync(join(directory, `copy-${index}`)).sort()).toEqual(['kept', 'left.a']);
    }
  });

  it('replaces what its options allowed at the call', async ({ directory }) => {
    makeTree(directory);
    writeFileSync(join(directory, 'old'), 'old');
    const options = { overwrite: 'never' as 'never' | 'always' };
    const copies = Array.from({ length: MANY }, () =>
      copy(join(directory, 'tree/kept'), join(directory, 'old'), options),
    );
    options.overwrite = 'always';
    await Promise.all(copies);
    expect(readFileSync(join(directory, 'old'), 'utf8')).toBe('old');
  });

  it('goes to the URL that was given at the call', async ({ directory }) => {
    makeTree(directory);
    const [source, target] = ['tree/kept', 'target'].map((name) => pathToFileURL(join(directory, name)));
    if (source === undefined || target === undefined) {
      throw new Error('there are two');
    }
    const copies = Array.from({ length: MANY }, () => copy(source, target));
    target.pathname += '-other';
    source.pathname += '-other';
    await Promise.all(copies);
    expect(readdirSync(directory).sort()).toEqual(['target', 'tree']);
  });

  it('does as its options said at the call in a sandbox, and in threads', async ({ directory }) => {
    makeTree(directory);
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    const exclude = ['*.o'];
    const options = { recursive: true, exclude };
    const divided = { recursive: true, exclude, concurrency: 2, shard: { index: 0, count: 1 } };
    const copies = [
      ...Array.from({ length: MANY }, (_, index) => box.copy('/d/tree', `/d/copy-${index}`, options)),
      box.copy('/d/tree', '/d/divided', divided),
    ];
    exclude[0] = 'kept';
    options.recursive = false;
    Object.assign(divided, { concurrency: 1, exclude: [] });
    divided.shard.count = 7;
    await Promise.all(copies);
    for (const name of readdirSync(directory).filter((each) => each !== 'tree')) {
      expect(readdirSync(join(directory, name)).sort()).toEqual(['kept', 'left.a']);
    }
  });

  it('reads each option once', async ({ directory }) => {
    makeTree(directory);
    const { options, reads } = counted({
      recursive: true,
      exclude: ['*.o'],
      onEntry: () => {},
      sync: false,
    });
    await copy(join(directory, 'tree'), join(directory, 'copy'), options);
    expectOnce(reads, 'recursive', 'exclude', 'onEntry', 'sync');
  });

  it('rejects with what a getter throws', async () => {
    const options = {
      get recursive(): boolean {
        throw new Error('no answer');
      },
    };
    await expect(copy('a', 'b', options)).rejects.toThrow('no answer');
  });
});

describe('cleaning, a sandbox and a host', () => {
  it('clean as the options said at the call', async ({ directory }) => {
    writeFileSync(join(directory, '.mapcp-0123456789abcdef.tmp'), '');
    const options = { dryRun: true };
    const cleaning = clean(directory, options);
    options.dryRun = false;
    expect(await cleaning).toBe(1);
    expect(readdirSync(directory)).toHaveLength(1);
    const read = counted({ dryRun: true });
    await clean(directory, read.options);
    expectOnce(read.reads, 'dryRun');
  });

  it('open the directories that were named at the call', async ({ directory }) => {
    makeTree(directory);
    const preopens = { '/d': { path: directory, access: 'read' as 'read' | 'read-write' } };
    const opening = openSandbox(preopens);
    preopens['/d'].access = 'read-write';
    preopens['/d'].path = '/';
    using box = await opening;
    await expect(box.copy('/d/tree/kept', '/d/other')).rejects.toMatchObject({ code: 'EPERM' });
    const read = counted({ path: directory, access: 'read' as const });
    using another = await openSandbox({ '/d': read.options });
    expectOnce(read.reads, 'path', 'access');
    expect(another.clean('/d', { dryRun: true })).toBe(0);
  });

  it('give a host of the caller the directories that were named at the call', async ({ directory }) => {
    const preopens = { '/d': { path: directory, access: 'read' as 'read' | 'read-write' } };
    const host = async (given: object) => {
      await Promise.resolve();
      expect(given).toEqual({ '/d': { path: directory, access: 'read' } });
      return createHost({ preopens: given as typeof preopens, clocks: true, random: true });
    };
    const opening = openSandbox(preopens, { host });
    preopens['/d'].access = 'read-write';
    (await opening).close();
  });

  it('run the program with the arguments that it was given at the call', async () => {
    const args = ['mapcp', '--version'];
    const printed: string[] = [];
    const bytes = new Uint8Array(component);
    const options = {
      args,
      env: { A: 'b' },
      stdin: new Uint8Array([1]),
      stdout: (piece: Uint8Array) => void printed.push(new TextDecoder().decode(piece)),
      clocks: true,
      random: true,
    };
    const running = runComponent(bytes, options);
    args[1] = '--help';
    bytes.fill(0);
    Object.assign(options, { stdout: undefined, clocks: false });
    expect(await running).toBe(0);
    expect(printed.join('')).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('read each option of a host once', async () => {
    const preopen = counted({ path: '.', access: 'read' as const });
    const output = counted({ fd: 1 });
    const { options, reads } = counted({
      args: ['a'],
      preopens: { '/d': preopen.options },
      stdout: output.options,
    });
    (await createHost(options)).close();
    expectOnce(reads, 'args', 'preopens', 'stdout');
    expectOnce(preopen.reads, 'path', 'access');
    expectOnce(output.reads, 'fd');
  });
});
