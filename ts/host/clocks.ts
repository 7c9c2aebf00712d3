// wasi:clocks for one host.

import type { Datetime } from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock';
import type { WasiInterfaces } from './imports.js';
import type { Io } from './streams.js';

/** Makes wasi:clocks. The wall clock counts milliseconds, which is what JavaScript's does. */
export function createClocks(
  io: Io,
): Pick<WasiInterfaces, 'wasi:clocks/monotonic-clock' | 'wasi:clocks/wall-clock'> {
  return {
    'wasi:clocks/monotonic-clock': {
      now: (): bigint => process.hrtime.bigint(),
      resolution: (): bigint => 1n,
      subscribeInstant: (moment: bigint) => io.pollableAt(moment),
      subscribeDuration: (duration: bigint) => io.pollableAt(process.hrtime.bigint() + duration),
    },
    'wasi:clocks/wall-clock': {
      now: (): Datetime => {
        const now = Date.now();
        return { seconds: BigInt(Math.floor(now / 1000)), nanoseconds: (now % 1000) * 1_000_000 };
      },
      resolution: (): Datetime => ({ seconds: 0n, nanoseconds: 1_000_000 }),
    },
  };
}
