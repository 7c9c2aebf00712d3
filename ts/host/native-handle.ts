// Open files of Linux whose calls go through koffi. Such a call takes about half as long as Node's own, which passes
// points for tracing, and makes an object with dates for each status.

import { NANOSECONDS } from './datetime.js';
import { Handle, MOST_SIZE } from './handle.js';
import type { Native } from './koffi.js';
import type { BriefStatus, Status } from './status.js';

const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;

/** The functions of the C library. */
export interface FileFunctions {
  readonly statx: Native;
  readonly pread: Native;
  readonly pwrite: Native;
}

/** The calls for open files. Errors are Node's. */
export type FileCalls = ReturnType<typeof fileCalls>;

/** Declares the functions. Throws if the C library lacks one: before 1.2.5, musl has no statx(2). */
export const fileFunctions = (declare: (prototype: string) => Native): FileFunctions => ({
  statx: declare('int statx(int, const char *, int, uint32, void *)'),
  pread: declare('int64 pread(int, void *, size_t, int64)'),
  pwrite: declare('int64 pwrite(int, const void *, size_t, int64)'),
});

/**
 * Makes the calls.
 *
 * @param call calls a function, and throws an error like Node's if the function returns -1
 * @param close closes a descriptor
 */
export function fileCalls(
  { statx, pread, pwrite }: FileFunctions,
  call: (act: Native, ...args: unknown[]) => number,
  close: (fd: number) => void,
) {
  // A `struct statx`, which is the same on all processors: as bytes, and in numbers of 4 and 8 bytes.
  const bytes = Buffer.alloc(256);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 64);
  const longs = new BigInt64Array(bytes.buffer, bytes.byteOffset, 32);
  const word = (at: number): number => words[at / 4] ?? 0;
  const long = (at: number): bigint => longs[at / 8] ?? 0n;
  const time = (at: number): bigint => long(at) * NANOSECONDS + BigInt(word(at + 8));
  const mode = (): number => word(28) & 0xffff;
  const fill = (fd: number, name: string | Buffer, flags: number): void =>
    void call(statx, fd, name, flags, STATX_BASIC_STATS, bytes);
  return {
    close,
    /** Returns the status of the entry `name` of a directory, or of the open file itself if that is empty. */
    status(fd: number, name: string | Buffer, flags: number): Status {
      fill(fd, name, flags);
      return {
        dev: deviceOf(word(136), word(140)),
        mode: BigInt(mode()),
        nlink: BigInt(word(16)),
        ino: BigInt.asUintN(64, long(32)),
        uid: BigInt(word(20)),
        size: long(40),
        atimeNs: time(64),
        mtimeNs: time(112),
        ctimeNs: time(96),
        blocks: long(48),
      };
    },
    brief(fd: number): BriefStatus {
      fill(fd, '', AT_EMPTY_PATH);
      return { mode: mode(), size: Number(long(40)), blocks: Number(long(48)) };
    },
    read: (fd: number, into: Uint8Array, length: number, position: number): number =>
      call(pread, fd, into, Math.min(length, into.length), position),
    write: (fd: number, from: Uint8Array, length: number, position: number): number =>
      call(pwrite, fd, from, Math.min(length, from.length), position),
  };
}

/** Returns the number of a device, as makedev(3) makes it. */
function deviceOf(major: number, minor: number): bigint {
  const low = (minor & 0xff) + (major & 0xfff) * 2 ** 8;
  return BigInt(low + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44);
}

/** An open file or directory whose calls are `calls`. */
export class NativeHandle extends Handle {
  readonly #calls: FileCalls;

  constructor(fd: number, calls: FileCalls) {
    super(fd, calls.close);
    this.#calls = calls;
  }

  override brief(): BriefStatus {
    return this.#calls.brief(this.fd);
  }

  protected override look(): Status {
    return this.#calls.status(this.fd, '', AT_EMPTY_PATH);
  }

  override read(bytes: Uint8Array, start: number, length: number, position: bigint): number {
    // Small reads begin at the start of a buffer. A view of other bytes takes longer to make than the call saves.
    return start === 0 && position <= MOST_SIZE
      ? this.#calls.read(this.fd, bytes, length, Number(position))
      : super.read(bytes, start, length, position);
  }

  protected override put(bytes: Uint8Array, length: number, position: number): number {
    return this.#calls.write(this.fd, bytes, length, position);
  }
}
