// The status of a file: its type, identity and times, converted from Node's terms to WASI's and back.

import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type {
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { datetime, NANOSECONDS } from './datetime.js';

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

/** Converts a file's status to WASI's form: size in bytes, times to the nanosecond. */
export function descriptorStat(status: BigIntStats): DescriptorStat {
  const accessed = datetime(status.atimeNs);
  const modified = datetime(status.mtimeNs);
  const changed = datetime(status.ctimeNs);
  return {
    type: typeOf(status),
    linkCount: status.nlink,
    size: status.size,
    ...(accessed && { dataAccessTimestamp: accessed }),
    ...(modified && { dataModificationTimestamp: modified }),
    ...(changed && { statusChangeTimestamp: changed }),
  };
}

/**
 * Returns which file it is: the same for every name and descriptor of a file, and different for any two files,
 * whatever is in them. wasi-libc takes the lower half for the inode number.
 */
export function identity(status: BigIntStats): MetadataHashValue {
  // Multiplying by an odd number loses nothing, and moves the device into the high bits, which inode numbers leave
  // free.
  const upper = BigInt.asUintN(64, (status.dev + 1n) * 0x9e3779b97f4a7c15n);
  return { lower: BigInt.asUintN(64, status.ino ^ (upper & 0xffff000000000000n)), upper };
}

/** Whether two identities are of one file. */
export function isSameFile(a: MetadataHashValue, b: MetadataHashValue): boolean {
  return a.lower === b.lower && a.upper === b.upper;
}

/** Converts a new timestamp to the time that Node takes. `current` is in nanoseconds since 1970. */
function nodeTime(wanted: NewTimestamp, current: bigint): number | Date {
  if (wanted.tag === 'now') {
    return Date.now() / 1000;
  }
  const nanoseconds =
    wanted.tag === 'no-change' ? current : wanted.val.seconds * NANOSECONDS + BigInt(wanted.val.nanoseconds);
  if (nanoseconds < 0n) {
    // Node sets the present time for a number before 1970, but not for a date.
    return new Date(Math.round(Number(nanoseconds) / 1e6));
  }
  return secondsFrom(Number(nanoseconds / NANOSECONDS), Number(nanoseconds % NANOSECONDS));
}

/**
 * Returns the earliest double, in seconds, that is not before a time. Node takes seconds as a double. Up to Node 22
 * it keeps the whole microseconds, rounded down; later ones keep what the double has. So a whole microsecond survives
 * in the former. In the latter no time gets earlier, which would make a copy look older than its source.
 */
function secondsFrom(seconds: number, nanoseconds: number): number {
  const time = seconds + nanoseconds / 1e9;
  const isBefore = (time - seconds) * 1e9 < nanoseconds;
  return isBefore ? time + 2 ** (Math.floor(Math.log2(time)) - 52) : time;
}

/**
 * Calls `set` with the times that a guest asked for, unless both stay.
 *
 * Node keeps each time to the microsecond, and to the millisecond before 1970. If one time stays and the other
 * changes, that limit also applies to the one that stays.
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
