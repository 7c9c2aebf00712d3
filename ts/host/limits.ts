/** The most bytes that one call allocates: what a guest asks for must not decide how much memory the host takes. */
export const MOST_AT_ONCE = 1 << 20;

/** `wanted`, or `MOST_AT_ONCE` where that is less. */
export function bounded(wanted: bigint): number {
  return wanted > MOST_AT_ONCE ? MOST_AT_ONCE : Number(wanted);
}
