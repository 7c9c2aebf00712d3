// The contract with jco's bindings that ts/host/lowering/guest.ts relies on. A change in jco fails here.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../ts/host/error-code.js';
import type { Host } from '../../ts/host/host.js';
import { ExitError } from '../../ts/host/index.js';
import { built } from '../helpers/runtimes.js';
import { expectCheckedParameters, hostWith, sandbox, walkers } from './helpers.js';
import type { Lowered } from './watch-calls.js';
import { Counter, watchCalls } from './watch-calls.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];
const cabiLower = Symbol.for('cabiLower');
const cabiRep = Symbol.for('cabiRep');
const cabiDispose = Symbol.for('cabiDispose');
const OWN = 1 << 30;

/** Counts the calls of every method of a class, in lowered and in ordinary form. */
function countCalls(prototype: object): { lowered: Counter; passed: Counter } {
  const lowered = new Counter();
  const passed = new Counter();
  watchCalls(prototype, { lowered: (name) => lowered.count(name), passed: (name) => passed.count(name) });
  return { lowered, passed };
}

/** A lowering context like jco's: a memory, an allocator that grows it, and a table with one handle. */
function contextFor(host: Host, onRealloc = () => {}, stringEncoding?: 'utf16') {
  const memory = { buffer: new ArrayBuffer(65536) };
  const [root] = host.imports['wasi:filesystem/preopens'].getDirectories();
  const table = Object.assign([OWN, 0, 0, Reflect.get(root?.[0] ?? {}, cabiRep) | OWN], {
    _createdReps: new Set<number>(),
  });
  let top = 32768;
  const realloc = (_old: number, _oldSize: number, _align: number, size: number) => {
    onRealloc();
    const pointer = top;
    top += size;
    // A memory that grows detaches its old buffer.
    memory.buffer = moved(memory.buffer, top);
    return pointer;
  };
  const { Descriptor } = host.imports['wasi:filesystem/types'];
  const lowered = (name: string): Lowered =>
    Reflect.get(
      Reflect.get(Descriptor.prototype, name),
      cabiLower,
    )({ memory, realloc, resourceTables: [table], ...(stringEncoding && { stringEncoding }) });
  const put = (text: string | Uint8Array, at: number): [number, number] => {
    const bytes = Buffer.from(text as string);
    Buffer.from(memory.buffer).set(bytes, at);
    return [at, bytes.length];
  };
  return { memory, table, lowered, put, drop: (rep: number) => Reflect.get(Descriptor, cabiDispose)(rep) };
}

/** Valid flat parameters of every method. Handle 1 is a directory's, and 2 that of a file in it. */
const time = [2, 0n, 0];
const lowered: [string, (number | bigint)[]][] = [
  ['advise', [2, 0n, 0n, 0, 512]],
  ['syncData', [1, 512]],
  ['getFlags', [1, 512]],
  ['getType', [1, 512]],
  ['setSize', [2, 0n, 512]],
  ['setTimes', [1, ...time, ...time, 512]],
  ['read', [2, 1n, 0n, 512]],
  ['write', [2, 1024, 1, 0n, 512]],
  ['sync', [1, 512]],
  ['createDirectoryAt', [1, 1024, 4, 512]],
  ['stat', [1, 512]],
  ['statAt', [1, 0, 1024, 4, 512]],
  ['setTimesAt', [1, 0, 1024, 4, ...time, ...time, 512]],
  ['linkAt', [1, 0, 1024, 4, 1, 1024, 4, 512]],
  ['openAt', [1, 0, 1024, 4, 0, 1, 512]],
  ['readlinkAt', [1, 1024, 4, 512]],
  ['removeDirectoryAt', [1, 1024, 4, 512]],
  ['renameAt', [1, 1024, 4, 1, 1024, 4, 512]],
  ['symlinkAt', [1, 1024, 4, 1024, 4, 512]],
  ['unlinkFileAt', [1, 1024, 4, 512]],
  ['metadataHash', [1, 512]],
  ['metadataHashAt', [1, 0, 1024, 4, 512]],
];

