import type { Datetime } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';

/** Nanoseconds in a second. */
export const NANOSECONDS = 1_000_000_000n;

/** Converts nanoseconds since 1970 to WASI's form. Undefined for a time before 1970, which WASI cannot express. */
export function datetime(nanoseconds: bigint): Datetime | undefined {
  return nanoseconds < 0n
    ? undefined
    : { seconds: nanoseconds / NANOSECONDS, nanoseconds: Number(nanoseconds % NANOSECONDS) };
}
