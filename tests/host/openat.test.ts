// The walker that calls openat(2), in what differs from procfs.

import { constants, fstatSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import type { Native } from '../../ts/host/koffi.js';
import type { Status } from '../../ts/host/status.js';
import { openatWalker } from '../../ts/host/walker-openat.js';
import { outcome, sandbox } from './helpers.js';

const EINTR = 4;

/** koffi, but a signal interrupts each close that succeeds. */
function interrupted() {
  const library = koffi.load(null);
  let isInterrupted = false;
  return {
    version: koffi.version,
    errno: () => (isInterrupted ? EINTR : koffi.errno()),
    address: (bytes: Uint8Array) => koffi.address(bytes),
    load: () => ({
      func(prototype: string) {
        const act: Native = library.func(prototype);
        const replaced: Native = (...args) => {
          const result = act(...args);
          isInterrupted = prototype.startsWith('int close(') && result === 0;
          return isInterrupted ? -1 : result;
        };
        return replaced as Native<never>;
      },
    }),
  };
}

/** koffi for a C library that has no statx(2). */
const withoutStatx = () => ({
  ...koffi,
  load: () => ({
    func(prototype: string) {
      if (prototype.startsWith('int statx(')) {
        throw new Error("Cannot find function 'statx'");
      }
      const act: Native = koffi.load(null).func(prototype);
      return act as Native<never>;
    },
  }),
});

const fields = ['dev', 'ino', 'mode', 'nlink', 'uid', 'size', 'atimeNs', 'mtimeNs', 'ctimeNs'] as const;

/** The fields that the host reads. */
const read = (status: Status | undefined) => fields.map((name) => [name, status?.[name]]);

describe.runIf(process.platform === 'linux').each([
  ['statx(2)', openatWalker()],
  ["Node's calls, if the C library has no statx(2),", openatWalker('linux', withoutStatx)],
])('by %s', (_, walker) => {
  it('the status of an open file or directory, and of an entry, is the one that Node reports', () => {
    const { box } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content', { mode: 0o640 });
    mkdirSync(join(box, 'directory'));
    symlinkSync('file', join(box, 'link'));
    const held = walker.hold(box);
    const opened = [
      walker.open(held, 'file', constants.O_RDONLY),
      walker.enter(held, 'directory', 'search'),
      held,
    ];
    for (const handle of opened) {
      expect(read(handle.status())).toEqual(read(fstatSync(handle.fd, { bigint: true })));
      const { mode, size, blocks } = fstatSync(handle.fd);
      expect(handle.brief()).toMatchObject({ mode, size, blocks });
    }
    for (const name of ['file', 'directory', 'link']) {
      expect(read(walker.look(held, name))).toEqual(read(lstatSync(join(box, name), { bigint: true })));
    }
    for (const handle of opened) {
      handle.release();
    }
  });

  it('a device in /dev has the number that Node reports', () => {
    const held = walker.hold('/dev');
    expect(read(walker.look(held, 'null'))).toEqual(read(lstatSync('/dev/null', { bigint: true })));
    held.release();
  });

  it('a read and a write at a position, and their errors, are those of Node', () => {
    const { box, root } = sandbox(walker);
    const file = root.openAt({}, 'file', { create: true, exclusive: true }, { read: true, write: true });
    expect(file.write(Buffer.from('content'), 3n)).toBe(7n);
    expect(Buffer.from(file.read(100n, 1n)[0]).toString('latin1')).toBe('\0\0content');
    expect(file.read(100n, 10n)).toEqual([new Uint8Array(0), true]);
    expect(outcome(() => file.read(1n, 2n ** 63n))).toBe('invalid');
    expect(outcome(() => file.write(Buffer.from('x'), 2n ** 53n))).toBe('file-too-large');
    expect(lstatSync(join(box, 'file')).size).toBe(10);
    const directory = walker.hold(box);
    const reading = walker.open(directory, 'file', constants.O_RDONLY);
    expect(() => reading.write(Buffer.from('x'), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    reading.release();
    expect(() => reading.read(Buffer.alloc(1), 0, 1, 0n)).toThrow();
    directory.release();
  });
});

describe.skipIf(process.platform === 'win32')('through openat,', () => {
  it('a close that a signal interrupts is no error', () => {
    const { root } = sandbox(openatWalker(process.platform, interrupted));
    const file = root.openAt({}, 'file', { create: true, exclusive: true }, { write: true });
    file.write(Buffer.from('content'), 0n);
    (file as object as Disposable)[Symbol.dispose]();
    expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('ok');
  });

  it('a directory exists even if the system has no path of it, because procfs is missing', () => {
    const { root } = sandbox({ ...openatWalker(), shared: () => '/proc/missing' });
    expect(outcome(() => root.createDirectoryAt('.'))).toBe('exist');
  });
});
