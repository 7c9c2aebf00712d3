// The clock of a program, and waiting for a moment.

/** Returns nanoseconds of the monotonic clock. */
export const monotonicNow = (): bigint => BigInt(Math.round(performance.now() * 1e6));

let cell: Int32Array | undefined;

/**
 * Memory to wait at. Pages that are not isolated from other origins have no SharedArrayBuffer, but WebAssembly's
 * memories can be shared in all of them.
 */
function sharedCell(): Int32Array {
  cell ??= new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  return cell;
}

/** Blocks the worker until the monotonic clock passes `moment`, in nanoseconds. */
export function sleepUntil(moment: bigint): void {
  for (let left = moment - monotonicNow(); left > 0n; left = moment - monotonicNow()) {
    Atomics.wait(sharedCell(), 0, 0, Number(left) / 1e6);
  }
}
