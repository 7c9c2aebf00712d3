// The cost of a copy without a clock: the component's calls, the host's path look-ups, and the bytes that pass between
// them.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportObject } from '#bindings';
import { instantiate } from '#bindings';
import { toComponent } from '../../ts/common/options.js';
import { ModeCarrier } from '../../ts/host/index.js';
import { READ_ASIDE } from '../../ts/host/lowering/filesystem.js';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, walkers } from './helpers.js';
import { Counter, counted, watchCalls } from './watch-calls.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];

/** The cost of copying a tree of these files. */
async function costOf(files: ReadonlyMap<string, Uint8Array>) {
  const directory = temporaryDirectory();
  const [source, target] = [join(directory, 'source'), join(directory, 'target')];
  mkdirSync(join(source, 'tree'), { recursive: true });
  mkdirSync(target);
  for (const [name, content] of files) {
    writeFileSync(join(source, 'tree', name), content);
  }
  const ways = new Counter();
  const modes = new ModeCarrier();
  const host = hostWith(counted(walker, ways), {
    preopens: {
      '/source': { path: source, access: 'read' },
      '/target': { path: target, access: 'read-write' },
    },
    clocks: true,
    random: true,
    modes,
    listIdentities: false,
  });
  const calls = new Counter();
  const bytes = new Counter();
  const { Descriptor, DirectoryEntryStream } = host.imports['wasi:filesystem/types'];
  const watcher = {
    passed: (name: string) => calls.count(name),
    lowered: (name: string, flat: (number | bigint)[], memory: DataView) => {
      calls.count(name);
      if (name === 'read') {
        bytes.count(name, memory.getUint32(Number(flat[3]) + 8, true));
      } else if (name === 'write') {
        bytes.count(name, Number(flat[2]));
      }
    },
  };
  watchCalls(Descriptor.prototype, watcher);
  watchCalls(DirectoryEntryStream.prototype, watcher);
  const { copier } = await instantiate(undefined, host.imports as object as ImportObject);
  modes.start(true);
  new copier.CopyJob('/source/tree', '/target/tree', toComponent({ recursive: true }, false)).step(1n << 62n);
  expect(readdirSync(join(target, 'tree')).length).toBe(files.size);
  return { calls, ways, bytes };
}

/** Files with the same content, and names of 10 bytes. */
function manyFiles(count: number, content: Uint8Array, digits = 10): Map<string, Uint8Array> {
  return new Map(
    Array.from({ length: count }, (_, index) => [String(index).padStart(digits, '0'), content] as const),
  );
}

/** The difference between two costs, divided by `files`. */
function difference(smaller: Counter, larger: Counter, files: number): Record<string, number> {
  const names = new Set([...smaller.keys(), ...larger.keys()]);
  const each = [...names].map(
    (name) => [name, ((larger.get(name) ?? 0) - (smaller.get(name) ?? 0)) / files] as const,
  );
  return Object.fromEntries(each.filter(([, amount]) => amount !== 0));
}

describe('the cost of a copy', () => {
  it('is a fixed number of calls and look-ups for each small file of a tree', async () => {
    const content = Buffer.alloc(4096, 'content');
    const smaller = await costOf(manyFiles(10, content));
    const larger = await costOf(manyFiles(30, content));
    expect(difference(smaller.calls, larger.calls, 20)).toEqual({
      readDirectoryEntry: 1,
      metadataHashAt: 1,
      getFlags: 2,
      getType: 4,
      openAt: 2,
      stat: 2,
      metadataHash: 2,
      read: 1,
      write: 1,
      renameAt: 1,
    });
    expect(difference(smaller.ways, larger.ways, 20)).toEqual({ open: 2, rename: 1 });
  });

  it('is one read and one write of each byte, and one further byte for each full window', async () => {
    const windows = 5;
    const size = windows * 1024 * 1024 + 1;
    const { bytes } = await costOf(new Map([['large', Buffer.alloc(size, 'content')]]));
    // The byte behind a window shows whether the file goes on there, whatever its size says. The next window reads it
    // again: a millionth more, and a call less than a look for the end by itself.
    expect(Object.fromEntries(bytes)).toEqual({ read: size + windows, write: size });
  });

  it('is one read of a small file, since the engine and the host agree on what is small', () => {
    const source = readFileSync('c-src/engine/window.c', 'utf8');
    expect(/^#define SMALL_READ (\d+)$/m.exec(source)?.[1]).toBe(String(READ_ASIDE));
  });

  it.each([7, 8, 9, 40, 104])(
    'is one look at each entry of a directory, if names have %i bytes',
    async (length) => {
      const { calls } = await costOf(manyFiles(400, Buffer.alloc(1), length));
      // And one for the end.
      expect(calls.get('readDirectoryEntry')).toBe(401);
    },
  );
});
