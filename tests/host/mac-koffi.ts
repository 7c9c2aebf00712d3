// koffi as it is on macOS, on Linux: it takes the numbers and writes the structures of macOS. koffi computes the structures
// from their declarations in the headers of macOS 14, so this shows that the walker's offsets are right.

import { constants, fstatSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Koffi, Native } from '../../ts/host/koffi.js';

// Not by an import, which a bundle for other systems would run at its start.
const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');

const { O_NOFOLLOW } = constants;

// sys/stat.h, with 64 bits for inodes
const stat = koffi.struct({
  st_dev: 'int32',
  st_mode: 'uint16',
  st_nlink: 'uint16',
  st_ino: 'uint64',
  st_uid: 'uint32',
  st_gid: 'uint32',
  st_rdev: 'int32',
  st_atime: 'int64',
  st_atimensec: 'int64',
  st_mtime: 'int64',
  st_mtimensec: 'int64',
  st_ctime: 'int64',
  st_ctimensec: 'int64',
  st_birthtime: 'int64',
  st_birthtimensec: 'int64',
  st_size: 'int64',
  st_blocks: 'int64',
  st_blksize: 'int32',
  st_flags: 'uint32',
  st_gen: 'uint32',
  st_lspare: 'int32',
  st_qspare: koffi.array('int64', 2),
});

// sys/dirent.h, with 64 bits for inodes
const dirent = koffi.struct({
  d_ino: 'uint64',
  d_seekoff: 'uint64',
  d_reclen: 'uint16',
  d_namlen: 'uint16',
  d_type: 'uint8',
  d_name: koffi.array('uint8', 1024, 'Array'),
});

// sys/fcntl.h
const O_CLOEXEC = 0x1000000;
const AT_SYMLINK_NOFOLLOW = 0x20;
const AT_REMOVEDIR = 0x80;
const F_GETPATH = 50;

// Those of Linux.
const LINUX_CLOEXEC = 0o2000000;
const LINUX_PATH = 0o10000000;
const LINUX_SYMLINK_NOFOLLOW = 0x100;
const LINUX_REMOVEDIR = 0x200;

/** Converts a flag that must be set, or may be if `other` is allowed. */
function converted(flags: unknown, flag: number, other: number, allowed: readonly number[] = []): number {
  if (flags === flag) {
    return other;
  }
  if (!allowed.includes(Number(flags))) {
    throw new Error(`the flags ${flags} are not those of macOS`);
  }
  return Number(flags);
}

const library = koffi.load(null);
const linux = {
  openat: library.func('int openat(int, const char *, int, ...)'),
  close: library.func('int close(int)'),
  unlinkat: library.func('int unlinkat(int, const char *, int)'),
  utimensat: library.func('int utimensat(int, const char *, void *, int)'),
  readdir_r: library.func('int readdir_r(void *, void *, void *)'),
};

/** The functions that differ. */
const functions: Readonly<Record<string, Native<number>>> = {
  openat(fd, name, flags, ...mode) {
    const given = Number(flags);
    if (fd !== -1 && (given & O_CLOEXEC) === 0) {
      throw new Error('a program that is started would get the descriptor');
    }
    return linux.openat(
      fd,
      name,
      (given & ~O_CLOEXEC) | LINUX_CLOEXEC,
      ...(mode.length === 0 ? ['int', 0] : mode),
    );
  },

  fstatat(fd, name, bytes, flags) {
    converted(flags, AT_SYMLINK_NOFOLLOW, 0);
    const entry = linux.openat(fd, name, LINUX_PATH | O_NOFOLLOW | LINUX_CLOEXEC, 'int', 0);
    if (entry === -1) {
      return -1;
    }
    const found = fstatSync(entry, { bigint: true });
    linux.close(entry);
    const second = 1_000_000_000n;
    koffi.encode(bytes, stat, {
      st_dev: Number(found.dev),
      st_mode: Number(found.mode),
      st_nlink: Number(found.nlink),
      st_ino: found.ino,
      st_uid: Number(found.uid),
      st_gid: Number(found.gid),
      st_rdev: 0,
      st_atime: found.atimeNs / second,
      st_atimensec: found.atimeNs % second,
      st_mtime: found.mtimeNs / second,
      st_mtimensec: found.mtimeNs % second,
      st_ctime: found.ctimeNs / second,
      st_ctimensec: found.ctimeNs % second,
      st_birthtime: 0,
      st_birthtimensec: 0,
      st_size: found.size,
      st_blocks: found.blocks,
      st_blksize: Number(found.blksize),
      st_flags: 0,
      st_gen: 0,
      st_lspare: 0,
      st_qspare: [0, 0],
    });
    return 0;
  },

  unlinkat: (fd, name, flags) =>
    linux.unlinkat(fd, name, converted(flags, AT_REMOVEDIR, LINUX_REMOVEDIR, [0])),

  utimensat: (fd, name, times, flags) =>
    linux.utimensat(fd, name, times, converted(flags, AT_SYMLINK_NOFOLLOW, LINUX_SYMLINK_NOFOLLOW)),

  readdir_r(stream, bytes, found) {
    const entry = Buffer.alloc(512);
    const errno = linux.readdir_r(stream, entry, found);
    if (errno === 0) {
      const name = [...entry.subarray(19, entry.indexOf(0, 19))];
      const padded = [...name, ...new Array<number>(1024 - name.length).fill(0)];
      const type = entry.readUInt8(18);
      const fields = { d_ino: 1, d_seekoff: 0, d_reclen: 1048, d_namlen: name.length, d_type: type };
      koffi.encode(bytes, dirent, { ...fields, d_name: padded });
    }
    return errno;
  },

  fcntl(fd, command, _type, bytes) {
    converted(command, F_GETPATH, 0);
    (bytes as Buffer).write(`${readlinkSync(`/proc/self/fd/${fd}`)}\0`);
    return 0;
  },
};

/** koffi with the C library of macOS. */
export const macKoffi: Koffi = {
  version: koffi.version,
  errno: () => koffi.errno(),
  address: (bytes) => koffi.address(bytes),
  load: () => ({
    func(prototype) {
      const name = /(\w+)(\$INODE64)?\(/.exec(prototype)?.[1] ?? '';
      return (functions[name] ?? library.func(prototype.replace('$INODE64', ''))) as Native<never>;
    },
  }),
};
