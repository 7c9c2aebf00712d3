/**
 * Thrown for a component that is not run: it is invalid, imports something that it does not get, or could harm the
 * process. Nothing of it has run, unless one of its exports is the reason: those are known only after its
 * initialisation or its run.
 */
export class RefusedError extends Error {
  /** The name of the class. */
  override readonly name = 'RefusedError';
}
