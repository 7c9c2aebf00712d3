/** Maximum number of bytes that one call allocates: a guest must not decide how much memory the host takes. */
export const MOST_AT_ONCE = 1 << 20;

/** Returns `wanted`, or `MOST_AT_ONCE` if that is less. */
export function bounded(wanted: bigint): number {
  return wanted > MOST_AT_ONCE ? MOST_AT_ONCE : Number(wanted);
}
