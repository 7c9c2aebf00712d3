// If a file may only be read, a second check before its open is saved. No component can replace it by a device or a
// FIFO in between, by another path to the same directory.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { procfsWalker } from '../../ts/host/walker-procfs.js';
import { temporaryDirectory } from '../helpers/it.js';
import { type Descriptor, hostWith, outcome, preopensOf } from './helpers.js';
import { Counter, counted } from './watch-calls.js';

const walker = procfsWalker();

/**
 * A directory with a file in one directory and a FIFO of the same name in another. The component has three descriptors
 * of it: one read-only, two that may change anything.
 */
function setUp() {
  const box = temporaryDirectory();
  const ways = new Counter();
  mkdirSync(join(box, 'a'));
  mkdirSync(join(box, 'b'));
  writeFileSync(join(box, 'a/file'), 'content');
  execFileSync('mkfifo', [join(box, 'b/file')]);
  if (walker === undefined) {
    throw new Error('this test is for Linux');
  }
  const host = hostWith(counted(walker, ways), {
    preopens: { '/in': { path: box, access: 'read' }, '/out': { path: box, access: 'read-write' } },
    allowOverlap: true,
  });
  const preopen = preopensOf(host);
  return { box, reader: preopen('/in'), root: preopen('/out'), other: preopensOf(host)('/out'), ways };
}

/** Lists a directory, and calls `begun` after the first entry. */
function list(directory: Descriptor, begun = () => {}): string[] {
  const listing = directory.readDirectory();
  const names: string[] = [];
  for (let entry = listing.readDirectoryEntry(); entry !== undefined; entry = listing.readDirectoryEntry()) {
    names.push(entry.name);
    if (names.length === 1) {
      begun();
    }
  }
  return names;
}

const open = (root: Descriptor, path: string) => outcome(() => root.openAt({}, path, {}, { read: true }));

