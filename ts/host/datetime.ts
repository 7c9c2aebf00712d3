import type { Datetime } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';

/** How many are in a second. */
export const NANOSECONDS = 1_000_000_000n;

/** A time in nanoseconds since 1970 as WASI has it, or undefined for one before 1970, which WASI cannot say. */
export function datetime(nanoseconds: bigint): Datetime | undefined {
  return nanoseconds < 0n
    ? undefined
    : { seconds: nanoseconds / NANOSECONDS, nanoseconds: Number(nanoseconds % NANOSECONDS) };
}
