// Room on the stack. A component decides how much of it is left when it calls the host, and can call again and again with
// so little that any call of a function in the host throws. What is opened then, and not yet put anywhere, would be lost.

/** As many calls as the host makes, at most, between opening something and having put it where it will be closed. */
const FRAMES = 24;

/** As many as the host and Node make to close something. */
export const CLOSING = 12;

/**
 * Throws a RangeError unless there is room for more calls than the host makes to take hold of something that it opens, or
 * to let go of it. Nothing has happened then.
 */
export function expectStack(frames = FRAMES): number {
  return frames === 0 ? 0 : 1 + expectStack(frames - 1);
}
