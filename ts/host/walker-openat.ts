// The race-free walker for Linux and macOS that calls openat(2) and its family, through koffi. Each call gets a held
// directory's descriptor and one name, and has a flag against following a symbolic link.
//
// The code is the same for both systems; `systems` has what differs. On macOS it has not been run: the numbers are those
// of its headers.

import { constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { realPath } from './calls-by-path.js';
import { NANOSECONDS } from './datetime.js';
import { fail, nodeCode, systemError, unless } from './error-code.js';
import { Handle } from './handle.js';
import { broken, isKnownProcessor, type Koffi, loadKoffi, type Native, unknownSystem } from './koffi.js';
import { NAME_ENCODING } from './names.js';
import { type FileFunctions, fileCalls, fileFunctions, NativeHandle } from './native-handle.js';
import { expectStack } from './stack.js';
import { type Status, typeOf } from './status.js';
import type { NewTime } from './times.js';
import type { ListedEntry, Walker } from './walker.js';

const { O_CREAT, O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Maximum number of bytes in the target of a symbolic link, and one more. */
const MOST_TEXT = 4097;

/** At least the bytes of a path of macOS. */
const MOST_PATH = 4096;

/** At least the bytes of an entry that readdir_r(3) writes. */
const MOST_ENTRY = 2048;

/** The path by which a host shares a held directory. `hold` recognises its text, so the system need not have it. */
const SHARED = /^\/dev\/fd\/(\d+)$/;

interface System {
  readonly O_CLOEXEC: number;
  /** The flags of a descriptor that only marks a place in the tree. */
  readonly searching: number;
  readonly AT_SYMLINK_NOFOLLOW: number;
  readonly AT_REMOVEDIR: number;
  /** Asks for the path of a descriptor; undefined if procfs has it. */
  readonly F_GETPATH?: number;
  /** The end of the names of functions that use the newer of two forms of a structure. */
  readonly suffix: string;
  /** The offsets in `struct dirent`. */
  readonly entry: { readonly type: number; readonly name: number };
  /**
   * Whether this is Linux. There, the calls for open files can go through koffi, and the mode of openat(2) is passed like
   * any other argument. koffi then looks up the mode's type once, and not at each call.
   */
  readonly isLinux?: boolean;
  /** The offsets in `struct stat`; undefined if Node reads it. */
  readonly status?: Readonly<Record<keyof Omit<Status, 'blocks'>, number>>;
}

const O_PATH = 0o10000000;

const systems: Readonly<Partial<Record<NodeJS.Platform, System>>> = {
  linux: {
    O_CLOEXEC: 0o2000000,
    searching: O_PATH,
    AT_SYMLINK_NOFOLLOW: 0x100,
    AT_REMOVEDIR: 0x200,
    suffix: '',
    isLinux: true,
    entry: { type: 18, name: 19 },
  },
  darwin: {
    O_CLOEXEC: 0x1000000,
    searching: O_RDONLY,
    AT_SYMLINK_NOFOLLOW: 0x20,
    AT_REMOVEDIR: 0x80,
    F_GETPATH: 50,
    suffix: process.arch === 'x64' ? '$INODE64' : '',
    entry: { type: 20, name: 21 },
    status: { dev: 0, mode: 4, nlink: 6, ino: 8, uid: 16, atimeNs: 32, mtimeNs: 48, ctimeNs: 64, size: 96 },
  },
};

const typesOfEntries: Readonly<Record<number, DescriptorType>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'regular-file',
  10: 'symbolic-link',
  12: 'unknown',
};

/**
 * Makes the walker for a platform. Throws a `NoKoffiError` if koffi cannot be used, or if its use is unknown on this system.
 */
export function openatWalker(platform = process.platform, load = loadKoffi): Walker {
  const system = systems[platform];
  if (system === undefined || !isKnownProcessor()) {
    throw unknownSystem(platform);
  }
  return walkerOf(system, load(), platform !== 'linux');
}

function walkerOf(system: System, koffi: Koffi, linkFollows: boolean): Walker {
  const { O_CLOEXEC, searching, AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR } = system;
  const native = nativeCalls(system, koffi);

  /** Calls a function that returns -1 if it fails. Throws an error like Node's. */
  const call = (act: Native, ...args: unknown[]): number => {
    for (;;) {
      const result = act(...args);
      if (result !== -1) {
        return result;
      }
      const error = errorOf(koffi.errno());
      if (nodeCode(error) !== 'EINTR') {
        throw error;
      }
    }
  };
  const openat = (fd: number, name: string | Buffer, flags: number, mode = 0o666): number => {
    const given = flags & O_CREAT ? mode : 0;
    return system.isLinux
      ? call(native.openat, fd, name, flags | O_CLOEXEC, given)
      : call(native.openat, fd, name, flags | O_CLOEXEC, 'uint32', given);
  };
  const close = (fd: number): void => {
    if (native.close(fd) === -1) {
      const error = errorOf(koffi.errno());
      // The descriptor is closed even if a signal interrupts the call. Node's own close ignores that as well.
      if (nodeCode(error) !== 'EINTR') {
        throw error;
      }
    }
  };
  const files = native.ofFiles && fileCalls(native.ofFiles, call, close);
  const handleOf = (fd: number): Handle =>
    files === undefined ? new Handle(fd, close) : new NativeHandle(fd, files);
  /** `name` can be bytes that end in a NUL. */
  const lookBy = (fd: number, name: string | Buffer): Status => {
    if (files !== undefined) {
      return files.status(fd, name, AT_SYMLINK_NOFOLLOW);
    }
    if (system.status !== undefined && native.fstatat !== undefined) {
      const bytes = Buffer.alloc(144);
      call(native.fstatat, fd, name, bytes, AT_SYMLINK_NOFOLLOW);
      return statusIn(bytes, system.status);
    }
    expectStack();
    const entry = openat(fd, name, O_PATH | O_NOFOLLOW);
    try {
      return fstatSync(entry, { bigint: true });
    } finally {
      close(entry);
    }
  };
  const failedStream = (fd: number): never => {
    const error = errorOf(koffi.errno());
    close(fd);
    throw error;
  };

  return {
    // Without a path, a mode can be given only to a directory that may be searched.
    newDirectory: 0o1700,

    linkFollows,

    hold(path) {
      expectStack();
      const shared = SHARED.exec(path)?.[1];
      return shared === undefined
        ? new Handle(openSync(path, searching | O_DIRECTORY))
        : handleOf(openat(Number(shared), '.', searching | O_DIRECTORY));
    },

    shared: (directory) => `/dev/fd/${directory.fd}`,

    realPath(directory, path) {
      if (system.F_GETPATH === undefined || !SHARED.test(path)) {
        return realPath(path);
      }
      const bytes = Buffer.alloc(MOST_PATH);
      call(native.fcntl, directory.fd, system.F_GETPATH, 'void *', bytes);
      return bytes.toString('utf8', 0, bytes.indexOf(0));
    },

    enter(parent, name, access) {
      expectStack();
      const flags = access === 'search' ? searching : O_RDONLY;
      return handleOf(openat(parent.fd, name, flags | O_DIRECTORY | O_NOFOLLOW));
    },

    open(parent, name, flags, mode) {
      expectStack();
      return handleOf(openat(parent.fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode));
    },

    reopen(fd, flags) {
      expectStack();
      return flags & O_DIRECTORY ? handleOf(openat(fd, '.', flags)) : undefined;
    },

    look: (parent, name) => unless(['ENOENT'], () => lookBy(parent.fd, name)),

    readLink(parent, name) {
      const bytes = Buffer.alloc(MOST_TEXT);
      const length = call(native.readlinkat, parent.fd, name, bytes, bytes.length);
      return bytes.toString(NAME_ENCODING, 0, length);
    },

    list(directory) {
      const fd = openat(directory.fd, '.', O_RDONLY | O_DIRECTORY);
      const stream = native.fdopendir(fd) ?? failedStream(fd);
      const bytes = Buffer.alloc(MOST_ENTRY);
      const found = new BigUint64Array(1);
      const next = (): ListedEntry | undefined => {
        const errno = native.readdir(stream, bytes, found);
        if (errno !== 0) {
          throw errorOf(errno);
        }
        if (found[0] === 0n) {
          return undefined;
        }
        const { name: start, type } = system.entry;
        const end = bytes.indexOf(0, start);
        const name = bytes.toString(NAME_ENCODING, start, end);
        if (name === '.' || name === '..') {
          return next();
        }
        // Not every file system reports types.
        const known = typesOfEntries[bytes[type] ?? 0];
        return { name, type: known ?? typeOf(lookBy(directory.fd, bytes.subarray(start, end + 1))) };
      };
      return {
        next,
        close: () => void native.closedir(stream),
      };
    },

    makeDirectory(parent, name, mode = 0o777) {
      call(native.mkdirat, parent.fd, name, mode);
    },

    makeLink(text, parent, name) {
      if (text.includes('\0')) {
        fail('invalid');
      }
      call(native.symlinkat, text, parent.fd, name);
    },

    removeDirectory(parent, name) {
      call(native.unlinkat, parent.fd, name, AT_REMOVEDIR);
    },

    removeFile(parent, name) {
      call(native.unlinkat, parent.fd, name, 0);
    },

    link(from, name, to, newName) {
      call(native.linkat, from.fd, name, to.fd, newName, 0);
    },

    rename(from, name, to, newName) {
      call(native.renameat, from.fd, name, to.fd, newName);
    },

    setTimes(parent, name, accessed, modified) {
      const times = BigInt64Array.of(...timespec(accessed), ...timespec(modified));
      call(native.utimensat, parent.fd, name, times, AT_SYMLINK_NOFOLLOW);
    },

    setMode(directory, mode) {
      try {
        fchmodSync(directory.fd, mode);
      } catch (error) {
        if (nodeCode(error) !== 'EBADF') {
          throw error;
        }
        // It only marks a place.
        call(native.fchmodat, directory.fd, '.', mode, 0);
      }
    },
  };
}

/** Declares the functions. Throws a `NoKoffiError` if one is missing, or if they do not work. */
function nativeCalls({ suffix, status, isLinux }: System, koffi: Koffi) {
  try {
    const library = koffi.load(null);
    const returning = <Result>(prototype: string): Native<Result> => library.func(prototype);
    const calls = {
      openat: returning<number>(`int openat(int, const char *, int, ${isLinux ? 'uint32' : '...'})`),
      close: returning<number>('int close(int)'),
      // Older releases of glibc do not have it.
      fstatat: status && returning<number>(`int fstatat${suffix}(int, const char *, void *, int)`),
      fcntl: returning<number>('int fcntl(int, int, ...)'),
      readlinkat: returning<number>('long readlinkat(int, const char *, void *, size_t)'),
      mkdirat: returning<number>('int mkdirat(int, const char *, uint32)'),
      symlinkat: returning<number>('int symlinkat(const char *, int, const char *)'),
      unlinkat: returning<number>('int unlinkat(int, const char *, int)'),
      linkat: returning<number>('int linkat(int, const char *, int, const char *, int)'),
      renameat: returning<number>('int renameat(int, const char *, int, const char *)'),
      utimensat: returning<number>('int utimensat(int, const char *, void *, int)'),
      fchmodat: returning<number>('int fchmodat(int, const char *, uint32, int)'),
      fdopendir: returning<unknown>(`void *fdopendir${suffix}(int)`),
      readdir: returning<number>(`int readdir_r${suffix}(void *, void *, void *)`),
      closedir: returning<number>('int closedir(void *)'),
    };
    if (
      calls.openat(-1, 'name', O_RDONLY, ...(isLinux ? [0] : [])) !== -1 ||
      codeOf(koffi.errno()) !== 'EBADF'
    ) {
      throw new Error('its errors are wrong');
    }
    return { ...calls, ofFiles: isLinux ? fileFunctionsOf(koffi, returning) : undefined };
  } catch (error) {
    throw broken(error);
  }
}

/** Declares the functions for open files. Undefined if one is missing, or if a sandbox of the system refuses it. */
function fileFunctionsOf(koffi: Koffi, declare: (prototype: string) => Native): FileFunctions | undefined {
  try {
    const functions = fileFunctions(declare);
    const works =
      functions.statx(-1, 'name', 0, 0, Buffer.alloc(256)) === -1 && codeOf(koffi.errno()) === 'EBADF';
    return works ? functions : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the name of an error, as Node's errors have it. */
function codeOf(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : 'EIO';
}

/** The texts of errors. Cached, because Node builds the map at each call, which takes longer than most system calls. */
let texts: ReturnType<typeof getSystemErrorMap> | undefined;

function errorOf(errno: number): Error {
  const code = codeOf(errno);
  texts ??= getSystemErrorMap();
  const text = texts.get(-errno)?.[1];
  return Object.assign(systemError(code, text && `${code}: ${text}`), { errno: -errno });
}

/** Converts a time to the two numbers of a `struct timespec`. */
function timespec({ exact }: NewTime): [bigint, bigint] {
  const part = ((exact % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return [(exact - part) / NANOSECONDS, part];
}

/** Reads the `struct stat` of macOS. */
function statusIn(bytes: Buffer, at: Readonly<Record<keyof Omit<Status, 'blocks'>, number>>): Status {
  const time = (offset: number): bigint =>
    bytes.readBigInt64LE(offset) * NANOSECONDS + bytes.readBigInt64LE(offset + 8);
  return {
    // As Node reports it for a descriptor.
    dev: BigInt.asUintN(64, BigInt(bytes.readInt32LE(at.dev))),
    mode: BigInt(bytes.readUInt16LE(at.mode)),
    nlink: BigInt(bytes.readUInt16LE(at.nlink)),
    ino: bytes.readBigUInt64LE(at.ino),
    uid: BigInt(bytes.readUInt32LE(at.uid)),
    size: bytes.readBigInt64LE(at.size),
    atimeNs: time(at.atimeNs),
    mtimeNs: time(at.mtimeNs),
    ctimeNs: time(at.ctimeNs),
  };
}
