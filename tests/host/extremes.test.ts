// Impossible numbers and paths, for every method that takes one. Each results in an error code, or in the documented
// end of the component, and nothing else.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../ts/host/error-code.js';
import type { Host } from '../../ts/host/host.js';
import type { Walker } from '../../ts/host/walker.js';
import { temporaryDirectory } from '../helpers/it.js';
import type { Descriptor } from './helpers.js';
import { hostWith, outcome, preopensOf, walkers } from './helpers.js';
import type { Flat, Lowered } from './watch-calls.js';

const cabiRep = Symbol.for('cabiRep');
const cabiLower = Symbol.for('cabiLower');
const OWN = 1 << 30;

/** The objects that the methods are called on. */
interface Place {
  readonly host: Host;
  readonly root: Descriptor;
  readonly file: Descriptor;
  /** Calls a lowered method whose result has its payload at an offset. */
  readonly lowered: (self: Descriptor, name: string, payload: number, ...flat: Flat) => unknown;
  /** The parameters of a string in a component's memory. */
  readonly put: (text: string) => [number, number];
}

/** A directory with a file and a directory in it. */
function placeWith(walker: Walker): Place & { box: string } {
  const box = temporaryDirectory();
  mkdirSync(join(box, 'dir'));
  writeFileSync(join(box, 'file'), 'content');
  const preopens = { '/': { path: box, access: 'read-write' } } as const;
  const host = hostWith(walker, { preopens, clocks: true, random: true });
  const root = preopensOf(host)('/');
  const file = root.openAt({}, 'file', {}, { read: true, write: true });
  const memory = { buffer: new ArrayBuffer(1 << 16) };
  const lowered = (self: Descriptor, name: string, payload: number, ...flat: Flat): unknown => {
    // The first handle is free. The next two are the directory's and another.
    const table = [self, root].flatMap((descriptor) => [0, Reflect.get(descriptor, cabiRep) | OWN]);
    const resourceTables = [Object.assign([OWN, 0, ...table], { _createdReps: new Set() })];
    const method = Reflect.get(host.imports['wasi:filesystem/types'].Descriptor.prototype, name);
    const lower: (context: object) => Lowered = Reflect.get(method, cabiLower);
    lower({ memory, realloc: () => 1 << 15, resourceTables })(1, ...flat, 0);
    const bytes = new Uint8Array(memory.buffer);
    return bytes[0] === 0 ? 'ok' : errorCodes[bytes[payload] ?? -1];
  };
  const put = (text: string): [number, number] => [1024, Buffer.from(memory.buffer).write(text, 1024)];
  return { box, host, root, file, lowered, put };
}

/** What a component gets: `ok`, an error code, also of a stream, or its end. */
function resultOf({ host }: Place, act: () => unknown): unknown {
  let returned: unknown;
  try {
    const result = outcome(() => {
      returned = act();
    });
    if (result === 'ok') {
      return typeof returned === 'string' ? returned : 'ok';
    }
    if (isObject(result) && result.tag === 'closed') {
      // The end of a file is a valid result.
      return 'ok';
    }
    return isObject(result) && 'val' in result
      ? host.imports['wasi:filesystem/types'].filesystemErrorCode(result.val as never)
      : result;
  } catch (error) {
    return error instanceof Error && Object.getPrototypeOf(error) === Error.prototype
      ? `end: ${error.message}`
      : error;
  }
}

const isObject = (value: unknown): value is { tag?: unknown; val?: unknown } =>
  typeof value === 'object' && value !== null;

const byte = new Uint8Array(1);
const at = (seconds: bigint) => ({ tag: 'timestamp', val: { seconds, nanoseconds: 0 } }) as const;
const signed = (number: bigint) => BigInt.asIntN(64, number);

const MiB = 1n << 20n;
/** The latest time that can be set, in seconds. Windows' end in the year 30828. */
const latest = process.platform === 'win32' ? 2n ** 39n : 2n ** 53n;

const most64 = 2n ** 64n - 1n;
const numbers = [0n, 1n, 4096n, MiB, MiB + 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, most64];
const noSuchWrite = expect.stringMatching('^end: .*bytes at once');
const noBytes = expect.stringMatching('^end: .*random bytes');

