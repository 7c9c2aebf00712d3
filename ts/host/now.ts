// The clocks of the system, and waiting for a moment.

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Returns nanoseconds of the monotonic clock. */
export const monotonicNow = (): bigint => process.hrtime.bigint();

/** Returns milliseconds since 1970. WASI has no times before that. */
export const wallNow = (): number => Math.max(0, Date.now());

/** Blocks the thread until the monotonic clock passes `moment`, in nanoseconds. */
export function sleepUntil(moment: bigint): void {
  for (let left = moment - monotonicNow(); left > 0n; left = moment - monotonicNow()) {
    Atomics.wait(cell, 0, 0, Number(left) / 1e6);
  }
}
