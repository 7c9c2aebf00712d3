// The ways out of a sandbox, each tried on the host's own objects and by a hostile program.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Descriptor } from './helpers.js';
import { callsOn, hostWith, outcome, preopensOf, sandbox, temporaryDirectory, walkers } from './helpers.js';

/** Everything that a path can be given to, none of which may succeed. */
const uses: [string, (root: Descriptor, path: string) => unknown][] = [
  ['open', (root, path) => root.openAt({ symlinkFollow: true }, path, {}, { read: true })],
  ['create', (root, path) => root.openAt({ symlinkFollow: true }, path, { create: true }, { write: true })],
  ['look at', (root, path) => root.statAt({ symlinkFollow: true }, path)],
  ['identify', (root, path) => root.metadataHashAt({ symlinkFollow: true }, path)],
  [
    'set the times of',
    (root, path) => root.setTimesAt({ symlinkFollow: true }, path, { tag: 'now' }, { tag: 'now' }),
  ],
];

/** Names that lead to `../outside` or into it, made from outside, and the error for using them. */
const waysOut: [string, (box: string) => string, string][] = [
  ['a path that begins with ..', () => '../outside/secret', 'not-permitted'],
  ['a path that climbs later', () => 'dir/../../outside/secret', 'not-permitted'],
  ['a path that climbs far', () => 'dir/deep/../../../outside/secret', 'not-permitted'],
  ['an absolute path', (box) => join(box, '../outside/secret'), 'not-permitted'],
  ['a path with an empty beginning', (box) => `/${join(box, '../outside/secret')}`, 'not-permitted'],
  [
    'a relative symbolic link',
    (box) => {
      symlinkSync('../outside/secret', join(box, 'link'));
      return 'link';
    },
    'not-permitted',
  ],
  [
    'an absolute symbolic link',
    (box) => {
      symlinkSync(join(box, '../outside/secret'), join(box, 'link'));
      return 'link';
    },
    'not-permitted',
  ],
  [
    'a symbolic link on the way',
    (box) => {
      symlinkSync('../outside', join(box, 'link'));
      return 'link/secret';
    },
    'not-permitted',
  ],
  [
    'a chain of symbolic links',
    (box) => {
      symlinkSync('..', join(box, 'dir/up'));
      symlinkSync('dir/up/../outside', join(box, 'chain'));
      return 'chain/secret';
    },
    'not-permitted',
  ],
  [
    'a symbolic link to the root and then up',
    (box) => {
      symlinkSync('.', join(box, 'here'));
      return 'here/here/../outside/secret';
    },
    'not-permitted',
  ],
  [
    'a symbolic link through procfs',
    (box) => {
      symlinkSync('/proc/self/cwd', join(box, 'link'));
      return 'link/secret';
    },
    'not-permitted',
  ],
  ['a NUL that hides what follows', () => 'dir\0/../../outside/secret', 'invalid'],
  ['a name that is too long', () => 'x'.repeat(300), 'name-too-long'],
  ['a path that is too long', () => `${'dir/../'.repeat(1000)}dir`, 'name-too-long'],
  [
    'a symbolic link to itself',
    (box) => {
      symlinkSync('loop', join(box, 'loop'));
      return 'loop';
    },
    'loop',
  ],
  [
    'a chain of 41 symbolic links',
    (box) => {
      writeFileSync(join(box, 'link-0'), '');
      for (let index = 1; index <= 41; index++) {
        symlinkSync(`link-${index - 1}`, join(box, `link-${index}`));
      }
      return 'link-41';
    },
    'loop',
  ],
];

function besieged(walker: (typeof walkers)[number][1]) {
  const box = sandbox(walker);
  mkdirSync(join(box.box, 'dir/deep'), { recursive: true });
  writeFileSync(join(box.outside, 'secret'), 'secret');
  return box;
}

function expectUntouched(outside: string): void {
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
}