/** Each method with its largest valid number, and its result for larger ones. */
const numeric: [string, (place: Place, number: bigint) => unknown, bigint, unknown?][] = [
  ['read from', ({ file }, n) => file.read(1n, n), 2n ** 53n, 'invalid'],
  ['read so many', ({ file }, n) => file.read(n, 0n), most64],
  ['write at', ({ file }, n) => file.write(byte, n), 2n ** 32n, 'file-too-large'],
  ['set-size', ({ file }, n) => file.setSize(n), 2n ** 32n, 'file-too-large'],
  ['advise from', ({ file }, n) => file.advise(n, 1n, 'normal'), most64],
  ['advise for so many', ({ file }, n) => file.advise(0n, n, 'normal'), most64],
  ['read-via-stream', ({ file }, n) => file.readViaStream(n).read(1n), 2n ** 53n, 'invalid'],
  ['write-via-stream', ({ file }, n) => file.writeViaStream(n).write(byte), 2n ** 32n, 'file-too-large'],
  ['set-times', ({ file }, n) => file.setTimes(at(n), at(n)), latest, 'invalid'],
  ['set-times-at', ({ root }, n) => root.setTimesAt({}, 'file', at(n), at(n)), latest, 'invalid'],
  ['read of a stream', ({ file }, n) => file.readViaStream(0n).read(n), most64],
  ['blocking-read of a stream', ({ file }, n) => file.readViaStream(0n).blockingRead(n), most64],
  ['skip of a stream', ({ file }, n) => file.readViaStream(0n).skip(n), most64],
  ['blocking-skip of a stream', ({ file }, n) => file.readViaStream(0n).blockingSkip(n), most64],
  ['splice', ({ file }, n) => file.appendViaStream().splice(file.readViaStream(0n), n), most64],
  [
    'blocking-splice',
    ({ file }, n) => file.appendViaStream().blockingSplice(file.readViaStream(0n), n),
    most64,
  ],
  ['write-zeroes', ({ file }, n) => file.writeViaStream(0n).writeZeroes(n), MiB, noSuchWrite],
  [
    'blocking-write-zeroes-and-flush',
    ({ file }, n) => file.writeViaStream(0n).blockingWriteZeroesAndFlush(n),
    4096n,
    noSuchWrite,
  ],
  [
    'get-random-bytes',
    ({ host }, n) => host.imports['wasi:random/random'].getRandomBytes(n),
    MiB + 1n,
    noBytes,
  ],
  [
    'get-insecure-random-bytes',
    ({ host }, n) => host.imports['wasi:random/insecure'].getInsecureRandomBytes(n),
    MiB + 1n,
    noBytes,
  ],
  [
    'subscribe-instant',
    ({ host }, n) => host.imports['wasi:clocks/monotonic-clock'].subscribeInstant(n).ready(),
    most64,
  ],
  [
    'subscribe-duration',
    ({ host }, n) => host.imports['wasi:clocks/monotonic-clock'].subscribeDuration(n).ready(),
    most64,
  ],
  [
    'read from, lowered',
    ({ file, lowered }, n) => lowered(file, 'read', 4, 1n, signed(n)),
    2n ** 53n,
    'invalid',
  ],
  ['read so many, lowered', ({ file, lowered }, n) => lowered(file, 'read', 4, signed(n), 0n), most64],
  [
    'write at, lowered',
    ({ file, lowered }, n) => lowered(file, 'write', 8, 1024, 1, signed(n)),
    2n ** 32n,
    'file-too-large',
  ],
  [
    'set-size, lowered',
    ({ file, lowered }, n) => lowered(file, 'setSize', 1, signed(n)),
    2n ** 32n,
    'file-too-large',
  ],
  [
    'set-times, lowered',
    ({ file, lowered }, n) => lowered(file, 'setTimes', 1, 2, signed(n), 0, 2, signed(n), 0),
    latest,
    'invalid',
  ],
];

/** Paths that every method refuses. */
const paths: [string, string, string][] = [
  ['of nothing', '', 'no-entry'],
  ['that is a NUL', '\0', 'invalid'],
  ['with a NUL at its end', 'file\0', 'invalid'],
  ['with a NUL behind a slash', 'dir/\0', 'invalid'],
  ['with a NUL before a slash', 'dir\0/file', 'invalid'],
  ['with a NUL behind what is missing', 'missing/\0', 'invalid'],
  ['of a slash', '/', 'not-permitted'],
  ['that leads above', 'dir/../..', 'not-permitted'],
  ['of 4096 bytes', `${'./'.repeat(2046)}file`, 'name-too-long'],
  ['of a mebibyte', 'x'.repeat(1 << 20), 'name-too-long'],
];

