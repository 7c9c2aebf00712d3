// The clocks in the component's own memory.

import type { Lowerings } from './guest.js';
import { lowerings, wrongTypes } from './guest.js';

/** Makes the lowered form of the monotonic clock's `now`, from a function that returns nanoseconds. */
export const lowerMonotonicClock = (now: () => bigint): Lowerings => ({
  now:
    ({ memory }) =>
    () =>
      // WASI's `now` needs no memory.
      memory === undefined ? now() : wrongTypes(),
});

/** Makes the lowered form of the wall clock's `now`, from a function that returns milliseconds. */
export const lowerWallClock = (now: () => number): Lowerings =>
  lowerings({
    now: {
      kinds: 0,
      make: (guest) => (result) => {
        const to = guest.checkedPointer(result, 16, 8);
        const milliseconds = now();
        guest.view.setBigUint64(to, BigInt(Math.floor(milliseconds / 1000)), true);
        guest.view.setUint32(to + 8, (milliseconds % 1000) * 1_000_000, true);
      },
    },
  });
