// The path walker on Windows, whose calls of node:fs differ from those of POSIX. The module is changed accordingly here;
// the runs under Wine show less, because Wine has no symbolic links.

import type * as fs from 'node:fs';
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { pathWalker } from '../../ts/host/walker-path.js';
import { hostWith, outcome, preopensOf, sandbox } from './helpers.js';

const windows = vi.hoisted(() => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
  process.env.TEMP = '/tmp';
  return { types: [] as unknown[], busy: 0, tries: 0, code: 'EPERM' };
});

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  const { constants } = actual;
  const fail = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };
  /** Fails while a scanner has the file open. */
  const expectFree = () => {
    windows.tries++;
    if (windows.busy-- > 0) {
      fail(windows.code);
    }
  };
  /** A path that follows a symbolic link of the last name, even if nothing is there. */
  const followed = (path: string) => {
    const isLink = actual.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
    return isLink ? resolve(path, '..', actual.readlinkSync(path)) : path;
  };
  return {
    ...actual,
    // Follows links, even to create what is missing, and has no O_DIRECTORY.
    openSync: (path: string, flags: number, mode?: number) =>
      actual.openSync(
        flags & constants.O_EXCL ? followed(path) : path,
        flags & ~(constants.O_NOFOLLOW | constants.O_DIRECTORY),
        mode,
      ),
    fsyncSync: (fd: number) => (actual.fstatSync(fd).isDirectory() ? fail('EPERM') : actual.fsyncSync(fd)),
    // Without a type, Node looks at what the text names.
    symlinkSync: (text: string, path: string, type?: string) => {
      windows.types.push(type);
      actual.symlinkSync(text, path);
    },
    // Replaces a file by a directory, but no directory.
    renameSync(from: string, to: string) {
      expectFree();
      const target = actual.lstatSync(to, { throwIfNoEntry: false });
      if (target?.isDirectory()) {
        fail('EPERM');
      }
      actual.rmSync(to, { force: true });
      actual.renameSync(from, to);
    },
    unlinkSync(path: string) {
      expectFree();
      return actual.statSync(path).isDirectory() ? fail('EPERM') : actual.unlinkSync(path);
    },
    rmdirSync(path: string) {
      expectFree();
      return actual.statSync(path).isDirectory() ? actual.rmdirSync(path) : fail('ENOENT');
    },
    readlinkSync: (path: string, options: BufferEncoding) =>
      actual.readlinkSync(path, options).replaceAll('/', '\\'),
    // Reports 64 bits of the device's number, and `fstatSync` 32.
    lstatSync: (path: string, options: fs.StatSyncOptions & { bigint: true }) => {
      const status = actual.lstatSync(path, options);
      if (status !== undefined && options?.bigint) {
        status.dev += 7n << 32n;
      }
      return status;
    },
  };
});

beforeEach(() => {
  Object.assign(windows, { types: [], busy: 0, tries: 0, code: 'EPERM' });
});

it('a directory is entered, although a path reports another number of its device', () => {
  const { box, root } = sandbox(pathWalker);
  mkdirSync(join(box, 'directory'));
  writeFileSync(join(box, 'directory/file'), '');
  expect(outcome(() => root.openAt({}, 'directory/file', {}, { read: true }))).toBe('ok');
});

it('exclusive creation fails at a dangling link, and creates nothing outside', () => {
  const { box, outside, root } = sandbox(pathWalker);
  symlinkSync('../outside/made', join(box, 'link'));
  const create = () => root.openAt({}, 'link', { create: true, exclusive: true }, { write: true });
  expect(outcome(create)).toBe('exist');
  expect(readdirSync(outside)).toEqual([]);
});

it('a symbolic link gets no second name', () => {
  const { box, root } = sandbox(pathWalker);
  symlinkSync('../outside', join(box, 'link'));
  expect(outcome(() => root.linkAt({}, 'link', root, 'second'))).toBe('unsupported');
  expect(readdirSync(box)).toEqual(['link']);
});

it('a symbolic link gets the type of its target in the sandbox', () => {
  const { box, root } = sandbox(pathWalker);
  mkdirSync(join(box, 'directory/deep'), { recursive: true });
  writeFileSync(join(box, 'file'), '');
  root.symlinkAt('directory', 'one');
  root.symlinkAt('../file', 'directory/two');
  root.symlinkAt('deep', 'directory/three');
  root.symlinkAt('missing', 'four');
  // A directory outside the sandbox is not looked at.
  root.symlinkAt('../outside', 'five');
  expect(windows.types).toEqual(['dir', 'file', 'dir', 'file', 'file']);
});

it.each(['C:\\x', '\\x', '\\\\server\\share', 'C:x', 'dir\\..\\..\\x', '/x', 'dir/C:x'])(
  'no symbolic link gets the text %s',
  (text) => {
    const { box, root } = sandbox(pathWalker);
    expect(outcome(() => root.symlinkAt(text, 'link'))).toBe('not-permitted');
    expect(readdirSync(box)).toEqual([]);
  },
);

