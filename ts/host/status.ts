// The status of a file: its type, identity and times, converted from Node's terms to WASI's and back.

import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type {
  Datetime,
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { datetime, NANOSECONDS } from './datetime.js';
import { fail } from './error-code.js';
import { isBun, isDeno } from './runtime.js';

const byMode: Readonly<Record<number, DescriptorType>> = {
  [constants.S_IFREG]: 'regular-file',
  [constants.S_IFDIR]: 'directory',
  [constants.S_IFLNK]: 'symbolic-link',
  [constants.S_IFIFO]: 'fifo',
  [constants.S_IFCHR]: 'character-device',
  [constants.S_IFBLK]: 'block-device',
};

/** Returns the type of a file. A socket's is `unknown`, as in wasmtime: the preview 1 adapter traps on `socket`. */
export function typeOf(status: { readonly mode: number | bigint }): DescriptorType {
  return byMode[Number(status.mode) & constants.S_IFMT] ?? 'unknown';
}

/** The status of a file as WASI has it. A time is undefined if WASI cannot express it. */
export type FileStatus = Required<Pick<DescriptorStat, 'type' | 'linkCount' | 'size'>> & {
  readonly [T in 'dataAccessTimestamp' | 'dataModificationTimestamp' | 'statusChangeTimestamp']:
    | Datetime
    | undefined;
};

/** Converts a file's status to WASI's form: size in bytes, times to the nanosecond. */
export function descriptorStat(status: BigIntStats): FileStatus {
  return {
    type: typeOf(status),
    linkCount: status.nlink,
    size: status.size,
    dataAccessTimestamp: datetime(status.atimeNs),
    dataModificationTimestamp: datetime(status.mtimeNs),
    statusChangeTimestamp: datetime(status.ctimeNs),
  };
}

/**
 * Returns which file it is: the same for every name and descriptor of a file, and different for any two files,
 * whatever is in them. wasi-libc takes the lower half for the inode number.
 */
export function identity(status: BigIntStats): MetadataHashValue {
  // On Windows, some calls report 64 bits of the device's number and others 32.
  const device = process.platform === 'win32' ? BigInt.asUintN(32, status.dev) : status.dev;
  // Multiplying by an odd number loses nothing, and moves the device into the high bits, which inode numbers leave
  // free.
  const upper = BigInt.asUintN(64, (device + 1n) * 0x9e3779b97f4a7c15n);
  return { lower: BigInt.asUintN(64, status.ino ^ (upper & 0xffff000000000000n)), upper };
}

/** Whether two identities are of one file. */
export function isSameFile(a: MetadataHashValue, b: MetadataHashValue): boolean {
  return a.lower === b.lower && a.upper === b.upper;
}

/** The greatest number of seconds for Node. Some releases set another time for a greater one. */
const MOST_SECONDS = 2n ** 53n;

/**
 * Converts a new timestamp to that time, or the last one before it that Node can set. `current` is in nanoseconds since
 * 1970. Fails with `invalid` if the time is too late for Node.
 */
function nodeTime(wanted: NewTimestamp, current: bigint): number | Date {
  if (wanted.tag === 'now') {
    return Date.now() / 1000;
  }
  if (wanted.tag === 'timestamp' && wanted.val.seconds > MOST_SECONDS) {
    fail('invalid');
  }
  const nanoseconds =
    wanted.tag === 'no-change' ? current : wanted.val.seconds * NANOSECONDS + BigInt(wanted.val.nanoseconds);
  if (isDeno) {
    // Deno cuts to milliseconds, so a double that is a little too small would lose one.
    return Number(nanoseconds / 1_000_000n) / 1000 + 0.0005;
  }
  if (nanoseconds < 0n) {
    // Node sets the present time for a number before 1970, but not for a date.
    return new Date(Number((nanoseconds - (nanoseconds < 0n ? 999_999n : 0n)) / 1_000_000n));
  }
  const seconds = Number(nanoseconds / NANOSECONDS);
  const rest = Number(nanoseconds % NANOSECONDS);
  return keepsNanoseconds ? lastDouble(seconds, rest) : firstDouble(seconds, rest - (rest % 1000));
}

/**
 * Node takes seconds as a double. Up to libuv 1.51, which Node 20 and 22 have, it keeps the whole microseconds, rounded
 * down. Later ones and Bun keep the whole nanoseconds, so a double that is right for the former can be too late for the
 * latter.
 */
const keepsNanoseconds = isBun || isFrom152(process.versions.uv);

function isFrom152(version = '0.0'): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 52);
}

/** The first double that is not before a time of whole microseconds. It is less than a microsecond later. */
function firstDouble(seconds: number, nanoseconds: number): number {
  const time = seconds + nanoseconds / 1e9;
  const isBefore = (time - seconds) * 1e9 < nanoseconds;
  return isBefore ? time + 2 ** (Math.floor(Math.log2(time)) - 52) : time;
}

/**
 * The last double whose whole nanoseconds are not after a time. The engine knows the times that result from it, by
 * `as_node_sets` in c-src/engine/times.c: a copy with one of them is as old as its source.
 *
 * No part of a second is shorter than 2 ** -23, although doubles before 1987 have shorter ones: so no product is rounded.
 */
function lastDouble(seconds: number, nanoseconds: number): number {
  const parts = 2 ** Math.min(23, 52 - Math.floor(Math.log2(Math.max(seconds, 1))));
  return seconds + Math.floor(((nanoseconds + 1) * parts - 1) / 1e9) / parts;
}

/**
 * Calls `set` with the times that a guest asked for, unless both stay.
 *
 * Node cannot set every time. What it sets is less than a microsecond earlier, before 1970 and in Deno less than a
 * millisecond, and never later. If one time stays and the other changes, that also applies to the one that stays.
 */
export function setTimes(
  accessed: NewTimestamp,
  modified: NewTimestamp,
  status: () => BigIntStats,
  set: (accessed: number | Date, modified: number | Date) => void,
): void {
  const stays = [accessed, modified].filter(({ tag }) => tag === 'no-change').length;
  if (stays === 2) {
    return;
  }
  const current = stays === 0 ? undefined : status();
  set(nodeTime(accessed, current?.atimeNs ?? 0n), nodeTime(modified, current?.mtimeNs ?? 0n));
}