function moved(old: ArrayBuffer, size: number): ArrayBuffer {
  const grown = new ArrayBuffer(Math.max(size, old.byteLength));
  new Uint8Array(grown).set(new Uint8Array(old));
  structuredClone(old, { transfer: [old] });
  return grown;
}

describe('jco', () => {
  it('calls the lowered methods, and none of them with lists', async () => {
    const { box } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content');
    const lines: string[] = [];
    const host = hostWith(walker, {
      preopens: { '/': { path: box, access: 'read-write' } },
      args: [
        'calls',
        'open 0 - file rw',
        'pread 0',
        'pwrite 0 x 0',
        'fstat 0',
        'stat - file',
        'rename - file - new',
      ],
      stdout: (bytes) => void lines.push(Buffer.from(bytes).toString()),
      clocks: true,
      random: true,
    });
    const { lowered, passed } = countCalls(host.imports['wasi:filesystem/types'].Descriptor.prototype);
    const { instantiate } = await import(built('node', 'guests', 'calls.js'));
    (await instantiate(undefined, host.imports)).run.run();
    expect(lines.join('')).toBe('ok\nok content\nok\nok file 7\nok file 7\nok\n');
    for (const name of [
      'openAt',
      'read',
      'write',
      'stat',
      'statAt',
      'metadataHashAt',
      'renameAt',
      'getType',
    ]) {
      expect([name, lowered.get(name) ?? 0]).not.toEqual([name, 0]);
      expect([name, passed.get(name) ?? 0]).toEqual([name, 0]);
    }
  });

  it('drops handles by number', async () => {
    const { box } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    const host = hostWith(walker, {
      preopens: { '/': { path: box, access: 'read-write' } },
      args: ['calls', 'open 0 - file r', 'close 0'],
      clocks: true,
      random: true,
    });
    const { Descriptor } = host.imports['wasi:filesystem/types'];
    const dispose = Reflect.get(Descriptor, cabiDispose);
    const dropped: number[] = [];
    Object.defineProperty(Descriptor, cabiDispose, {
      value: (rep: number) => {
        dropped.push(rep);
        dispose(rep);
      },
    });
    const { instantiate } = await import(built('node', 'guests', 'calls.js'));
    (await instantiate(undefined, host.imports)).run.run();
    expect(dropped.length).toBe(1);
  });

  it('is pinned to the version of this contract', () => {
    const { devDependencies } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    );
    expect(devDependencies['@bytecodealliance/jco']).toBe('1.35.0');
  });
});

