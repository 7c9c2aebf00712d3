// The walker of Windows on a model of Windows' calls, because Wine has no symbolic links. The model acts on this system's
// files, and follows a link if it is not asked to refuse that.

import {
  chmodSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Koffi, Native } from '../../ts/host/koffi.js';
import { linkBuffer } from '../../ts/host/reparse-point.js';
import { ntWalker } from '../../ts/host/walker-nt.js';
import { pathWalker } from '../../ts/host/walker-path.js';
import { hostWith, outcome, preopensOf, sandbox } from './helpers.js';

const koffi = await vi.hoisted(async () => {
  // Before the platform is another, for which it has no library here.
  const loaded = await import('koffi');
  Object.defineProperty(process, 'platform', { value: 'win32' });
  process.env.TEMP = '/tmp';
  return loaded;
});

const library = koffi.load(null);
const openat = library.func('int openat(int, const char *, int, ...)');
const mkdirat = library.func('int mkdirat(int, const char *, uint32)');
const unlinkat = library.func('int unlinkat(int, const char *, int)');
const renameat = library.func('int renameat(int, const char *, int, const char *)');
const linkat = library.func('int linkat(int, const char *, int, const char *, int)');
const readlinkat = library.func('long readlinkat(int, const char *, void *, size_t)');
const close = library.func('int close(int)');

const O_PATH = 0o10000000;
const O_NOFOLLOW = 0o400000;
const O_CREAT_EXCL = 0o300;
const OBJ_DONT_REPARSE = 0x1000;
const FILE_OPEN_REPARSE_POINT = 0x200000;
const FILE_DIRECTORY_FILE = 0x1;
const STATUS_REPARSE_POINT_ENCOUNTERED = 0xc000050b | 0;
const STATUS_OBJECT_NAME_NOT_FOUND = 0xc0000034 | 0;
const STATUS_OBJECT_NAME_COLLISION = 0xc0000035 | 0;
const STATUS_INVALID_PARAMETER = 0xc000000d | 0;
const STATUS_NO_MORE_FILES = 0x80000006 | 0;
const STATUS_NO_SUCH_FILE = 0xc000000f | 0;

/** The memory that the walker shares with its calls, which has this address. */
let memory: Buffer = Buffer.alloc(0);
const ADDRESS = 1n << 40n;
const IN_1970 = 116_444_736_000_000_000n;

/** Whether a name can be removed at once, which FAT cannot do. */
let hasPosixSemantics = true;

/** Open handles, which are descriptors here. */
const opened = new Map<number, { root: number; name: string }>();
const listed = new Map<number, string[]>();

/** The names of the calls that were made. */
const made: string[] = [];

const isLink = (fd: number) => fstatSync(fd).isSymbolicLink();
const isDirectory = (fd: number) => fstatSync(fd).isDirectory();

function create(root: number, name: string, options: number): number {
  return options & FILE_DIRECTORY_FILE
    ? mkdirat(root, name, 0o777) === 0
      ? openat(root, name, O_PATH, 'int', 0)
      : -1
    : openat(root, name, O_CREAT_EXCL | 2, 'int', 0o666);
}

