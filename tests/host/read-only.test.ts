// A read-only preopen: every change is refused, and nothing is changed, even if the same files can be changed through
// another preopen.

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createHostWith } from '../../ts/host/host.js';
import { canLink, linkIfPossible } from '../helpers/directory.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import type { Descriptor } from './helpers.js';
import { callsOn, hostWith, outcome, preopensOf, programWalkers, sandbox, walkers } from './helpers.js';
import { namesBelow, sealed } from './sealed.js';

const now = { tag: 'now' } as const;

/** Every method that changes something. `file` is an open file and `dir` an open directory below `root`. */
const allChanges: [string, (root: Descriptor, file: Descriptor, dir: Descriptor) => unknown][] = [
  ['open-at to write', (root) => root.openAt({}, 'file', {}, { write: true })],
  ['open-at to read and write', (root) => root.openAt({}, 'file', {}, { read: true, write: true })],
  ['open-at with create', (root) => root.openAt({}, 'new', { create: true }, { read: true })],
  ['open-at with create of what exists', (root) => root.openAt({}, 'file', { create: true }, { read: true })],
  ['open-at with truncate', (root) => root.openAt({}, 'file', { truncate: true }, { read: true })],
  [
    'open-at with mutate-directory',
    (root) => root.openAt({}, 'dir', {}, { read: true, mutateDirectory: true }),
  ],
  [
    'open-at to write through a link',
    (root) => root.openAt({ symlinkFollow: true }, 'link', {}, { write: true }),
  ],
  ['open-at to write below a directory', (_root, _file, dir) => dir.openAt({}, 'inner', {}, { write: true })],
  ['write', (_root, file) => file.write(new Uint8Array([1]), 0n)],
  ['write-via-stream', (_root, file) => file.writeViaStream(0n)],
  ['append-via-stream', (_root, file) => file.appendViaStream()],
  ['set-size', (_root, file) => file.setSize(0n)],
  ['set-times of a file', (_root, file) => file.setTimes(now, now)],
  ['set-times of a directory', (root) => root.setTimes(now, now)],
  ['set-times-at', (root) => root.setTimesAt({}, 'file', now, now)],
  ['create-directory-at', (root) => root.createDirectoryAt('new')],
  ['remove-directory-at', (root) => root.removeDirectoryAt('empty')],
  ['unlink-file-at', (root) => root.unlinkFileAt('file')],
  ['rename-at', (root) => root.renameAt('file', root, 'moved')],
  ['rename-at within a directory', (_root, _file, dir) => dir.renameAt('inner', dir, 'moved')],
  ['link-at', (root) => root.linkAt({}, 'file', root, 'linked')],
  ['symlink-at', (root) => root.symlinkAt('file', 'new')],
];

const changes = allChanges.filter(([name]) => canLink() || !/through a link|symlink/.test(name));

/** The same, by a program. It holds `file` as 0 and `dir` as 1. */
const calls = [
  ...['w', 'rw', 'wa', 'rt', 'wt', 'rc', 'wc', 'wcx'].flatMap((how) => [
    `open 2 - file ${how}`,
    `open 2 - dir/inner ${how}`,
    `open 2 1 inner ${how}`,
    `open 2 - link ${how}`,
  ]),
  ...['rc', 'wc', 'rcx', 'wcx'].flatMap((how) => [`open 2 - new ${how}`, `open 2 1 new ${how}`]),
  'pwrite 0 x 0',
  'write 0 x',
  'resize 0 0',
  'futimes 0 1 2',
  'utimes - file 1 2',
  'utimes - link 1 2',
  'lutimes - link 1 2',
  'utimes 1 inner 1 2',
  'utimes - . 1 2',
  'mkdir - new',
  'mkdir 1 new',
  'rmdir - empty',
  'rmdir 1 ../empty',
  'unlink - file',
  'unlink - link',
  'unlink 1 inner',
  'rename - file - moved',
  'rename - file 1 moved',
  'rename 1 inner - moved',
  'rename 1 inner 1 moved',
  'rename - empty - dir',
  'link - file - linked',
  'link - file 1 linked',
  'link 1 inner - linked',
  'symlink file - new',
  'symlink inner 1 new',
];

/** Puts the objects of the changes into `box`. The returned function checks that all are unchanged. */
function filled(box: string): () => void {
  mkdirSync(join(box, 'dir'));
  mkdirSync(join(box, 'empty'));
  writeFileSync(join(box, 'file'), 'content');
  writeFileSync(join(box, 'dir/inner'), 'inner');
  linkIfPossible('file', join(box, 'link'));
  const before = statSync(join(box, 'file'), { bigint: true });
  return () => {
    expect(namesBelow(box)).toEqual(['dir', 'dir/inner', 'empty', 'file', ...(canLink() ? ['link'] : [])]);
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
    const { atimeNs: _read, ...unread } = statSync(join(box, 'file'), { bigint: true });
    expect(unread.mtimeNs).toBe(before.mtimeNs);
    expect(unread.nlink).toBe(before.nlink);
  };
}

