/**
 * Thrown for a component that is not run: it is invalid, asks for something that it is not given, or could harm the process.
 * Nothing of it has run, unless the reason is what it exports: that is seen only after its initialisation or its run.
 */
export class RefusedError extends Error {
  /** The name of the class. */
  override readonly name = 'RefusedError';
}
