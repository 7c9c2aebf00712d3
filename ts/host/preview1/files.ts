// The functions of preview 1 on descriptors.

import { errorCode, fail } from '../error-code.js';
import { MOST_AT_ONCE, MOST_IN_PLACE } from '../streams.js';
import { APPEND, type Descriptors, NONBLOCK, type OpenedDirectory, type OpenedFile } from './descriptors.js';
import { fileTypes, newTimes, putFilestat, putStreamStat } from './filestat.js';
import { flagsIn, type Implementation } from './functions.js';
import type { Memory } from './memory.js';
import type { System } from './system.js';

/** Flags of a descriptor that belong to the open file. */
export const DSYNC = 2;
export const RSYNC = 8;
export const SYNC = 16;

// Rights. Programs read them: wasi-libc recognises a terminal by them, and Go finds out what it may ask for.
export const FD_READ = 1n << 1n;
const FD_SEEK = 1n << 2n;
export const FD_WRITE = 1n << 6n;
const FD_READDIR = 1n << 14n;
const PATH_FILESTAT_SET_SIZE = 1n << 19n;
const FD_FILESTAT_SET_SIZE = 1n << 22n;
const ALL = (1n << 30n) - 1n;
/** Rights of a preopen: all on paths and on its own status and times. */
const ON_PREOPEN = 0x7b7fe00n;
/** The same and all on files. */
const BELOW_PREOPEN = 0xff7ffffn;

const FDSTAT_SIZE = 24;
const PRESTAT_SIZE = 8;
const VECTOR_SIZE = 8;
const DIRENT_SIZE = 24;

/** Maximum number of parts that one call reads, as in Linux. */
const MOST_PARTS = 1024;

/** What `fd_fdstat_get` returns. */
interface Fdstat {
  readonly type: number;
  readonly flags: number;
  readonly rights: bigint;
  /** The rights of what is opened below it. Default: the same. */
  readonly inherited?: bigint;
}

const streamType = (isTerminal: boolean): number =>
  isTerminal ? fileTypes['character-device'] : fileTypes.unknown;

function fdstatOf(opened: OpenedFile | OpenedDirectory): Fdstat {
  if (opened.kind === 'directory') {
    const type = fileTypes.directory;
    return opened.name === undefined
      ? {
          type,
          flags: 0,
          rights: ALL & ~(FD_SEEK | FD_WRITE | FD_FILESTAT_SET_SIZE | PATH_FILESTAT_SET_SIZE),
          // wasi-libc asks for no right that is not here, so without FD_WRITE it would open no file for writing.
          inherited: ALL,
        }
      : { type, flags: 0, rights: ON_PREOPEN, inherited: BELOW_PREOPEN };
  }
  const { read, write, dataIntegritySync, requestedWriteSync, fileIntegritySync } = opened.file.flags;
  return {
    type: fileTypes[opened.file.type],
    flags:
      opened.flags |
      (dataIntegritySync ? DSYNC : 0) |
      (requestedWriteSync ? RSYNC : 0) |
      (fileIntegritySync ? SYNC : 0),
    rights: ALL & ~(read ? 0n : FD_READ | FD_READDIR) & ~(write ? 0n : FD_WRITE),
  };
}

/**
 * Calls `act` for each part of the program's memory that a list of vectors names, until one is moved in part only.
 * Returns how many bytes were moved. If a later part fails, the program gets the number of those before it.
 */
function transfer(
  memory: Memory,
  vectors: number,
  count: number,
  act: (pointer: number, length: number, moved: number) => number,
): number {
  const first = memory.checkedPointer(vectors, count * VECTOR_SIZE, 4);
  let moved = 0;
  for (let at = first; at < first + count * VECTOR_SIZE; at += VECTOR_SIZE) {
    const length = memory.view.getUint32(at + 4, true);
    if (length === 0) {
      continue;
    }
    const pointer = memory.checkedPointer(memory.view.getUint32(at, true), length);
    const wanted = Math.min(length, MOST_IN_PLACE - moved);
    const done = moved === 0 ? act(pointer, wanted, 0) : unlessFails(() => act(pointer, wanted, moved));
    moved += done;
    if (done < length) {
      break;
    }
  }
  return moved;
}