describe.each(walkers)('below a read-only preopen, by the %s walker,', (_kind, walker) => {
  it.each(changes)('%s is not permitted and changes nothing', (_name, change) => {
    const { box, root } = sandbox(walker, 'read');
    const expectUnchanged = filled(box);
    const file = root.openAt({}, 'file', {}, { read: true });
    const dir = root.openAt({}, 'dir', { directory: true }, { read: true });
    expect(outcome(() => change(root, file, dir))).toBe('not-permitted');
    expectUnchanged();
  });

  it('reports this in its flags', () => {
    const { root } = sandbox(walker, 'read');
    expect(root.getFlags()).toMatchObject({ read: true, mutateDirectory: false });
  });

  it('everything can be read', () => {
    const { box, root } = sandbox(walker, 'read');
    writeFileSync(join(box, 'file'), 'content');
    const file = root.openAt({}, 'file', {}, { read: true });
    expect(Buffer.from(file.read(100n, 0n)[0]).toString()).toBe('content');
    expect(root.readDirectory().readDirectoryEntry()).toEqual({ type: 'regular-file', name: 'file' });
  });

  const overlaps: [string, string, string][] = [
    ['lies in', 'top', 'top/inner'],
    ['lies deep in', 'top', 'top/inner/deeper'],
    ['is', 'top/inner', 'top/inner'],
    ['is by a link', 'top/inner', 'link'],
  ];

  it.for(overlaps)('%s a read-write preopen is refused', ([_how, writing, reading], { directory }) => {
    mkdirSync(join(directory, 'top/inner/deeper'), { recursive: true });
    symlinkSync('top/inner', join(directory, 'link'));
    const preopens = {
      '/read': { path: join(directory, reading), access: 'read' },
      '/write': { path: join(directory, writing), access: 'read-write' },
    } as const;
    expect(() => createHostWith(walker, { preopens })).toThrow(
      "'/read' lies in the read-write preopen '/write'",
    );
    createHostWith(walker, { preopens, allowOverlap: true }).close();
  });

  it('a read-write preopen may be inside a read-only one', ({ directory }) => {
    mkdirSync(join(directory, 'inner'));
    createHostWith(walker, {
      preopens: {
        '/read': { path: directory, access: 'read' },
        '/write': { path: join(directory, 'inner'), access: 'read-write' },
      },
    }).close();
  });
});

describe.each(programWalkers)('below a read-only preopen, by the %s walker,', (_kind, walker) => {
  it('a program cannot change anything', async () => {
    const { box } = sandbox(walker, 'read');
    filled(box);
    const expectUntouched = sealed(box);
    const [first, second, ...lines] = await callsOn(
      walker,
      { preopens: { '/': { path: box, access: 'read' } } },
      ['open 0 - file r', 'open 1 - dir rd', ...calls],
    );
    expect([first, second]).toEqual(['ok', 'ok']);
    expect(lines.map((line, index) => [calls[index], line])).toEqual(calls.map((call) => [call, 'EPERM']));
    expectUntouched();
  });
});

// Overlaps that allowOverlap permits, and one that is always permitted.
const nestings: [string, string, string][] = [
  ['a read-only one in a read-write one', 'outer/inner', 'outer'],
  ['a read-write one in a read-only one', 'outer', 'outer/inner'],
  ['a read-only one that is a read-write one as well', 'outer/inner', 'outer/inner'],
];

describe.each(programWalkers)('with nested preopens, by the %s walker,', (_kind, walker) => {
  describe.each(nestings)('%s', (_nesting, reading, writing) => {
    /** The directory `outer/inner`, filled, through each of the two preopens. */
    function nested() {
      const directory = temporaryDirectory();
      const inner = join(directory, 'outer/inner');
      mkdirSync(inner, { recursive: true });
      const expectUnchanged = filled(inner);
      const host = hostWith(walker, {
        preopens: {
          '/read': { path: join(directory, reading), access: 'read' },
          '/write': { path: join(directory, writing), access: 'read-write' },
        },
        allowOverlap: true,
      });
      const at = preopensOf(host);
      const through = (name: string, path: string) =>
        path === 'outer' ? at(name).openAt({}, 'inner', { directory: true }, { read: true }) : at(name);
      return { expectUnchanged, read: through('/read', reading), write: through('/write', writing) };
    }

    it.each(changes)('%s has its own rights', (_name, change) => {
      const { expectUnchanged, read, write } = nested();
      const openIn = (root: Descriptor, flags: object) =>
        [root.openAt({}, 'file', {}, flags), root.openAt({}, 'dir', {}, { read: true })] as const;
      expect(outcome(() => change(read, ...openIn(read, { read: true })))).toBe('not-permitted');
      expectUnchanged();
      expect(outcome(() => change(write, ...openIn(write, { read: true, write: true })))).toBe('ok');
    });

    it('nothing is renamed or linked from one into the other', () => {
      const { expectUnchanged, read, write } = nested();
      for (const [from, to] of [
        [read, write],
        [write, read],
      ] as const) {
        expect(outcome(() => from.renameAt('file', to, 'moved'))).toBe('not-permitted');
        expect(outcome(() => from.linkAt({}, 'file', to, 'linked'))).toBe('not-permitted');
        expect(outcome(() => from.renameAt('file', to, 'file'))).toBe('not-permitted');
      }
      expectUnchanged();
    });

    it('changes through one are visible through the other', () => {
      const { read, write } = nested();
      const seen = read.openAt({}, 'file', {}, { read: true });
      const file = write.openAt({}, 'file', {}, { write: true });
      file.write(Buffer.from('CON'), 0n);
      expect(Buffer.from(seen.read(100n, 0n)[0]).toString()).toBe('CONtent');
      expect(seen.isSameObject(file)).toBe(true);
      expect(outcome(() => seen.write(Buffer.from('x'), 0n))).toBe('not-permitted');
      expect(outcome(() => file.read(1n, 0n))).toBe('bad-descriptor');
    });
  });
});
