// wasi:filesystem in the component's own memory.

import type { DescriptorFlags } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Descriptor } from '../descriptor.js';
import { asFile } from '../descriptor.js';
import type { OpenFile } from '../file.js';
import type { Resources, ResourceTable } from '../resources.js';
import { MOST_IN_PLACE } from '../streams.js';
import { descriptorTypes, wasi } from '../wasi.js';
import type { Implementation } from '../wit.js';
import { lowerAll, putStatus } from './canonical.js';
import type { Guest, Lowering, Lowerings } from './guest.js';
import { lowerings, u64 } from './guest.js';
import type { HandleTable } from './handle-table.js';

const types = wasi['wasi:filesystem/types'];

/**
 * Up to this many bytes it is cheaper to read into a buffer and copy than to find out how many there are. The engine
 * counts on it: `SMALL_READ` in c-src/engine/window.c is the same.
 */
export const READ_ASIDE = 16 * 1024;

/** Makes the lowered forms of `functions`, whose resources are in `table`. `handles` as for `lowerings`. */
export function lowerFilesystem(
  functions: Implementation<typeof types>,
  descriptors: Resources<Descriptor>,
  table: ResourceTable,
  handles?: Set<HandleTable>,
): Lowerings {
  const buffer = Buffer.alloc(READ_ASIDE);
  // A copy calls all of these for each file. They are written out because V8 compiles the general form once for all
  // functions, and so can optimise it for none.
  const special: Readonly<Record<string, Lowering>> = {
    '[method]descriptor.get-type': {
      kinds: 1,
      make: (guest) => (self, result) => {
        const start = guest.begin(result, 1, 1);
        try {
          guest.bytes[start + 1] = descriptorTypes.indexOf(descriptors.get(guest.rep(self)).type);
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 1, error);
        }
      },
    },
    '[method]descriptor.get-flags': {
      kinds: 1,
      make: (guest) => (self, result) => {
        const start = guest.begin(result, 1, 1);
        try {
          guest.bytes[start + 1] = bitsOf(descriptors.get(guest.rep(self)).flags);
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 1, error);
        }
      },
    },
    '[method]descriptor.metadata-hash': {
      kinds: 1,
      make: (guest) => (self, result) => {
        const start = guest.begin(result, 8, 16);
        try {
          const { lower, upper } = descriptors.get(guest.rep(self)).identity();
          guest.view.setBigUint64(start + 8, lower, true);
          guest.view.setBigUint64(start + 16, upper, true);
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 8, error);
        }
      },
    },
    '[method]descriptor.stat': {
      kinds: 1,
      make: (guest) => (self, result) => {
        const start = guest.begin(result, 8, 96);
        try {
          putStatus(guest, start + 8, functions['[method]descriptor.stat'](descriptors.get(guest.rep(self))));
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 8, error);
        }
      },
    },
    '[method]descriptor.write': {
      kinds: 1,
      make: (guest) => (self, pointer, length, offset, result) => {
        const start = guest.begin(result, 8, 8);
        try {
          const file = asFile(descriptors.get(guest.rep(self)));
          const written = file.write(guest.bytesAt(pointer, length), u64(offset));
          guest.view.setBigUint64(start + 8, BigInt(written), true);
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 8, error);
        }
      },
    },
    // The function returns the bytes. This reads them straight into the component's memory.
    '[method]descriptor.read': {
      kinds: 1,
      make: (guest) => (self, length, offset, result) => {
        const start = guest.begin(result, 4, 12);
        try {
          const wanted = u64(length);
          const file = asFile(descriptors.get(guest.rep(self)));
          const [pointer, count] = readInto(guest, file, buffer, wanted, u64(offset));
          guest.putList(start + 4, pointer, count);
          guest.bytes[start + 12] = count === 0 ? 1 : 0;
          guest.succeed(start);
        } catch (error) {
          guest.refuse(start, 4, error);
        }
      },
    },
  };
  return lowerings(lowerAll(types, functions, table, special), handles);
}

/** Returns the flags of a descriptor as the canonical ABI has them. */
function bitsOf(flags: DescriptorFlags): number {
  return (
    (flags.read ? 1 : 0) |
    (flags.write ? 2 : 0) |
    (flags.fileIntegritySync ? 4 : 0) |
    (flags.dataIntegritySync ? 8 : 0) |
    (flags.requestedWriteSync ? 16 : 0) |
    (flags.mutateDirectory ? 32 : 0)
  );
}

/** Reads from a file into newly allocated memory of the guest. Returns the pointer, and the number of bytes read. */
function readInto(
  guest: Guest,
  file: OpenFile,
  buffer: Buffer,
  wanted: bigint,
  position: bigint,
): [number, number] {
  file.expectReadable();
  if (wanted > READ_ASIDE) {
    // Memory that is allocated and not filled is lost to the guest, so first ask how much can be read.
    const left = file.stat().size - position;
    if (left > READ_ASIDE) {
      const length = Math.min(Number(wanted < left ? wanted : left), MOST_IN_PLACE);
      const pointer = guest.allocate(length);
      return [pointer, file.read(guest.bytes, pointer, length, position)];
    }
  }
  const length = wanted < READ_ASIDE ? Number(wanted) : READ_ASIDE;
  const count = file.read(buffer, 0, length, position);
  const pointer = guest.allocate(count);
  buffer.copy(guest.bytes, pointer, 0, count);
  return [pointer, count];
}