/** Returns the parts of the program's memory that a list of vectors names, at most `MOST_PARTS`. */
function partsOf(memory: Memory, vectors: number, count: number): Uint8Array[] {
  const first = memory.checkedPointer(vectors, count * VECTOR_SIZE, 4);
  const parts: Uint8Array[] = [];
  for (let at = first; at < first + Math.min(count, MOST_PARTS) * VECTOR_SIZE; at += VECTOR_SIZE) {
    const [pointer, length] = [memory.view.getUint32(at, true), memory.view.getUint32(at + 4, true)];
    if (length !== 0) {
      parts.push(memory.bytesAt(pointer, length));
    }
  }
  return parts;
}

/** Calls `act`. Returns 0 if it fails with an error for the program. */
function unlessFails(act: () => number): number {
  try {
    return act();
  } catch (error) {
    // Throws if the error is for the caller.
    errorCode(error);
    return 0;
  }
}

/** Makes the functions on descriptors. */
export function fileFunctions(
  memory: Memory,
  descriptors: Descriptors,
  { timesOf }: System,
): Implementation<`fd_${string}`> {
  const readFile = ({ file }: OpenedFile, vectors: number, count: number, position: bigint): number => {
    file.expectReadable();
    if (count === 1) {
      return transfer(memory, vectors, 1, (pointer, length) =>
        file.read(memory.bytes, pointer, length, position),
      );
    }
    const parts = partsOf(memory, vectors, count);
    return parts.length === 0 ? 0 : file.readParts(parts, position);
  };

  const writeFile = (opened: OpenedFile, vectors: number, count: number, position: bigint): number => {
    const { file } = opened;
    file.expectWritable();
    const isAppending = (opened.flags & APPEND) !== 0;
    const write = (bytes: Uint8Array, moved: number): number =>
      isAppending ? opened.appending.write(bytes) : file.write(bytes, position + BigInt(moved));
    const written = transfer(memory, vectors, count, (pointer, length, moved) =>
      write(memory.bytesAt(pointer, length), moved),
    );
    // The system may refuse to write nothing, for instance at a position that no file has.
    return written === 0 ? write(new Uint8Array(0), 0) : written;
  };

  /** Returns an open file. A standard stream of one of the given kinds is one that has no positions. */
  const seekable = (fd: number, ...streams: ('input' | 'output')[]): OpenedFile => {
    const entry = descriptors.get(fd);
    return entry.kind === 'file'
      ? entry
      : fail(streams.some((kind) => kind === entry.kind) ? 'invalid-seek' : 'bad-descriptor');
  };

  const putFdstat = (pointer: number, { type, flags, rights, inherited = rights }: Fdstat): void => {
    const at = memory.checkedPointer(pointer, FDSTAT_SIZE, 8);
    const { view } = memory;
    view.setUint8(at, type);
    view.setUint16(at + 2, flags, true);
    view.setBigUint64(at + 8, rights, true);
    view.setBigUint64(at + 16, inherited, true);
  };

  /** Writes entries from a cookie on until the buffer is full. The last one may be cut. Returns the number of bytes. */
  const putEntries = ({ listing }: OpenedDirectory, start: number, length: number, first: number): number => {
    const head = new DataView(new ArrayBuffer(DIRENT_SIZE));
    let used = 0;
    for (let cookie = first; used < length; cookie += 1) {
      const entry = listing.at(cookie);
      if (entry === undefined) {
        break;
      }
      head.setBigUint64(0, BigInt(cookie + 1), true);
      head.setBigUint64(8, entry.inode, true);
      head.setUint32(16, entry.name.length, true);
      head.setUint32(20, fileTypes[entry.type], true);
      for (const part of [new Uint8Array(head.buffer), entry.name]) {
        const fitting = Math.min(part.length, length - used);
        memory.bytes.set(part.subarray(0, fitting), start + used);
        used += fitting;
      }
    }
    return used;
  };

  return {
    // Advice may be ignored, and Node cannot pass it on.
    fd_advise: (fd, _offset, _length, advice) => {
      descriptors.file(fd);
      if (advice > 5) {
        fail('invalid');
      }
    },
    fd_allocate: (fd) => {
      descriptors.file(fd);
      fail('unsupported');
    },
    fd_close: (fd) => descriptors.close(fd),
    fd_datasync: (fd) => descriptors.file(fd).file.syncData(),
    fd_fdstat_get: (fd, result) => {
      const entry = descriptors.get(fd);
      if (entry.kind === 'input' || entry.kind === 'output') {
        const rights = entry.kind === 'input' ? FD_READ : FD_WRITE;
        putFdstat(result, { type: streamType(entry.isTerminal), flags: 0, rights });
      } else {
        putFdstat(result, fdstatOf(entry));
      }
    },
    fd_fdstat_set_flags: (fd, flags) => {
      descriptors.file(fd).flags = flagsIn(flags, APPEND | NONBLOCK);
    },
    fd_fdstat_set_rights: (fd) => {
      descriptors.opened(fd);
      fail('unsupported');
    },
    fd_filestat_get: (fd, result) => {
      const entry = descriptors.get(fd);
      if (entry.kind === 'input' || entry.kind === 'output') {
        putStreamStat(memory, result, streamType(entry.isTerminal));
      } else {
        const status = (entry.kind === 'file' ? entry.file : entry.directory).stat();
        putFilestat(memory, result, status, timesOf(status));
      }
    },
    fd_filestat_set_size: (fd, size) => descriptors.file(fd).file.setSize(size),
    fd_filestat_set_times: (fd, accessed, modified, flags) => {
      const wanted = newTimes(accessed, modified, flags);
      const opened = descriptors.opened(fd);
      (opened.kind === 'file' ? opened.file : opened.directory).setTimes(...wanted);
    },
    fd_pread: (fd, vectors, count, offset, result) => {
      memory.putU32(result, readFile(seekable(fd, 'input'), vectors, count, offset));
    },
    fd_prestat_dir_name: (fd, pointer, length) => {
      const entry = descriptors.get(fd);
      const { name = fail('not-directory') } = entry.kind === 'directory' ? entry : {};
      const bytes = new TextEncoder().encode(name);
      if (bytes.length > length) {
        fail('name-too-long');
      }
      memory.bytesAt(pointer, bytes.length).set(bytes);
    },
    fd_prestat_get: (fd, result) => {
      const { name = fail('bad-descriptor') } = descriptors.directory(fd);
      const at = memory.checkedPointer(result, PRESTAT_SIZE, 4);
      memory.view.setUint8(at, 0);
      memory.view.setUint32(at + 4, new TextEncoder().encode(name).length, true);
    },
    fd_pwrite: (fd, vectors, count, offset, result) => {
      memory.putU32(result, writeFile(seekable(fd, 'output'), vectors, count, offset));
    },
    fd_read: (fd, vectors, count, result) => {
      const entry = descriptors.get(fd);
      if (entry.kind === 'input') {
        // Only the first part: more input may come much later.
        const read = (pointer: number, length: number, moved: number): number => {
          if (moved > 0) {
            return 0;
          }
          const bytes = entry.source.read(Math.min(length, MOST_AT_ONCE));
          memory.bytes.set(bytes, pointer);
          return bytes.length;
        };
        memory.putU32(result, transfer(memory, vectors, count, read));
        return;
      }
      const opened = descriptors.file(fd);
      const moved = readFile(opened, vectors, count, opened.position);
      opened.position += BigInt(moved);
      memory.putU32(result, moved);
    },
    fd_readdir: (fd, pointer, length, cookie, result) => {
      const opened = descriptors.directory(fd);
      const start = memory.checkedPointer(pointer, length);
      if (cookie > Number.MAX_SAFE_INTEGER) {
        memory.putU32(result, 0);
        return;
      }
      opened.listing.start(Number(cookie));
      memory.putU32(result, putEntries(opened, start, length, Number(cookie)));
    },
    fd_renumber: (from, to) => descriptors.renumber(from, to),
    fd_seek: (fd, unsigned, whence, result) => {
      const opened = seekable(fd, 'input', 'output');
      const offset = BigInt.asIntN(64, unsigned);
      const bases = [() => 0n, () => opened.position, () => opened.file.stat().size];
      const base = bases[whence] ?? fail('invalid');
      const position = base() + offset;
      if (position !== BigInt.asUintN(64, position)) {
        fail('invalid');
      }
      opened.position = position;
      memory.putU64(result, position);
    },
    fd_sync: (fd) => descriptors.file(fd).file.sync(),
    fd_tell: (fd, result) => memory.putU64(result, seekable(fd, 'input', 'output').position),
    fd_write: (fd, vectors, count, result) => {
      const entry = descriptors.get(fd);
      if (entry.kind === 'output') {
        const write = (pointer: number, length: number): number =>
          entry.sink.write(memory.bytesAt(pointer, length));
        memory.putU32(result, transfer(memory, vectors, count, write));
        return;
      }
      const opened = descriptors.file(fd);
      const moved = writeFile(opened, vectors, count, opened.position);
      opened.position = opened.flags & APPEND ? opened.file.stat().size : opened.position + BigInt(moved);
      memory.putU32(result, moved);
    },
  };
}
