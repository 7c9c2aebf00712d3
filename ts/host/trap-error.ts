import { describe, isError } from '../check.js';

/**
 * Thrown for a component that ended abnormally: by a trap, such as `unreachable` or an access outside of its memory,
 * by a stack without room, or by a call that WASI does not allow. The `cause` is the error that ended it.
 */
export class TrapError extends Error {
  /** The name of the class. */
  override readonly name = 'TrapError';

  /** @param cause what was thrown through the component */
  constructor(cause: unknown) {
    const why = isError(cause) ? cause.message : describe(cause);
    super(`the component trapped: ${why.replace(/^wasm trap: (wasm )?/, '')}`, { cause });
  }
}
