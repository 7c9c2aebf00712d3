// wasi:clocks for one host.

import type { HostInterface } from './border.js';
import type { Io } from './io.js';
import { lowerMonotonicClock, lowerWallClock } from './lowering/clocks.js';
import { monotonicNow, wallNow } from './now.js';
import type { wasi } from './wasi.js';

/** wasi:clocks. */
interface Clocks {
  readonly 'wasi:clocks/monotonic-clock': HostInterface<(typeof wasi)['wasi:clocks/monotonic-clock']>;
  readonly 'wasi:clocks/wall-clock': HostInterface<(typeof wasi)['wasi:clocks/wall-clock']>;
}

/** Makes wasi:clocks. The wall clock counts milliseconds, as JavaScript's clock does. */
export function createClocks(io: Io): Clocks {
  return {
    'wasi:clocks/monotonic-clock': {
      functions: {
        now: monotonicNow,
        resolution: () => 1n,
        'subscribe-instant': (moment) => io.pollableAt(moment),
        'subscribe-duration': (duration) => io.pollableAt(monotonicNow() + duration),
      },
      lowered: lowerMonotonicClock(monotonicNow),
    },
    'wasi:clocks/wall-clock': {
      functions: {
        now: () => {
          const now = wallNow();
          return { seconds: BigInt(Math.floor(now / 1000)), nanoseconds: (now % 1000) * 1_000_000 };
        },
        resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
      },
      lowered: lowerWallClock(wallNow),
    },
  };
}
