// What a file is and when it was changed, from Node's terms to WASI's and back.

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

/** The type of a file. A socket's is unknown, as in wasmtime: on `socket` the preview 1 adapter traps. */
export function typeOf(status: { readonly mode: number | bigint }): DescriptorType {
  return byMode[Number(status.mode) & constants.S_IFMT] ?? 'unknown';
}

/** A file's status as WASI has it: sizes in bytes, times to the nanosecond. */
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
 * Which file it is, whatever is in it: the same for every name and descriptor of a file, and different for any two
 * files. wasi-libc takes the lower half for the inode number.
 */
export function identity(status: BigIntStats): MetadataHashValue {
  // An odd factor loses nothing, and brings the device into the high bits, where inode numbers have none.
  const upper = BigInt.asUintN(64, (status.dev + 1n) * 0x9e3779b97f4a7c15n);
  return { lower: BigInt.asUintN(64, status.ino ^ (upper & 0xffff000000000000n)), upper };
}

/** Whether two identities are of one file. */
export function isSameFile(a: MetadataHashValue, b: MetadataHashValue): boolean {
  return a.lower === b.lower && a.upper === b.upper;
}

/** The time that a new timestamp asks for, as Node takes it; `current` is in nanoseconds. */
function nodeTime(wanted: NewTimestamp, current: bigint): number | Date {
  if (wanted.tag === 'now') {
    return Date.now() / 1000;
  }
  const nanoseconds =
    wanted.tag === 'no-change' ? current : wanted.val.seconds * NANOSECONDS + BigInt(wanted.val.nanoseconds);
  if (nanoseconds < 0n) {
    // Of a number before 1970 Node makes the present, and of a date it does not.
    return new Date(Math.round(Number(nanoseconds) / 1e6));
  }
  return secondsFrom(Number(nanoseconds / NANOSECONDS), Number(nanoseconds % NANOSECONDS));
}

/**
 * The earliest double that is not before a time. Node takes seconds as a double; up to Node 22 it keeps whole microseconds of
 * it, rounded down, and later ones what the double has. So a whole microsecond is kept by the former, and no time comes out
 * earlier by the latter, for which a copy would be taken to be older than its source.
 */
function secondsFrom(seconds: number, nanoseconds: number): number {
  const time = seconds + nanoseconds / 1e9;
  const isBefore = (time - seconds) * 1e9 < nanoseconds;
  return isBefore ? time + 2 ** (Math.floor(Math.log2(time)) - 52) : time;
}

/**
 * Calls `set` with the times that a guest asked for, but not where both are to stay.
 *
 * Every time that is set is kept to the microsecond, and to the millisecond before 1970, which is what Node can do; that
 * holds for the one that is to stay as well where the other changes.
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