it('the text of a symbolic link is reported with slashes, and followed', () => {
  const { box, root } = sandbox(pathWalker);
  mkdirSync(join(box, 'a/b'), { recursive: true });
  writeFileSync(join(box, 'a/b/file'), '');
  symlinkSync('a/b', join(box, 'link'));
  expect(root.readlinkAt('link')).toBe('a/b');
  expect(outcome(() => root.openAt({}, 'link/file', {}, { read: true }))).toBe('ok');
});

it('synchronising a directory is no error', () => {
  const { box } = sandbox(pathWalker);
  const durability = { syncDirectories: true };
  const host = hostWith(pathWalker, {
    preopens: { '/': { path: box, access: 'read-write' } },
    durability,
  });
  const root = preopensOf(host)('/');
  expect(outcome(() => root.createDirectoryAt('made'))).toBe('ok');
  expect(outcome(() => root.sync())).toBe('ok');
  expect(existsSync(join(box, 'made'))).toBe(true);
});

it('a rename is tried again while another program has a file open', () => {
  const { box, root } = sandbox(pathWalker);
  writeFileSync(join(box, 'old'), '');
  windows.busy = 3;
  root.renameAt('old', root, 'new');
  expect(windows.tries).toBe(4);
  expect(lstatSync(join(box, 'new')).isFile()).toBe(true);
});

it.each(['EPERM', 'EACCES', 'EBUSY'])(
  'a file and a directory are removed once another program has closed them (%s)',
  (code) => {
    const { box, root } = sandbox(pathWalker);
    writeFileSync(join(box, 'file'), '');
    mkdirSync(join(box, 'directory'));
    Object.assign(windows, { busy: 3, code });
    root.unlinkFileAt('file');
    windows.busy = 3;
    root.removeDirectoryAt('directory');
    expect(windows.tries).toBe(8);
    expect(readdirSync(box)).toEqual([]);
  },
);

it('a removal that can never work fails at once, as on other systems', () => {
  const { box, root } = sandbox(pathWalker);
  writeFileSync(join(box, 'file'), '');
  mkdirSync(join(box, 'directory/full'), { recursive: true });
  expect(outcome(() => root.unlinkFileAt('directory'))).toBe('is-directory');
  expect(outcome(() => root.removeDirectoryAt('file'))).toBe('not-directory');
  expect(outcome(() => root.removeDirectoryAt('directory'))).toBe('not-empty');
  expect(outcome(() => root.removeDirectoryAt('missing'))).toBe('no-entry');
  expect(windows.tries).toBe(3);
});

it('a directory replaces an empty one, and nothing else', () => {
  const { box, root } = sandbox(pathWalker);
  mkdirSync(join(box, 'old/inner'), { recursive: true });
  mkdirSync(join(box, 'empty'));
  mkdirSync(join(box, 'full/inner'), { recursive: true });
  writeFileSync(join(box, 'file'), 'content');
  expect(outcome(() => root.renameAt('old', root, 'file'))).toBe('not-directory');
  expect(outcome(() => root.renameAt('old', root, 'full'))).toBe('not-empty');
  expect(outcome(() => root.renameAt('old', root, 'empty'))).toBe('ok');
  expect(readdirSync(box).sort()).toEqual(['empty', 'file', 'full']);
  expect(readdirSync(join(box, 'empty'))).toEqual(['inner']);
});

it('a rename of a file to a directory fails at once, and says so', () => {
  const { box, root } = sandbox(pathWalker);
  writeFileSync(join(box, 'old'), '');
  mkdirSync(join(box, 'directory'));
  windows.busy = 1000;
  expect(outcome(() => root.renameAt('old', root, 'directory'))).toBe('is-directory');
  expect(windows.tries).toBe(1);
});

it('a rename that is refused for good fails', () => {
  const { box, root } = sandbox(pathWalker);
  writeFileSync(join(box, 'old'), '');
  windows.busy = 1000;
  expect(outcome(() => root.renameAt('old', root, 'new'))).toBe('not-permitted');
});

it('a file is no preopen, although it can be opened like a directory', () => {
  const { box } = sandbox(pathWalker);
  const path = join(box, 'file');
  writeFileSync(path, '');
  const open = () => hostWith(pathWalker, { preopens: { '/': { path, access: 'read' } } });
  expect(open).toThrow(expect.objectContaining({ code: 'ENOTDIR', path }));
});

it('a missing preopen is named as it was given', () => {
  const { box } = sandbox(pathWalker);
  const path = `${box}/./missing`;
  const open = () => hostWith(pathWalker, { preopens: { '/': { path, access: 'read' } } });
  expect(open).toThrow(expect.objectContaining({ code: 'ENOENT', path }));
});

it('a name that is longer than Windows allows is too long, not missing', () => {
  const { root } = sandbox(pathWalker);
  expect(outcome(() => root.statAt({}, 'n'.repeat(256)))).toBe('name-too-long');
});
