// The devices that a component gets: the host imitates them.

import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, outcome, preopensOf, sandbox, walkers } from './helpers.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];

/** The directory of all devices. */
const devices = () => preopensOf(hostWith(walker, { devices: ['null', 'zero'] }))('/dev');

describe('a device', () => {
  it.each(['null', 'zero', './null', './/zero'])('has the type of a character device: %s', (path) => {
    const root = devices();
    expect(root.statAt({}, path)).toMatchObject({ type: 'character-device', size: 0n });
    const device = root.openAt({ symlinkFollow: true }, path, {}, { read: true });
    expect(device.getType()).toBe('character-device');
    expect(device.stat()).toMatchObject({ type: 'character-device', size: 0n });
  });

  it('has nothing to read, or zeros at every position', () => {
    const root = devices();
    const read = (path: string, position: bigint) =>
      root.openAt({}, path, {}, { read: true }).read(3n, position);
    expect(read('null', 0n)).toEqual([new Uint8Array(0), true]);
    expect(read('zero', 5n)).toEqual([Uint8Array.of(0, 0, 0), false]);
    const stream = root.openAt({}, 'zero', {}, { read: true }).readViaStream(0n);
    expect(stream.blockingRead(3n)).toEqual(Uint8Array.of(0, 0, 0));
    expect(stream.blockingRead(2n)).toEqual(Uint8Array.of(0, 0));
  });

  it('discards what is written to it, also if it is opened as a shell does', () => {
    const root = devices();
    for (const name of ['null', 'zero']) {
      const open = () => root.openAt({}, name, { create: true, truncate: true }, { read: true, write: true });
      expect(open().write(Uint8Array.of(1, 2), 7n)).toBe(2n);
      expect(() => open().appendViaStream().blockingWriteAndFlush(Uint8Array.of(1))).not.toThrow();
      expect(open().stat().size).toBe(0n);
    }
  });

  it('allows only what it was opened for', () => {
    const root = devices();
    expect(outcome(() => root.openAt({}, 'zero', {}, { read: true }).write(Uint8Array.of(1), 0n))).toBe(
      'bad-descriptor',
    );
    expect(outcome(() => root.openAt({}, 'zero', {}, { write: true }).read(1n, 0n))).toBe('bad-descriptor');
  });

  it('is another one than every file and every other device', () => {
    const root = devices();
    const { root: files } = sandbox(walker);
    const all = [root.metadataHash(), root.metadataHashAt({}, 'null'), root.metadataHashAt({}, 'zero')];
    all.push(files.metadataHash());
    expect(new Set(all.map(({ lower, upper }) => `${lower} ${upper}`)).size).toBe(4);
  });
});

describe('the directory of devices', () => {
  it('lists the devices that the component gets, and no others', () => {
    const listing = preopensOf(hostWith(walker, { devices: ['zero', 'zero'] }))('/dev').readDirectory();
    expect(listing.readDirectoryEntry()).toEqual({ type: 'character-device', name: 'zero' });
    expect(listing.readDirectoryEntry()).toBeUndefined();
  });

  it.each([
    ['..', 'not-permitted'],
    ['../etc/passwd', 'not-permitted'],
    ['/dev/null', 'not-permitted'],
    ['full', 'no-entry'],
    ['full/x', 'no-entry'],
    ['null/x', 'not-directory'],
    ['null/', 'not-directory'],
    ['', 'no-entry'],
  ])('leads nowhere else: %j', (path, code) => {
    const root = devices();
    expect(outcome(() => root.openAt({ symlinkFollow: true }, path, {}, { read: true }))).toBe(code);
    expect(outcome(() => root.statAt({ symlinkFollow: true }, path))).toBe(code);
    expect(outcome(() => root.readlinkAt(path))).toBe(code);
  });

  it('cannot be changed', () => {
    const preopens = { '/': { path: temporaryDirectory(), access: 'read-write' } } as const;
    const directories = preopensOf(hostWith(walker, { preopens, devices: ['null'] }));
    const [root, files] = [directories('/dev'), directories('/')];
    const write = { read: true, write: true };
    for (const change of [
      () => root.openAt({}, 'new', { create: true }, write),
      () => root.createDirectoryAt('new'),
      () => root.symlinkAt('null', 'new'),
      () => root.linkAt({}, 'null', root, 'new'),
      () => root.renameAt('null', files, 'null'),
      () => root.unlinkFileAt('null'),
      () => root.removeDirectoryAt('.'),
      () => root.setTimesAt({}, 'null', { tag: 'now' }, { tag: 'now' }),
    ]) {
      expect(outcome(change)).toBe('not-permitted');
    }
    files.openAt({}, 'file', { create: true }, write);
    expect(outcome(() => files.renameAt('file', root, 'null'))).toBe('not-permitted');
    expect(outcome(() => files.linkAt({}, 'file', root, 'null'))).toBe('not-permitted');
    expect(outcome(() => root.openAt({}, 'null', { create: true, exclusive: true }, write))).toBe('exist');
  });
});