describe('a lowered call', () => {
  it('refuses bindings of another kind with their name', () => {
    const { host } = sandbox(walker);
    const { read } = host.imports['wasi:filesystem/types'].Descriptor.prototype;
    const lower: (context: object) => Lowered = Reflect.get(read, cabiLower);
    expect(() => lower({ memory: {}, resourceTables: [[]] })).toThrow(
      'a version of jco that mapcp/host does not know',
    );
    expect(() => lower({ memory: { buffer: new ArrayBuffer(8) }, resourceTables: [[]] })).toThrow('jco');
  });

  it('refuses bindings with further kinds of resources', () => {
    const { host } = sandbox(walker);
    const { sync } = host.imports['wasi:filesystem/types'].Descriptor.prototype;
    const lower: (context: object) => Lowered = Reflect.get(sync, cabiLower);
    const table = Object.assign([OWN, 0], { _createdReps: new Set() });
    const memory = { buffer: new ArrayBuffer(8) };
    for (const resourceTables of [[], [table, table]]) {
      expect(() => lower({ memory, resourceTables })).toThrow(
        "the component declares [method]descriptor.sync with other types than WASI's",
      );
    }
  });

  it.each(lowered)('ends a component that passes wrong flat parameters: %s', (name, flat) => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content');
    const { lowered, put } = contextFor(host);
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 3, 8);
    const method = lowered(name) as (...flat: unknown[]) => unknown;
    expectCheckedParameters(method, flat);
    expect(readdirSync(box)).toEqual(['file']);
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
  });

  it.each([0, 1, 16 * 1024, 16 * 1024 + 1, 200_000])('reads %i bytes into memory that moves', (size) => {
    const { box, host } = sandbox(walker);
    const content = Buffer.alloc(size, 'content');
    writeFileSync(join(box, 'file'), content);
    const { memory, table, lowered, put } = contextFor(host);
    const at = () => new DataView(memory.buffer);
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 1, 8);
    expect(at().getUint8(8)).toBe(0);
    const handle = at().getUint32(12, true);
    expect(table._createdReps.has((table[(handle << 1) + 1] ?? 0) & ~OWN)).toBe(true);
    lowered('read')(handle, -1n, 0n, 16);
    expect(at().getUint8(16)).toBe(0);
    const [pointer, count] = [at().getUint32(20, true), at().getUint32(24, true)];
    const expected = content.subarray(0, count);
    // A result above the buffer's size is complete, whatever length was asked for.
    expect(count).toBe(size);
    expect(Buffer.from(memory.buffer, pointer, count).equals(expected)).toBe(true);
    expect(at().getUint8(28)).toBe(size === 0 ? 1 : 0);
  });

  it('writes directly from memory, and accepts unsigned numbers', () => {
    const { box, host } = sandbox(walker);
    const { memory, lowered, put } = contextFor(host);
    lowered('openAt')(1, 0, ...put('file', 1024), 1, 3, 8);
    const handle = new DataView(memory.buffer).getUint32(12, true);
    lowered('write')(handle, ...put('content', 2048), 0n, 16);
    expect(new DataView(memory.buffer).getBigUint64(24, true)).toBe(7n);
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
    lowered('write')(handle, 2048, 1, -1n, 16);
    expect(errorCodes[new DataView(memory.buffer).getUint8(24)]).toBe('file-too-large');
  });

  it('refuses a dropped handle, although its number belongs to another file by then', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'first');
    writeFileSync(join(box, 'other'), 'second');
    const { memory, table, lowered, put, drop } = contextFor(host);
    const another = contextFor(host);
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 1, 8);
    const handle = new DataView(memory.buffer).getUint32(12, true);
    // Like jco.
    drop((table[(handle << 1) + 1] ?? 0) & ~OWN);
    table[handle << 1] = (table[0] ?? 0) | OWN;
    table[0] = handle | OWN;
    // A file of another instance has the same number in its own table.
    another.lowered('openAt')(1, 0, ...another.put('other', 1024), 0, 1, 8);
    lowered('read')(handle, 5n, 0n, 16);
    expect(errorCodes[new DataView(memory.buffer).getUint8(20)]).toBe('bad-descriptor');
    expect(new DataView(memory.buffer).getUint8(16)).toBe(1);
  });

  it.each(['directory', 'file'])('opens a link to a %s right after reading its status', (name) => {
    const { box, host } = sandbox(walker);
    mkdirSync(join(box, 'directory'));
    writeFileSync(join(box, 'file'), '');
    symlinkSync(name, join(box, 'link'));
    const { memory, lowered, put } = contextFor(host);
    const path = put('link', 1024);
    lowered('statAt')(1, 1, ...path, 64);
    expect(new Uint8Array(memory.buffer)[64]).toBe(0);
    lowered('openAt')(1, 1, ...path, 0, 1, 8);
    expect(new Uint8Array(memory.buffer)[8]).toBe(0);
  });

  it('does not read from a descriptor that is dropped during an allocation', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), Buffer.alloc(20_000, 'a'));
    writeFileSync(join(box, 'other'), Buffer.alloc(20_000, 'b'));
    let rep = 0;
    const { memory, table, lowered, put, drop } = contextFor(host, () => {
      drop(rep);
      // This file gets the descriptor number that was just closed.
      lowered('openAt')(1, 0, ...put('other', 1024), 0, 1, 64);
    });
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 1, 8);
    const handle = new DataView(memory.buffer).getUint32(12, true);
    rep = (table[(handle << 1) + 1] ?? 0) & ~OWN;
    lowered('read')(handle, 20_000n, 0n, 16);
    expect(new DataView(memory.buffer).getUint8(16)).toBe(1);
    expect(errorCodes[new DataView(memory.buffer).getUint8(20)]).toBe('bad-descriptor');
  });

  it('reports how much it has read if a file shrinks during an allocation', () => {
    const { box, host } = sandbox(walker);
    const path = join(box, 'file');
    writeFileSync(path, Buffer.alloc(50_000, 'a'));
    const { memory, lowered, put } = contextFor(host, () => truncateSync(path, 20_000));
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 1, 8);
    lowered('read')(new DataView(memory.buffer).getUint32(12, true), 50_000n, 0n, 16);
    const view = new DataView(memory.buffer);
    expect([view.getUint8(16), view.getUint32(24, true)]).toEqual([0, 20_000]);
  });

  it('lets a component exit during an allocation', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content');
    const { memory, lowered, put } = contextFor(host, () =>
      host.imports['wasi:cli/exit'].exit({ tag: 'ok', val: undefined }),
    );
    lowered('openAt')(1, 0, ...put('file', 1024), 0, 1, 8);
    const handle = new DataView(memory.buffer).getUint32(12, true);
    expect(() => lowered('read')(handle, 7n, 0n, 16)).toThrow(ExitError);
  });

  it('refuses a path that is too long before decoding it', () => {
    const { host } = sandbox(walker);
    const { memory, lowered, put } = contextFor(host);
    lowered('statAt')(1, 0, ...put(Buffer.alloc(4096, 0xff), 1024), 64);
    expect(errorCodes[new DataView(memory.buffer).getUint8(72)]).toBe('name-too-long');
  });

  it('refuses a path that is not UTF-8, and accepts U+FFFD', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, '\ufffd'), '');
    const { memory, lowered, put } = contextFor(host);
    lowered('statAt')(1, 0, ...put(new Uint8Array([0xff]), 1024), 64);
    expect(new Uint8Array(memory.buffer)[64]).toBe(1);
    expect(errorCodes[new DataView(memory.buffer).getUint8(72)]).toBe('illegal-byte-sequence');
    lowered('statAt')(1, 0, ...put('\ufffd', 1024), 64);
    expect(new Uint8Array(memory.buffer)[64]).toBe(0);
  });

  it('takes and gives UTF-16 strings if the component uses them, and refuses half characters', () => {
    const { box, host } = sandbox(walker);
    symlinkSync('zürich-😀', join(box, 'dé-😀'));
    const { memory, lowered, put } = contextFor(host, () => {}, 'utf16');
    const putUtf16 = (text: string): [number, number] => [
      put(Buffer.from(text, 'utf16le'), 1024)[0],
      text.length,
    ];
    lowered('readlinkAt')(1, ...putUtf16('dé-😀'), 64);
    const view = new DataView(memory.buffer);
    expect(view.getUint8(64)).toBe(0);
    const [pointer, length] = [view.getUint32(68, true), view.getUint32(72, true)];
    expect(length).toBe('zürich-😀'.length);
    expect(Buffer.from(memory.buffer, pointer, 2 * length).toString('utf16le')).toBe('zürich-😀');
    lowered('readlinkAt')(1, ...putUtf16('dé-\ud83d'), 64);
    expect(errorCodes[new DataView(memory.buffer).getUint8(68)]).toBe('illegal-byte-sequence');
  });

  it('refuses an unknown string encoding', () => {
    const { host } = sandbox(walker);
    const { read } = host.imports['wasi:filesystem/types'].Descriptor.prototype;
    const lower: (context: object) => Lowered = Reflect.get(read, cabiLower);
    const memory = { buffer: new ArrayBuffer(8) };
    expect(() => lower({ memory, stringEncoding: 'latin1+utf16' })).toThrow('mapcp/host does not know');
  });

  it('ends a component whose path or result is outside its memory', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    const { memory, lowered, put } = contextFor(host);
    const end = memory.buffer.byteLength;
    const path = put('file', end - 4);
    lowered('statAt')(1, 0, ...path, 64);
    expect(new DataView(memory.buffer).getUint8(64)).toBe(0);
    const outside = 'leads out of its memory';
    expect(() => lowered('statAt')(1, 0, end - 3, 4, 64)).toThrow(outside);
    expect(() => lowered('statAt')(1, 0, -4, 4, 64)).toThrow(outside);
    expect(() => lowered('unlinkFileAt')(1, ...path, end)).toThrow(outside);
    expect(existsSync(join(box, 'file'))).toBe(true);
  });

  it('refuses a handle that is valid in its lower bits only', () => {
    const { host } = sandbox(walker);
    const { memory, lowered } = contextFor(host);
    lowered('stat')(1 | (1 << 31), 64);
    expect(errorCodes[new DataView(memory.buffer).getUint8(72)]).toBe('bad-descriptor');
  });

  it('looks a path up again for each call', () => {
    const { box, host } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    const { memory, lowered, put } = contextFor(host);
    const path = put('file', 1024);
    const hash = () => {
      lowered('metadataHashAt')(1, 0, ...path, 64);
      return new DataView(memory.buffer).getUint8(64);
    };
    lowered('statAt')(1, 0, ...path, 256);
    expect([hash(), hash()]).toEqual([0, 0]);
    rmSync(join(box, 'file'));
    expect([hash(), hash()]).toEqual([1, 1]);
  });

  it('waits for pollables, and refuses too many of them', () => {
    const host = hostWith(walker, { clocks: true });
    const pollable = (moment: bigint) =>
      Reflect.get(host.imports['wasi:clocks/monotonic-clock'].subscribeInstant(moment), cabiRep);
    const table = Object.assign([OWN, 0, 0, pollable(1n << 62n) | OWN, 0, pollable(0n) | OWN], {
      _createdReps: new Set<number>(),
    });
    const memory = { buffer: new ArrayBuffer(65536) };
    const realloc = () => 4096;
    const poll: Lowered = Reflect.get(
      host.imports['wasi:io/poll'].poll,
      cabiLower,
    )({ memory, realloc, resourceTables: [table] });
    const view = new DataView(memory.buffer);
    view.setUint32(1024, 1, true);
    view.setUint32(1028, 2, true);
    poll(1024, 2, 64);
    const [pointer, count] = [view.getUint32(64, true), view.getUint32(68, true)];
    expect([count, view.getUint32(pointer, true)]).toEqual([1, 1]);
    expect(() => poll(1024, 65537, 64)).toThrow('not 65537');
    expect(() => poll(1024, 0, 64)).toThrow('not 0');
  });

  it('reuses a dropped handle', () => {
    const { host } = sandbox(walker);
    const { memory, table, lowered, put } = contextFor(host);
    const open = () => {
      lowered('openAt')(1, 0, ...put('.', 1024), 0, 1, 8);
      return new DataView(memory.buffer).getUint32(12, true);
    };
    const [first, second] = [open(), open()];
    expect([first, second]).toEqual([2, 3]);
    // jco drops a handle like this.
    table[first << 1] = (table[0] ?? 0) | OWN;
    table[0] = first | OWN;
    expect([open(), open()]).toEqual([2, 4]);
  });
});