describe.skipIf(process.platform !== 'linux')('an entry that was checked', () => {
  it('is opened without another check', () => {
    const { reader, ways } = setUp();
    reader.statAt({}, 'a/file');
    ways.clear();
    expect(open(reader, 'a/file')).toBe('ok');
    expect(Object.fromEntries(ways)).toEqual({ enter: 1, open: 1 });
  });

  it('is checked again if the component may change it', () => {
    const { root, ways } = setUp();
    root.statAt({}, 'a/file');
    ways.clear();
    expect(open(root, 'a/file')).toBe('ok');
    expect(Object.fromEntries(ways)).toEqual({ enter: 1, look: 1, open: 1 });
  });

  it('is opened without another check if it was listed', () => {
    const { reader, ways } = setUp();
    const a = reader.openAt({}, 'a', { directory: true }, { read: true });
    expect(list(a)).toEqual(['file']);
    ways.clear();
    expect(open(a, 'file')).toBe('ok');
    expect(Object.fromEntries(ways)).toEqual({ open: 1 });
  });

  it('is not opened if a component has moved a FIFO over an entry that was listed ahead', () => {
    const { box, reader, root, ways } = setUp();
    writeFileSync(join(box, 'a/other'), '');
    const a = reader.openAt({}, 'a', { directory: true }, { read: true });
    const names = list(a, () => {
      for (const name of ['file', 'other']) {
        execFileSync('mkfifo', [join(box, name)]);
        root.renameAt(name, root, `a/${name}`);
      }
    });
    expect(names.toSorted()).toEqual(['file', 'other']);
    ways.clear();
    // The first was seen before the move, the other after it. Neither may be opened.
    expect(names.map((name) => open(a, name))).toEqual(['not-permitted', 'not-permitted']);
    expect(ways.get('open')).toBe(undefined);
  });

  it('is checked again the second time', () => {
    const { reader, ways } = setUp();
    reader.statAt({}, 'a/file');
    open(reader, 'a/file');
    ways.clear();
    expect(open(reader, 'a/file')).toBe('ok');
    expect(ways.get('look')).toBe(1);
  });

  const exchanges: [string, (setting: ReturnType<typeof setUp>) => void][] = [
    ['moved onto it', ({ root }) => root.renameAt('b/file', root, 'a/file')],
    ['moved onto it by another descriptor', ({ other }) => other.renameAt('b/file', other, 'a/file')],
    [
      'moved onto it with its directory',
      ({ root }) => {
        root.renameAt('a', root, 'c');
        root.renameAt('b', root, 'a');
      },
    ],
    [
      'linked to it',
      ({ root }) => {
        root.unlinkFileAt('a/file');
        root.linkAt({}, 'b/file', root, 'a/file');
      },
    ],
    [
      'brought to it by a symbolic link',
      ({ root }) => {
        root.unlinkFileAt('a/file');
        root.removeDirectoryAt('a');
        root.symlinkAt('b', 'a');
      },
    ],
  ];
  it.each(exchanges)('is not opened if a component has a FIFO %s', (_, exchange) => {
    const setting = setUp();
    setting.reader.statAt({}, 'a/file');
    exchange(setting);
    setting.ways.clear();
    expect(open(setting.reader, 'a/file')).toBe('not-permitted');
    expect(setting.ways.get('open')).toBe(undefined);
  });

  it('is recognised as another kind if another process has exchanged it', () => {
    const { box, reader } = setUp();
    reader.statAt({}, 'a/file');
    rmSync(join(box, 'a/file'));
    execFileSync('mkfifo', [join(box, 'a/file')]);
    const descriptors = readdirSync('/proc/self/fd').length;
    expect(open(reader, 'a/file')).toBe('not-permitted');
    expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
    rmSync(join(box, 'a/file'));
    writeFileSync(join(box, 'a/file'), '');
    reader.statAt({}, 'a/file');
    rmSync(join(box, 'a/file'));
    mkdirSync(join(box, 'a/file'));
    expect(reader.openAt({}, 'a/file', {}, { read: true }).getType()).toBe('directory');
  });

  it('is remembered up to a limit, and opened in any case', () => {
    const { box, reader } = setUp();
    for (let index = 0; index < 600; index++) {
      writeFileSync(join(box, `${index}`), '');
      reader.statAt({}, `${index}`);
    }
    for (let index = 0; index < 600; index++) {
      expect(open(reader, `${index}`)).toBe('ok');
    }
  });

  it('is not opened if a component of another thread has moved a FIFO over it', async () => {
    const { box, root, ways } = setUp();
    root.statAt({}, 'a/file');
    // Another host with the same rights, which does not know of this one.
    const move = `fs.renameSync(${JSON.stringify(join(box, 'b/file'))}, ${JSON.stringify(join(box, 'a/file'))})`;
    await once(new Worker(`const fs = require('node:fs'); ${move}`, { eval: true }), 'exit');
    ways.clear();
    expect(open(root, 'a/file')).toBe('not-permitted');
    expect(ways.get('open')).toBe(undefined);
  });
});

describe.skipIf(process.platform !== 'linux')('the identity of a name', () => {
  it('is answered from memory, unless a name has changed', () => {
    const { box, root, reader, ways } = setUp();
    writeFileSync(join(box, 'a/other'), '');
    const first = reader.metadataHashAt({}, 'a/file');
    const other = reader.metadataHashAt({}, 'a/other');
    expect(first).not.toEqual(other);
    reader.statAt({}, 'a/file');
    ways.clear();
    expect(reader.metadataHashAt({}, 'a/file')).toEqual(first);
    expect(ways.size).toBe(0);
    expect(reader.metadataHashAt({}, 'a/file')).toEqual(first);
    expect(ways.get('look')).toBe(1);
    reader.statAt({}, 'a/file');
    root.renameAt('a/other', root, 'a/file');
    expect(reader.metadataHashAt({}, 'a/file')).toEqual(other);
  });

  it('differs between a link and its target', () => {
    const { box, reader } = setUp();
    symlinkSync('file', join(box, 'a/link'));
    const file = reader.metadataHashAt({}, 'a/file');
    reader.statAt({ symlinkFollow: true }, 'a/link');
    expect(reader.metadataHashAt({}, 'a/link')).not.toEqual(file);
    reader.statAt({}, 'a/link');
    expect(reader.metadataHashAt({ symlinkFollow: true }, 'a/link')).toEqual(file);
  });
});