describe.each(walkers)('the %s walker', (kind, walker) => {
  describe.each(waysOut)('refuses %s', (_name, arrange, code) => {
    it.each(uses)('to %s', (_use, use) => {
      const { box, outside, root } = besieged(walker);
      const path = arrange(box);
      expect(outcome(() => use(root, path))).toBe(code);
      expectUntouched(outside);
    });
  });

  it('follows a chain of 40 symbolic links that stays inside', () => {
    const { box, root } = besieged(walker);
    writeFileSync(join(box, 'link-0'), 'inside');
    for (let index = 1; index <= 40; index++) {
      symlinkSync(`link-${index - 1}`, join(box, `link-${index}`));
    }
    expect(root.statAt({ symlinkFollow: true }, 'link-40').size).toBe(6n);
  });

  const outward: [string, (root: Descriptor) => unknown][] = [
    ['make a directory', (root) => root.createDirectoryAt('../outside/new')],
    ['remove a directory', (root) => root.removeDirectoryAt('../outside')],
    ['remove a file', (root) => root.unlinkFileAt('../outside/secret')],
    ['move something in', (root) => root.renameAt('../outside/secret', root, 'mine')],
    ['move something out', (root) => root.renameAt('dir', root, '../outside/dir')],
    ['link something in', (root) => root.linkAt({}, '../outside/secret', root, 'mine')],
    ['link something out', (root) => root.linkAt({}, 'file', root, '../outside/mine')],
    ['read a link', (root) => root.readlinkAt('../outside/secret')],
    ['make a link out there', (root) => root.symlinkAt('secret', '../outside/link')],
    ['make an absolute link', (root) => root.symlinkAt('/etc/passwd', 'link')],
    ['remove itself', (root) => root.removeDirectoryAt('dir/../..')],
  ];
  it.each(outward)('refuses to %s', (_name, act) => {
    const { box, outside, root } = besieged(walker);
    writeFileSync(join(box, 'file'), '');
    expect(outcome(() => act(root))).toBe('not-permitted');
    expectUntouched(outside);
    expect(readdirSync(box).sort()).toEqual(['dir', 'file']);
  });

  it('takes a link that it is to remove, and not what the link leads to', () => {
    const { box, outside, root } = besieged(walker);
    symlinkSync('../outside/secret', join(box, 'link'));
    root.unlinkFileAt('link');
    expect(existsSync(join(box, 'link'))).toBe(false);
    expectUntouched(outside);
  });

  it('replaces a link that it is to rename onto, and not what the link leads to', () => {
    const { box, outside, root } = besieged(walker);
    symlinkSync('../outside/secret', join(box, 'link'));
    writeFileSync(join(box, 'file'), 'mine');
    root.renameAt('file', root, 'link');
    expect(readFileSync(join(box, 'link'), 'utf8')).toBe('mine');
    expectUntouched(outside);
  });

  it('keeps to a held directory when a link out takes its name', () => {
    const { box, outside, root } = besieged(walker);
    const held = root.openAt({}, 'dir/deep', { directory: true }, { read: true });
    rmdirSync(join(box, 'dir/deep'));
    symlinkSync('../../outside', join(box, 'dir/deep'));
    const missing = kind === 'procfs' ? 'no-entry' : 'not-permitted';
    for (const [, use] of uses) {
      expect(outcome(() => use(held, 'secret'))).toBe(missing);
    }
    expectUntouched(outside);
  });

  it('keeps to a held directory when one from outside takes its name', () => {
    const { box, outside, root } = besieged(walker);
    const held = root.openAt({}, 'dir', { directory: true }, { read: true });
    renameSync(join(box, 'dir'), join(box, 'moved'));
    renameSync(outside, join(box, 'dir'));
    expect(outcome(() => held.statAt({}, 'secret'))).toBe(kind === 'procfs' ? 'no-entry' : 'not-permitted');
  });

  it('does not climb from a held directory, which is a root of its own', () => {
    const { root } = besieged(walker);
    const held = root.openAt({}, 'dir/deep', { directory: true }, { read: true });
    expect(outcome(() => held.statAt({}, '..'))).toBe('not-permitted');
    expect(outcome(() => held.openAt({}, '../..', {}, { read: true }))).toBe('not-permitted');
  });

  it('opens no FIFO, socket or device, and does not wait for one', async () => {
    const { box, root } = besieged(walker);
    execFileSync('mkfifo', [join(box, 'fifo')]);
    const server = createServer().listen(join(box, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const kinds: [string, string][] = [
      ['fifo', 'fifo'],
      // The preview 1 adapter traps on a socket that is called one.
      ['socket', 'unknown'],
    ];
    if (process.getuid?.() === 0) {
      execFileSync('mknod', [join(box, 'device'), 'c', '1', '3']);
      kinds.push(['device', 'character-device']);
    }
    for (const [name, type] of kinds) {
      expect(root.statAt({}, name).type).toBe(type);
      for (const flags of [{ read: true }, { write: true }, { read: true, write: true }]) {
        expect(outcome(() => root.openAt({}, name, {}, flags))).toBe('not-permitted');
      }
      expect(outcome(() => root.openAt({}, name, { truncate: true }, { write: true }))).toBe('not-permitted');
      expect(outcome(() => root.openAt({}, name, { create: true }, { write: true }))).toBe('not-permitted');
    }
  });

  it('takes a backslash for the character that it is', () => {
    const { box, root } = besieged(walker);
    writeFileSync(join(box, 'dir/file'), '');
    expect(outcome(() => root.statAt({}, 'dir\\file'))).toBe('no-entry');
    writeFileSync(join(box, 'dir\\file'), 'backslash');
    expect(root.statAt({}, 'dir\\file').size).toBe(9n);
  });

  it('moves nothing between preopens but where both may be changed', () => {
    const top = temporaryDirectory();
    for (const name of ['one', 'two']) {
      mkdirSync(join(top, name));
      writeFileSync(join(top, name, 'file'), name);
    }
    const host = hostWith(walker, {
      preopens: {
        '/one': { path: join(top, 'one'), access: 'read' },
        '/two': { path: join(top, 'two'), access: 'read-write' },
      },
    });
    const at = preopensOf(host);
    const [one, two] = [at('/one'), at('/two')];
    expect(outcome(() => one.renameAt('file', two, 'stolen'))).toBe('not-permitted');
    expect(outcome(() => two.renameAt('file', one, 'planted'))).toBe('not-permitted');
    expect(outcome(() => one.linkAt({}, 'file', two, 'linked'))).toBe('not-permitted');
    expect(outcome(() => two.linkAt({}, 'file', one, 'linked'))).toBe('not-permitted');
    expect([readdirSync(join(top, 'one')), readdirSync(join(top, 'two'))]).toEqual([['file'], ['file']]);
  });

  it('gives a hostile program nothing', async () => {
    const { box, outside } = besieged(walker);
    symlinkSync('../outside', join(box, 'link'));
    const attempts: [string, string][] = [
      ['open 0 - ../outside/secret r', 'EPERM'],
      ['open 0 - link/secret r', 'EPERM'],
      ['open 0 - dir/deep/../../../outside/secret r', 'EPERM'],
      ['open 0 - link/new rwcx', 'EPERM'],
      ['mkdir - link/new', 'EPERM'],
      ['unlink - link/secret', 'EPERM'],
      ['rename - link/secret - stolen', 'EPERM'],
      ['link - link/secret - stolen', 'EPERM'],
      // What needs no race with anybody: a directory that the program holds, replaced by its own link.
      ['mkdir - held', 'ok'],
      ['open 1 - held rd', 'ok'],
      ['rmdir - held', 'ok'],
      ['symlink ../outside - held', 'ok'],
      ['open 2 1 secret r', kind === 'procfs' ? 'ENOENT' : 'EPERM'],
      ['open 2 1 ../outside/secret r', kind === 'procfs' ? 'EPERM' : 'EPERM'],
      ['open 2 - held/secret r', 'EPERM'],
      // A link that was harmless where it was made, moved to where it is not.
      ['symlink ../secret - dir/deep/later', 'ok'],
      ['rename - dir/deep/later - later', 'ok'],
      ['open 2 - later r', 'EPERM'],
      ['symlink ../outside/secret - dir/fine', 'ok'],
      ['link - dir/fine - dir/deep/fine', 'ok'],
      ['rename - dir/fine - fine', 'ok'],
      ['open 2 - fine r', 'EPERM'],
    ];
    const calls = attempts.map(([call]) => call);
    const lines = await callsOn(walker, { preopens: { '/': { path: box, access: 'read-write' } } }, calls);
    expect(lines.map((line, index) => [calls[index], line])).toEqual(attempts);
    expectUntouched(outside);
  });
});
