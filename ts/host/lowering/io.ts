// wasi:io and `get-random-bytes` in the component's own memory.

import type { ResourceTable } from '../resources.js';
import { endComponent } from '../trap.js';
import { wasi } from '../wasi.js';
import type { Implementation } from '../wit.js';
import { lowerAll } from './canonical.js';
import type { Lowerings } from './guest.js';
import { i32, lowerings, u64 } from './guest.js';
import type { HandleTable } from './handle-table.js';

/** Maximum number of bytes that a 32-bit memory has. */
const MOST_MEMORY = 2 ** 32;

const streams = wasi['wasi:io/streams'];

/** Makes the lowered forms of `functions`, whose resources are in `table`. `handles` as for `lowerings`. */
export const lowerStreams = (
  functions: Implementation<typeof streams>,
  table: ResourceTable,
  handles?: Set<HandleTable>,
): Lowerings => lowerings(lowerAll(streams, functions, table), handles);

/**
 * Makes the lowered form of `poll`. `wait` gets the number of pollables before any is looked up, and a function that
 * returns the number behind each. It returns the indices of those that are ready.
 */
export const lowerPoll = (
  wait: (count: number, rep: (index: number) => number) => readonly number[],
): Lowerings =>
  lowerings({
    poll: {
      kinds: 1,
      make: (guest) => (list, length, result) => {
        const to = guest.checkedPointer(result, 8, 4);
        const count = i32(length) >>> 0;
        const ready = wait(count, (index) => {
          const start = guest.checkedPointer(list, 4 * count, 4);
          return guest.rep(guest.view.getInt32(start + 4 * index, true));
        });
        const pointer = guest.allocate(4 * ready.length, 4);
        const { view } = guest;
        for (const [index, each] of ready.entries()) {
          view.setUint32(pointer + 4 * index, each, true);
        }
        guest.putList(to, pointer, ready.length);
      },
    },
  });

/** Makes the lowered form of `get-random-bytes`. `fill` fills bytes with random ones. */
export const lowerRandom = (fill: (bytes: Uint8Array) => void): Lowerings =>
  lowerings({
    'get-random-bytes': {
      kinds: 0,
      make: (guest) => (length, result) => {
        const to = guest.checkedPointer(result, 8, 4);
        const count = Number(u64(length));
        if (count > MOST_MEMORY) {
          endComponent(
            `the component asks for ${count} random bytes at once, which is more than its memory can have`,
          );
        }
        const pointer = guest.allocate(count);
        fill(guest.bytes.subarray(pointer, pointer + count));
        guest.putList(to, pointer, count);
      },
    },
  });
