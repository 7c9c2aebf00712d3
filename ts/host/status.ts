// The status of a file: its type, identity and times, converted from Node's terms to WASI's.

import type { BigIntStats } from 'node:fs';
import type {
  Datetime,
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { datetime } from './datetime.js';

/** The bits of a mode that say the type. All systems have the same, so browsers need no constants from `node:fs`. */
const TYPE_BITS = 0o170000;

const byMode: ReadonlyMap<number, DescriptorType> = new Map([
  [0o100000, 'regular-file'],
  [0o040000, 'directory'],
  [0o120000, 'symbolic-link'],
  [0o010000, 'fifo'],
  [0o020000, 'character-device'],
  [0o060000, 'block-device'],
]);

/** Whether this is Windows. Browsers have no `process`. */
const isWindows = (): boolean => typeof process !== 'undefined' && process.platform === 'win32';

/** The fields of a file's status that the host reads, as Node has them. Times are in nanoseconds since 1970. */
export type Status = Pick<
  BigIntStats,
  'dev' | 'ino' | 'mode' | 'nlink' | 'uid' | 'size' | 'atimeNs' | 'mtimeNs' | 'ctimeNs'
> &
  Partial<Pick<BigIntStats, 'blocks'>>;

/** How much of a file is stored. */
export interface BlockCount {
  /** The size in bytes. Undefined on systems that do not count blocks. */
  readonly size?: number | bigint | undefined;
  /** The blocks of 512 bytes that it takes. Undefined on systems that do not count them. */
  readonly blocks?: number | bigint | undefined;
}

/** A file's status in plain numbers, which take less time than those of `Status`. */
export interface BriefStatus extends BlockCount {
  /** The type and permissions, as stat(2) reports them. */
  readonly mode: number;
}

/** Returns the type of a file. A socket's is `unknown`, as in wasmtime: the preview 1 adapter traps on `socket`. */
export function typeOf(status: { readonly mode: number | bigint }): DescriptorType {
  return byMode.get(Number(status.mode) & TYPE_BITS) ?? 'unknown';
}

/** The status of a file as WASI has it. A time is undefined if WASI cannot express it. */
export type FileStatus = Required<Pick<DescriptorStat, 'type' | 'linkCount' | 'size'>> & {
  readonly [T in 'dataAccessTimestamp' | 'dataModificationTimestamp' | 'statusChangeTimestamp']:
    | Datetime
    | undefined;
};

/** Times of a file in nanoseconds since 1970. */
export interface Times {
  readonly accessed: bigint;
  readonly modified: bigint;
}

/** Converts a file's status to WASI's form, with these times: size in bytes, times to the nanosecond. */
export function descriptorStat(status: Status, { accessed, modified }: Times): FileStatus {
  return {
    type: typeOf(status),
    linkCount: status.nlink,
    size: status.size,
    dataAccessTimestamp: datetime(accessed),
    dataModificationTimestamp: datetime(modified),
    statusChangeTimestamp: datetime(status.ctimeNs),
  };
}

/**
 * Returns which file it is: the same for every name and descriptor of a file, and different for any two files,
 * whatever is in them. wasi-libc takes the lower half for the inode number.
 */
export function identity(status: Status): MetadataHashValue {
  // On Windows, some calls report 64 bits of the device's number and others 32.
  const device = isWindows() ? BigInt.asUintN(32, status.dev) : status.dev;
  // Multiplying by an odd number loses nothing, and moves the device into the high bits, which inode numbers leave
  // free.
  const upper = BigInt.asUintN(64, (device + 1n) * 0x9e3779b97f4a7c15n);
  return { lower: BigInt.asUintN(64, status.ino ^ (upper & 0xffff000000000000n)), upper };
}

/** Whether two identities are of one file. */
export function isSameFile(a: MetadataHashValue, b: MetadataHashValue): boolean {
  return a.lower === b.lower && a.upper === b.upper;
}
