// The status of files and descriptors, as preview 1 lays it out in a program's memory.

import type {
  DescriptorType,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { NANOSECONDS } from '../datetime.js';
import { fail } from '../error-code.js';
import { identity, type Status, type Times, typeOf } from '../status.js';
import { flagsIn } from './functions.js';
import type { Memory } from './memory.js';

/** The number of each type of a file. Preview 1 has none for a FIFO, and two for sockets. */
export const fileTypes: Readonly<Record<DescriptorType, number>> = {
  unknown: 0,
  'block-device': 1,
  'character-device': 2,
  directory: 3,
  'regular-file': 4,
  socket: 0,
  'symbolic-link': 7,
  fifo: 0,
};

const FILESTAT_SIZE = 64;

/** The device number of every file, as in wasmtime. The inode number alone says which file it is. */
const DEVICE = 1n;

/** Writes the status of a file to a pointer of the program. Times before 1970, which WASI does not have, are 0. */
export function putFilestat(memory: Memory, pointer: number, status: Status, times: Times): void {
  const at = memory.checkedPointer(pointer, FILESTAT_SIZE, 8);
  const { view } = memory;
  const put = (offset: number, value: bigint) =>
    view.setBigUint64(at + offset, value < 0n ? 0n : value, true);
  put(0, DEVICE);
  put(8, identity(status).lower);
  put(16, BigInt(fileTypes[typeOf(status)]));
  put(24, status.nlink);
  put(32, status.size);
  put(40, times.accessed);
  put(48, times.modified);
  put(56, status.ctimeNs);
}

/** Writes the status of a standard stream to a pointer of the program: only its type is known. */
export function putStreamStat(memory: Memory, pointer: number, type: number): void {
  const at = memory.checkedPointer(pointer, FILESTAT_SIZE, 8);
  memory.bytes.fill(0, at, at + FILESTAT_SIZE);
  memory.view.setUint8(at + 16, type);
}

/** The flags that say which times are set, and whether to the present. */
const ACCESSED = 1;
const ACCESSED_NOW = 2;
const MODIFIED = 4;
const MODIFIED_NOW = 8;

function timestamp(nanoseconds: bigint, isSet: boolean, isNow: boolean): NewTimestamp {
  if (isSet && isNow) {
    return fail('invalid');
  }
  return isSet
    ? {
        tag: 'timestamp',
        val: { seconds: nanoseconds / NANOSECONDS, nanoseconds: Number(nanoseconds % NANOSECONDS) },
      }
    : { tag: isNow ? 'now' : 'no-change' };
}

/** Converts times in nanoseconds since 1970 and the flags that say which of them are set. Fails with `invalid`. */
export function newTimes(
  accessed: bigint,
  modified: bigint,
  flags: number,
): [accessed: NewTimestamp, modified: NewTimestamp] {
  flagsIn(flags, ACCESSED | ACCESSED_NOW | MODIFIED | MODIFIED_NOW);
  return [
    timestamp(accessed, (flags & ACCESSED) !== 0, (flags & ACCESSED_NOW) !== 0),
    timestamp(modified, (flags & MODIFIED) !== 0, (flags & MODIFIED_NOW) !== 0),
  ];
}
