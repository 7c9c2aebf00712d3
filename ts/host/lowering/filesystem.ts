// wasi:filesystem in the component's own memory.

import type { Descriptor } from '../descriptor.js';
import { asFile } from '../descriptor.js';
import type { OpenFile } from '../file.js';
import type { Resources, ResourceTable } from '../resources.js';
import { MOST_IN_PLACE } from '../streams.js';
import { wasi } from '../wasi.js';
import type { Implementation } from '../wit.js';
import { lowerAll } from './canonical.js';
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
  const special: Readonly<Record<string, Lowering>> = {
    // The function returns the bytes. This reads them straight into the component's memory.
    '[method]descriptor.read': {
      kinds: 1,
      make: (guest) => (self, length, offset, result) =>
        guest.answer(result, 4, 12, (to) => {
          const wanted = u64(length);
          const file = asFile(descriptors.get(guest.rep(self)));
          const [pointer, count] = readInto(guest, file, buffer, wanted, u64(offset));
          guest.putList(to, pointer, count);
          guest.bytes[to + 8] = count === 0 ? 1 : 0;
        }),
    },
  };
  return lowerings(lowerAll(types, functions, table, special), handles);
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
