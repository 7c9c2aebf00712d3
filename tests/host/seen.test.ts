// A file that was looked at is opened without another look; and no component can make a device or a FIFO of it meanwhile.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { procfsWalker } from '../../ts/host/walker-procfs.js';
import { type Descriptor, hostWith, outcome, preopensOf, temporaryDirectory } from './helpers.js';
import { Counter, counted } from './watch-calls.js';

const walker = procfsWalker();

/** A directory with a regular file in a directory and a FIFO of that name in another, and a component's descriptor of it. */
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
  const host = hostWith(counted(walker, ways), { preopens: { '/': { path: box, access: 'read-write' } } });
  const root = preopensOf(host)('/');
  return { box, root, other: preopensOf(host)('/'), ways };
}

/** Lists a directory to its end; `begun` is called after the first entry. */
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

describe.skipIf(process.platform !== 'linux')('what was looked at', () => {
  it('is opened without another look', () => {
    const { root, ways } = setUp();
    root.statAt({}, 'a/file');
    ways.clear();
    expect(open(root, 'a/file')).toBe('ok');
    expect(Object.fromEntries(ways)).toEqual({ enter: 1, open: 1 });
  });

  it('is opened without another look when it was listed', () => {
    const { root, ways } = setUp();
    const a = root.openAt({}, 'a', { directory: true }, { read: true });
    expect(list(a)).toEqual(['file']);
    ways.clear();
    expect(open(a, 'file')).toBe('ok');
    expect(Object.fromEntries(ways)).toEqual({ open: 1 });
  });

  it('is not opened when a component has moved a FIFO onto what a listing has read ahead', () => {
    const { box, root, ways } = setUp();
    writeFileSync(join(box, 'a/other'), '');
    const a = root.openAt({}, 'a', { directory: true }, { read: true });
    const names = list(a, () => {
      for (const name of ['file', 'other']) {
        execFileSync('mkfifo', [join(box, name)]);
        root.renameAt(name, a, name);
      }
    });
    expect(names.toSorted()).toEqual(['file', 'other']);
    ways.clear();
    // Of the first one it was seen before the move, of the other only after it; neither is good any more.
    expect(names.map((name) => open(a, name))).toEqual(['not-permitted', 'not-permitted']);
    expect(ways.get('open')).toBe(undefined);
  });

  it('is looked at again the second time', () => {
    const { root, ways } = setUp();
    root.statAt({}, 'a/file');
    open(root, 'a/file');
    ways.clear();
    expect(open(root, 'a/file')).toBe('ok');
    expect(ways.get('at')).toBe(1);
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
  it.each(exchanges)('is not opened when a component has a FIFO %s', (_, exchange) => {
    const setting = setUp();
    setting.root.statAt({}, 'a/file');
    exchange(setting);
    setting.ways.clear();
    expect(open(setting.root, 'a/file')).toBe('not-permitted');
    expect(setting.ways.get('open')).toBe(undefined);
  });

  it('is seen to be something else when somebody outside has exchanged it', () => {
    const { box, root } = setUp();
    root.statAt({}, 'a/file');
    rmSync(join(box, 'a/file'));
    execFileSync('mkfifo', [join(box, 'a/file')]);
    const descriptors = readdirSync('/proc/self/fd').length;
    expect(open(root, 'a/file')).toBe('not-permitted');
    expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
    rmSync(join(box, 'a/file'));
    writeFileSync(join(box, 'a/file'), '');
    root.statAt({}, 'a/file');
    rmSync(join(box, 'a/file'));
    mkdirSync(join(box, 'a/file'));
    expect(root.openAt({}, 'a/file', {}, { read: true }).getType()).toBe('directory');
  });

  it('is remembered up to a number of files, and opened in any case', () => {
    const { box, root } = setUp();
    for (let index = 0; index < 600; index++) {
      writeFileSync(join(box, `${index}`), '');
      root.statAt({}, `${index}`);
    }
    for (let index = 0; index < 600; index++) {
      expect(open(root, `${index}`)).toBe('ok');
    }
  });
});
