// Streams and clocks in the component's own memory. jco passes two tables of handles for a call on a stream, one of the
// streams and one of their errors, and does not say which is which.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostOptions } from '../../ts/host/host-options.js';
import { temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import { expectCheckedParameters, hostWith, walkers } from './helpers.js';
import type { Lowered } from './watch-calls.js';
import { Counter, watchCalls } from './watch-calls.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];
const cabiLower = Symbol.for('cabiLower');
const cabiRep = Symbol.for('cabiRep');
const cabiDispose = Symbol.for('cabiDispose');
const OWN = 1 << 30;

/** The results of a call: a stream's error is `closed`, or `failed` with a handle of the error. */
const OK = 0;
const FAILED = 0;
const CLOSED = 1;

const DESCRIPTOR = 1;
const STREAM = 1;

/** A handle table of jco. The handles of the given numbers start at 1. */
const tableOf = (...reps: number[]) =>
  Object.assign([OWN, 0, ...reps.flatMap((rep) => [0, rep | OWN])], { _createdReps: new Set(reps) });

const repOf = (object: object): number => Reflect.get(object, cabiRep);

/** An instance of a component with memory and tables like jco's, and the lowered methods of a host for it. */
function instanceOn(options: HostOptions, onRealloc = () => {}) {
  const box = temporaryDirectory();
  writeFileSync(join(box, 'file'), 'content');
  const host = hostWith(walker, { ...options, preopens: { '/': { path: box, access: 'read-write' } } });
  const [root] = host.imports['wasi:filesystem/preopens'].getDirectories();
  const file = root?.[0].openAt({}, 'file', {}, { read: true, write: true }) ?? {};
  const tables = { descriptors: tableOf(repOf(file)), streams: tableOf(), errors: tableOf() };
  const memory = { buffer: new ArrayBuffer(65536) };
  const realloc = (): number => {
    onRealloc();
    return 32768;
  };
  const lowered =
    (resource: { prototype: object }, first: keyof typeof tables, second: keyof typeof tables) =>
    (name: string): Lowered =>
      Reflect.get(
        Reflect.get(resource.prototype, name),
        cabiLower,
      )({ memory, realloc, resourceTables: [tables[first], tables[second]] });
  const { InputStream, OutputStream } = host.imports['wasi:io/streams'];
  const { Descriptor } = host.imports['wasi:filesystem/types'];
  const view = () => new DataView(memory.buffer);
  return {
    ...{ host, box, tables, lowered, InputStream, OutputStream, view },
    ofDescriptor: lowered(Descriptor, 'streams', 'descriptors'),
    ofInput: lowered(InputStream, 'errors', 'streams'),
    ofOutput: lowered(OutputStream, 'errors', 'streams'),
    put: (text: string): [number, number] => [1024, Buffer.from(memory.buffer).write(text, 1024)],
    text: (at: number) =>
      Buffer.from(memory.buffer, view().getUint32(at, true), view().getUint32(at + 4, true)).toString(),
  };
}

describe('a lowered stream', () => {
  it.each([
    ['streams', 'errors'],
    ['errors', 'streams'],
  ] as const)('reads and writes with the tables in the order %s, %s', (first, second) => {
    const { box, ofDescriptor, lowered, InputStream, OutputStream, view, put, text } = instanceOn({});
    ofDescriptor('readViaStream')(DESCRIPTOR, 3n, 64);
    expect([view().getUint8(64), view().getUint32(68, true)]).toEqual([OK, STREAM]);
    ofDescriptor('writeViaStream')(DESCRIPTOR, 0n, 64);
    expect([view().getUint8(64), view().getUint32(68, true)]).toEqual([OK, STREAM + 1]);
    const [ofInput, ofOutput] = [lowered(InputStream, first, second), lowered(OutputStream, first, second)];
    ofInput('blockingRead')(STREAM, 100n, 64);
    expect([view().getUint8(64), text(68)]).toEqual([OK, 'tent']);
    ofInput('read')(STREAM, 1n, 64);
    expect([view().getUint8(64), view().getUint8(68)]).toEqual([1, CLOSED]);
    ofOutput('checkWrite')(STREAM + 1, 64);
    expect([view().getUint8(64), view().getBigUint64(72, true)]).toEqual([OK, 1n << 20n]);
    for (const [name, written] of [
      ['write', 'CO'],
      ['blockingWriteAndFlush', 'NT'],
    ] as const) {
      ofOutput(name)(STREAM + 1, ...put(written), 64);
      expect(view().getUint8(64)).toBe(OK);
    }
    for (const name of ['flush', 'blockingFlush']) {
      ofOutput(name)(STREAM + 1, 64);
      expect(view().getUint8(64)).toBe(OK);
    }
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('CONTent');
  });

  it('puts the handle of an error into the table of errors, and the error has its code', () => {
    const { host, ofDescriptor, ofOutput, tables, view, put } = instanceOn({});
    ofDescriptor('writeViaStream')(DESCRIPTOR, 1n << 62n, 64);
    ofOutput('write')(STREAM, ...put('x'), 64);
    expect([view().getUint8(64), view().getUint8(68)]).toEqual([1, FAILED]);
    const rep = (tables.errors[2 * view().getUint32(72, true) + 1] ?? 0) & ~OWN;
    expect(tables.errors._createdReps).toEqual(new Set([rep]));
    // jco makes an object around the number for a function that is not lowered.
    const error = Object.create(host.imports['wasi:io/error'].Error.prototype, { [cabiRep]: { value: rep } });
    expect(host.imports['wasi:filesystem/types'].filesystemErrorCode(error)).toBe('file-too-large');
    ofOutput('write')(STREAM, ...put('x'), 64);
    expect([view().getUint8(64), view().getUint8(68)]).toEqual([1, CLOSED]);
  });

  it('is closed if its handle is free, dropped or of another kind', () => {
    const { ofDescriptor, ofInput, ofOutput, tables, view, InputStream } = instanceOn({});
    const closed = () => {
      const result = [view().getUint8(64), view().getUint8(68)];
      new Uint8Array(view().buffer).fill(0xff, 64, 76);
      return result;
    };
    for (const handle of [0, STREAM, -1, 1 << 30, 2 ** 31 - 1]) {
      ofInput('read')(handle, 1n, 64);
      expect(closed()).toEqual([1, CLOSED]);
    }
    // The number of a descriptor, as a component with other types than WASI's can have it.
    tables.errors.push(...tables.descriptors.slice(2));
    ofInput('read')(1, 1n, 64);
    expect(closed()).toEqual([1, CLOSED]);
    ofDescriptor('readViaStream')(DESCRIPTOR, 0n, 64);
    ofOutput('checkWrite')(STREAM, 64);
    // The result of this method is aligned to 8 bytes.
    expect([view().getUint8(64), view().getUint8(72)]).toEqual([1, CLOSED]);
    ofInput('read')(STREAM, 1n, 64);
    expect(view().getUint8(64)).toBe(OK);
    // Like jco.
    Reflect.get(InputStream, cabiDispose)((tables.streams[2 * STREAM + 1] ?? 0) & ~OWN);
    tables.streams[2 * STREAM] = (tables.streams[0] ?? 0) | OWN;
    tables.streams[0] = STREAM | OWN;
    ofInput('read')(STREAM, 1n, 64);
    expect(closed()).toEqual([1, CLOSED]);
  });

  it.each([
    ['read', [STREAM, 1n, 64]],
    ['blockingRead', [STREAM, 1n, 64]],
    ['skip', [STREAM, 1n, 64]],
    ['checkWrite', [STREAM + 1, 64]],
    ['write', [STREAM + 1, 1024, 1, 64]],
    ['blockingWriteAndFlush', [STREAM + 1, 1024, 1, 64]],
    ['flush', [STREAM + 1, 64]],
    ['blockingFlush', [STREAM + 1, 64]],
    ['writeZeroes', [STREAM + 1, 1n, 64]],
  ] as [string, (number | bigint)[]][])(
    'ends a component that passes wrong flat parameters: %s',
    (name, flat) => {
      const { box, ofDescriptor, ofInput, ofOutput, InputStream } = instanceOn({});
      ofDescriptor('readViaStream')(DESCRIPTOR, 0n, 64);
      ofDescriptor('writeViaStream')(DESCRIPTOR, 0n, 64);
      const method = (name in InputStream.prototype ? ofInput : ofOutput)(name) as (
        ...flat: unknown[]
      ) => unknown;
      expectCheckedParameters(method, flat);
      expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
    },
  );

  it('ends a component that writes more than it may, or from outside its memory', () => {
    const { box, ofDescriptor, ofOutput } = instanceOn({});
    ofDescriptor('writeViaStream')(DESCRIPTOR, 0n, 64);
    expect(() => ofOutput('blockingWriteAndFlush')(STREAM, 1024, 4097, 64)).toThrow('the maximum is 4096');
    expect(() => ofOutput('write')(STREAM, 1024, 65536, 64)).toThrow('out of its memory');
    expect(() => ofOutput('write')(STREAM, -1, 1, 64)).toThrow('out of its memory');
    expect(() => ofOutput('write')(STREAM, 1024, 1, 65534)).toThrow('out of its memory');
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
  });

  it('counts its errors as resources', () => {
    // The descriptor of the preopen, the file, two streams and the error of one.
    const { ofDescriptor, ofOutput, view, put } = instanceOn({ maxResources: 5 });
    ofDescriptor('writeViaStream')(DESCRIPTOR, 1n << 62n, 64);
    ofDescriptor('writeViaStream')(DESCRIPTOR, 1n << 62n, 64);
    ofOutput('write')(STREAM, ...put('x'), 64);
    expect([view().getUint8(64), view().getUint8(68)]).toEqual([1, FAILED]);
    expect(() => ofOutput('write')(STREAM + 1, ...put('x'), 64)).toThrow('maxResources');
  });

  it('gives a function for the output bytes that it may keep', () => {
    const kept: Uint8Array[] = [];
    const { host, lowered, OutputStream, tables, put } = instanceOn({ stdout: (bytes) => kept.push(bytes) });
    Reflect.get(host.imports['wasi:cli/stdout'].getStdout, cabiLower)({ resourceTables: [tables.streams] })();
    const write = lowered(OutputStream, 'streams', 'errors')('write');
    write(STREAM, ...put('first'), 64);
    write(STREAM, ...put('other'), 64);
    expect(kept.map((bytes) => Buffer.from(bytes).toString())).toEqual(['first', 'other']);
    expect(kept.map(({ buffer }) => buffer.byteLength)).toEqual([5, 5]);
  });

  it('gives what it read, although the allocator of the component reads as well', () => {
    let again = () => {};
    const { ofDescriptor, ofInput, text, view } = instanceOn({}, () => again());
    ofDescriptor('readViaStream')(DESCRIPTOR, 0n, 64);
    ofDescriptor('readViaStream')(DESCRIPTOR, 4n, 64);
    again = () => {
      again = () => {};
      ofInput('read')(STREAM + 1, 3n, 128);
    };
    ofInput('read')(STREAM, 3n, 64);
    expect(view().getUint8(64)).toBe(OK);
    // Only the component can cause this, with bytes that it could read anyway.
    expect(['con', 'ent']).toContain(text(68));
  });
});

describe('a lowered clock', () => {
  it('gives the same time as the ordinary one', () => {
    const host = hostWith(walker, { clocks: true });
    const { now: monotonic } = host.imports['wasi:clocks/monotonic-clock'];
    const lowered: () => bigint = Reflect.get(monotonic, cabiLower)({});
    const times = [monotonic(), lowered(), monotonic(), lowered()];
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
    const { now: wall } = host.imports['wasi:clocks/wall-clock'];
    const memory = { buffer: new ArrayBuffer(128) };
    const before = wall();
    (Reflect.get(wall, cabiLower)({ memory }) as Lowered)(64);
    const view = new DataView(memory.buffer);
    const seconds = view.getBigUint64(64, true);
    expect(seconds).toBeGreaterThanOrEqual(before.seconds);
    expect(seconds).toBeLessThanOrEqual(wall().seconds);
    expect(view.getUint32(72, true)).toBeLessThan(1e9);
  });

  it('ends a component that declares it with other types', () => {
    const host = hostWith(walker, { clocks: true });
    const { now: monotonic } = host.imports['wasi:clocks/monotonic-clock'];
    const { now: wall } = host.imports['wasi:clocks/wall-clock'];
    const memory = { buffer: new ArrayBuffer(64) };
    const types = "other types than WASI's";
    expect(() => Reflect.get(monotonic, cabiLower)({ memory })()).toThrow(types);
    expect(() => Reflect.get(wall, cabiLower)({})).toThrow(types);
    const now = Reflect.get(wall, cabiLower)({ memory });
    expect(() => now()).toThrow(types);
    expect(() => now(0n)).toThrow(types);
    expect(() => now(56)).toThrow('out of its memory');
    expect(() => now(4)).toThrow('not aligned');
  });
});

describe('jco', () => {
  it('calls streams and clocks in their lowered form only', async () => {
    const host = hostWith(walker, {
      args: ['calls', 'open 0 - file rw'],
      stdout: () => {},
      clocks: true,
      random: true,
    });
    const lowered = new Counter();
    const passed = new Counter();
    for (const { prototype } of Object.values(host.imports['wasi:io/streams'])) {
      watchCalls(prototype, { lowered: (name) => lowered.count(name), passed: (name) => passed.count(name) });
    }
    const { instantiate } = await import(built('node', 'guests', 'calls.js'));
    (await instantiate(undefined, host.imports)).run.run();
    expect([...lowered.keys()]).toContain('blockingWriteAndFlush');
    expect([...passed]).toEqual([]);
  });
});