const calls: Readonly<Record<string, (...args: never[]) => number | bigint | null>> = {
  NtCreateFile(_h, access, _o, _s, _a, _f, _share, disposition: number, options: number) {
    const root = Number(memory.readBigInt64LE(8));
    const name = memory.toString('utf16le', 96, 96 + memory.readUInt16LE(48)) || '.';
    const refuses = (memory.readUInt32LE(24) & OBJ_DONT_REPARSE) !== 0;
    if (disposition === 2) {
      const created = create(root, name, options);
      if (created === -1) {
        return STATUS_OBJECT_NAME_COLLISION;
      }
      opened.set(created, { root, name });
      memory.writeBigInt64LE(BigInt(created), 80);
      return 0;
    }
    const place: number = openat(root, name, O_PATH | O_NOFOLLOW, 'int', 0);
    if (place === -1) {
      return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    let fd = place;
    if ((options & FILE_OPEN_REPARSE_POINT) === 0) {
      const wasLink = isLink(place);
      close(place);
      if (wasLink && refuses) {
        return STATUS_REPARSE_POINT_ENCOUNTERED;
      }
      const isReading = ((access as number) & 0x80000000) !== 0;
      fd = openat(root, name, isReading ? 0 : O_PATH, 'int', 0);
    }
    opened.set(fd, { root, name });
    memory.writeBigInt64LE(BigInt(fd), 80);
    return 0;
  },
  NtSetInformationFile(handle: number, _s, address: bigint, _l, information: number) {
    const { root, name } = opened.get(handle) ?? { root: -1, name: '' };
    const bytes = memory.subarray(Number(address - ADDRESS));
    if (information === 10 || information === 11) {
      const to = Number(bytes.readBigInt64LE(8));
      const newName = bytes.toString('utf16le', 20, 20 + bytes.readUInt32LE(16));
      return information === 10 ? renameat(root, name, to, newName) : linkat(root, name, to, newName, 0);
    }
    if (information === 64 && !hasPosixSemantics) {
      return STATUS_INVALID_PARAMETER;
    }
    return unlinkat(root, name, isDirectory(handle) ? 0x200 : 0);
  },
  NtQueryInformationFile(handle: number, _s, address: bigint, _l, information: number) {
    const bytes = memory.subarray(Number(address - ADDRESS));
    const link = isLink(handle);
    const { mode, size, nlink, ino, ...status } = fstatSync(handle, { bigint: true });
    const readOnly = (mode & 0o200n) === 0n ? 1 : 0;
    const attributes = readOnly | (isDirectory(handle) ? 0x10 : 0) | (link ? 0x400 : 0);
    if (information === 4) {
      for (const [index, time] of [status.atimeNs, status.mtimeNs, status.ctimeNs].entries()) {
        bytes.writeBigInt64LE(time / 100n + IN_1970, 8 + 8 * index);
      }
      bytes.writeUInt32LE(attributes, 32);
    } else if (information === 5) {
      bytes.writeBigInt64LE(size, 8);
      bytes.writeUInt32LE(Number(nlink), 16);
    } else if (information === 6) {
      bytes.writeBigUInt64LE(ino, 0);
    } else {
      bytes.writeUInt32LE(attributes, 0);
      bytes.writeUInt32LE(link ? 0xa000000c : 0, 4);
    }
    return 0;
  },
  NtFsControlFile(handle: number, _e, _r, _c, _s, _command, _i, _il, output: Buffer) {
    const text = Buffer.alloc(4096);
    const length: number = readlinkat(handle, '', text, text.length);
    // No link of this system has half of a pair.
    linkBuffer(text.toString('utf8', 0, length).replace('HALF', '\ud800')).copy(output);
    return 0;
  },
  NtQueryDirectoryFile(handle: number, _e, _r, _c, _s, bytes: Buffer) {
    const isFirst = !listed.has(handle);
    const names = listed.get(handle) ?? readdirSync(`/proc/self/fd/${handle}`);
    const name = names.shift();
    listed.set(handle, names);
    if (name === undefined) {
      return isFirst ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
    }
    const fd = openat(handle, name, O_PATH | O_NOFOLLOW, 'int', 0);
    bytes.fill(0);
    bytes.writeUInt32LE((isDirectory(fd) ? 0x10 : 0) | (isLink(fd) ? 0x400 : 0), 56);
    bytes.writeUInt32LE(isLink(fd) ? 0xa000000c : 0, 64);
    close(fd);
    bytes.writeUInt32LE(bytes.write(name, 68, 'utf16le'), 60);
    return 0;
  },
  NtClose(handle: number) {
    listed.delete(handle);
    return close(handle);
  },
  RtlNtStatusToDosError: (status: number) => status,
  uv_translate_sys_error: (status: number) =>
    ({ [STATUS_OBJECT_NAME_NOT_FOUND >>> 0]: -2, [STATUS_OBJECT_NAME_COLLISION >>> 0]: -17 })[status] ?? -5,
  uv_open_osfhandle: (handle: number) => handle,
  uv_get_osfhandle: (fd: number) => fd,
  uv_fs_close: (_l: unknown, _r: unknown, fd: number) => close(fd),
  uv_req_size: () => 1024,
};

const windows: Koffi = {
  version: '3.0.0',
  errno: () => 0,
  address(bytes) {
    memory = bytes as Buffer;
    return ADDRESS;
  },
  load: () => ({
    func(prototype) {
      const name = /(\w+)\(/.exec(prototype)?.[1] ?? '';
      const call = calls[name] as unknown as Native<never>;
      return (...given) => {
        made.push(name);
        return call(...given);
      };
    },
  }),
};

/** A sandbox with links: `in` to a directory, `out` to a directory outside, `file-out` to a file there. */
function setUp() {
  const { box, outside, root } = sandbox(ntWalker(() => windows));
  mkdirSync(join(box, 'dir'));
  writeFileSync(join(box, 'dir/file'), 'inside');
  writeFileSync(join(outside, 'secret'), 'outside');
  symlinkSync('dir', join(box, 'in'));
  symlinkSync('../outside', join(box, 'out'));
  symlinkSync('../outside/secret', join(box, 'file-out'));
  return { box, outside, root };
}

const follow = { symlinkFollow: true };
const preopen = (path: string) => ({ preopens: { '/': { path, access: 'read' } } }) as const;

// The model lists directories through procfs.
describe.skipIf(!existsSync('/proc/self/fd'))('on Windows, with koffi,', () => {
  it('a link that stays inside is followed', () => {
    const { root } = setUp();
    expect(Buffer.from(root.openAt({}, 'in/file', {}, { read: true }).read(9n, 0n)[0]).toString()).toBe(
      'inside',
    );
    expect(root.statAt(follow, 'in').type).toBe('directory');
  });

  it('an absolute link that stays in its preopen is followed if that is allowed', () => {
    const { box } = setUp();
    const walker = { ...ntWalker(() => windows), realPath: () => 'C:\\box' };
    const host = hostWith(walker, {
      preopens: { '/': { path: box, access: 'read' } },
      absoluteLinks: true,
    });
    symlinkSync('C:\\box\\dir', join(box, 'absolute'));
    symlinkSync('C:\\boxes\\dir', join(box, 'beside'));
    const root = preopensOf(host)('/');
    expect(outcome(() => root.openAt({}, 'absolute/file', {}, { read: true }))).toBe('ok');
    expect(outcome(() => root.openAt({}, 'beside/file', {}, { read: true }))).toBe('invalid');
  });

  it('no link leads out', () => {
    const { box, outside, root } = setUp();
    const acts = [
      () => root.openAt(follow, 'file-out', {}, { read: true }),
      () => root.openAt({}, 'out/secret', {}, { read: true }),
      () => root.openAt(follow, 'out', { directory: true }, { read: true }),
      () => root.statAt(follow, 'file-out'),
      () => root.statAt({}, 'out/secret'),
      () => root.createDirectoryAt('out/made'),
      () => root.openAt({}, 'out/made', { create: true, exclusive: true }, { write: true }),
      () => root.unlinkFileAt('out/secret'),
      () => root.removeDirectoryAt('out/secret'),
      () => root.renameAt('dir/file', root, 'out/moved'),
      () => root.renameAt('out/secret', root, 'moved'),
    ];
    expect(acts.map(outcome)).toEqual(acts.map(() => 'not-permitted'));
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
    expect(readdirSync(box).sort()).toEqual(['dir', 'file-out', 'in', 'out']);
  });

  it('a link that is not to be followed is opened by nothing', () => {
    const { root } = setUp();
    expect(outcome(() => root.openAt({}, 'in', {}, { read: true }))).toBe('loop');
    expect(outcome(() => root.openAt({}, 'file-out', {}, { read: true }))).toBe('loop');
    expect(outcome(() => root.openAt({}, 'out', { directory: true }, { read: true }))).toBe('loop');
  });

  it('a link is listed, read, renamed and removed as a link', () => {
    const { box, outside, root } = setUp();
    const listing = root.readDirectory();
    const types = new Map<string, string>();
    for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
      types.set(entry.name, entry.type);
    }
    expect(Object.fromEntries(types)).toEqual({
      dir: 'directory',
      'file-out': 'symbolic-link',
      in: 'symbolic-link',
      out: 'symbolic-link',
    });
    expect(root.statAt({}, 'out').type).toBe('symbolic-link');
    expect(root.readlinkAt('out')).toBe('../outside');
    root.renameAt('out', root, 'elsewhere');
    expect(outcome(() => root.removeDirectoryAt('elsewhere'))).toBe('not-directory');
    root.unlinkFileAt('elsewhere');
    expect(readdirSync(box).sort()).toEqual(['dir', 'file-out', 'in']);
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it('a link gets a second name itself', () => {
    const { box, root } = setUp();
    root.linkAt({}, 'out', root, 'second');
    expect(readlinkSync(join(box, 'second'))).toBe('../outside');
    expect(outcome(() => root.linkAt(follow, 'out', root, 'third'))).toBe('not-permitted');
  });

  it('a status is as Node shows it', () => {
    const { box, root } = setUp();
    chmodSync(join(box, 'dir/file'), 0o444);
    linkSync(join(box, 'dir/file'), join(box, 'second'));
    utimesSync(join(box, 'second'), 1, 1_000_000_000.5);
    const file = root.openAt({}, 'second', {}, { read: true });
    const status = {
      type: 'regular-file',
      size: 6n,
      linkCount: 2n,
      dataAccessTimestamp: { seconds: 1n, nanoseconds: 0 },
      dataModificationTimestamp: { seconds: 1_000_000_000n, nanoseconds: 500_000_000 },
    };
    expect(file.stat()).toMatchObject(status);
    expect(root.statAt({}, 'dir/file')).toMatchObject(status);
    const identity = root.metadataHashAt({}, 'dir/file');
    expect(file.metadataHash()).toEqual(identity);
    expect(preopensOf(hostWith(pathWalker, preopen(box)))('/').metadataHashAt({}, 'second')).toEqual(
      identity,
    );
  });

  it.each([
    ['at once', true],
    ['when it is closed', false],
  ])('a file or directory is removed by a file system that removes it %s', (_, can) => {
    const { box, root } = setUp();
    hasPosixSemantics = can;
    root.unlinkFileAt('dir/file');
    root.removeDirectoryAt('dir');
    hasPosixSemantics = true;
    expect(readdirSync(box).sort()).toEqual(['file-out', 'in', 'out']);
  });

  it('a new file is opened three times: to be created, to get its name, and to lose the other one', () => {
    const { box, root } = setUp();
    made.length = 0;
    const create = { create: true, exclusive: true };
    const file = root.openAt({}, 'temporary', create, { write: true });
    (file as unknown as Disposable)[Symbol.dispose]();
    root.linkAt({}, 'temporary', root, 'name');
    root.unlinkFileAt('temporary');
    expect(made.filter((name) => name === 'NtCreateFile')).toHaveLength(3);
    expect(readdirSync(box)).toContain('name');
  });

  it('a link whose target is not UTF-16 is not read as another', () => {
    const { box, root } = setUp();
    symlinkSync('a-HALF', join(box, 'half'));
    expect(outcome(() => root.readlinkAt('half'))).toBe('illegal-byte-sequence');
    expect(outcome(() => root.statAt(follow, 'half'))).toBe('illegal-byte-sequence');
  });

  it('the list of a directory without entries is empty', () => {
    const { box, root } = setUp();
    mkdirSync(join(box, 'empty'));
    const directory = root.openAt({}, 'empty', { directory: true }, { read: true });
    const listing = directory.readDirectory();
    expect(listing.readDirectoryEntry()).toBeUndefined();
    expect(listing.readDirectoryEntry()).toBeUndefined();
  });

  it('no link gets a text with a NUL', () => {
    const { root } = setUp();
    expect(outcome(() => root.symlinkAt('a\0b', 'link'))).toBe('invalid');
  });

  it('a processor with other structures is refused', () => {
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'ia32' });
    try {
      expect(() => ntWalker(() => windows)).toThrow('mapcp cannot use koffi on win32 with ia32');
    } finally {
      Object.defineProperty(process, 'arch', { value: arch });
    }
  });
});
