// Room on the stack. A component decides how much of it is left when it calls the host. It can call again and again
// with so little that any call of a function in the host throws. Anything that is open at that moment, and stored nowhere,
// would leak.

/**
 * Twice the maximum number of nested calls between opening something and storing it to be closed later, because V8 can
 * make the frames of `expectStack` smaller than theirs.
 */
const FRAMES = 48;

/** Maximum number of nested calls that the host and Node make to close something. */
export const CLOSING = 12;

/**
 * Throws a RangeError unless there is room for more nested calls than the host makes to take hold of something that
 * it opens, or to release it. Must be called before that, so that nothing has happened if it throws.
 */
export function expectStack(frames = FRAMES): number {
  return frames === 0 ? 0 : 1 + expectStack(frames - 1);
}