const now = { tag: 'now' } as const;

/** Every method that takes a path, in both forms. Handle 2 is the directory's. */
const pathMethods: [string, (place: Place, path: string) => unknown][] = [
  ['open-at', ({ root }, path) => root.openAt({}, path, {}, { read: true })],
  ['open-at to create', ({ root }, path) => root.openAt({}, path, { create: true }, { write: true })],
  ['stat-at', ({ root }, path) => root.statAt({}, path)],
  ['metadata-hash-at', ({ root }, path) => root.metadataHashAt({}, path)],
  ['set-times-at', ({ root }, path) => root.setTimesAt({}, path, now, now)],
  ['create-directory-at', ({ root }, path) => root.createDirectoryAt(path)],
  ['remove-directory-at', ({ root }, path) => root.removeDirectoryAt(path)],
  ['unlink-file-at', ({ root }, path) => root.unlinkFileAt(path)],
  ['readlink-at', ({ root }, path) => root.readlinkAt(path)],
  ['symlink-at', ({ root }, path) => root.symlinkAt('file', path)],
  ['rename-at from', ({ root }, path) => root.renameAt(path, root, 'new')],
  ['rename-at to', ({ root }, path) => root.renameAt('file', root, path)],
  ['link-at from', ({ root }, path) => root.linkAt({}, path, root, 'new')],
  ['link-at to', ({ root }, path) => root.linkAt({}, 'file', root, path)],
  ...(
    [
      ['openAt', 4, (path) => [0, ...path, 0, 1]],
      ['statAt', 8, (path) => [0, ...path]],
      ['metadataHashAt', 8, (path) => [0, ...path]],
      ['setTimesAt', 1, (path) => [0, ...path, 1, 0n, 0, 1, 0n, 0]],
      ['createDirectoryAt', 1, (path) => path],
      ['removeDirectoryAt', 1, (path) => path],
      ['unlinkFileAt', 1, (path) => path],
      ['readlinkAt', 4, (path) => path],
      ['symlinkAt', 1, (path) => [...path, ...path]],
      ['renameAt', 1, (path) => [...path, 2, ...path]],
      ['linkAt', 1, (path) => [0, ...path, 2, ...path]],
    ] satisfies [string, number, (path: [number, number]) => Flat][]
  ).map(([name, payload, flat]): [string, (place: Place, path: string) => unknown] => [
    `${name}, lowered`,
    ({ root, lowered, put }, path) => lowered(root, name, payload, ...flat(put(path))),
  ]),
];

describe.each(walkers)('by the %s walker,', (_kind, walker) => {
  it.each(numeric)('%s accepts or refuses any number', (_name, act, most, beyond) => {
    const place = placeWith(walker);
    const results = numbers.map((number) => [number, resultOf(place, () => act(place, number))]);
    expect(results).toEqual(numbers.map((number) => [number, number <= most ? 'ok' : beyond]));
  });

  it.each(pathMethods)('%s refuses an invalid path and changes nothing', (_name, act) => {
    const place = placeWith(walker);
    const results = paths.map(([what, path]) => [what, resultOf(place, () => act(place, path))]);
    expect(results).toEqual(paths.map(([what, , code]) => [what, code]));
    expect(readdirSync(place.box, { recursive: true }).sort()).toEqual(['dir', 'file']);
    expect(readFileSync(join(place.box, 'file'), 'utf8')).toBe('content');
  });

  it('a symbolic link with an invalid text is refused', () => {
    const { box, root } = placeWith(walker);
    for (const [target, code] of [
      ['', 'no-entry'],
      ['\0', 'invalid'],
      ['file\0', 'invalid'],
      ['x'.repeat(4096), 'name-too-long'],
      ['x'.repeat(1 << 20), 'name-too-long'],
    ] as const) {
      expect(outcome(() => root.symlinkAt(target, 'new'))).toBe(code);
    }
    expect(readdirSync(box).sort()).toEqual(['dir', 'file']);
  });
});
