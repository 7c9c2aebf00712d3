// The errors that the caller of a component gets.

/**
 * Thrown through a component that calls `exit`. It ends the call into the component, never the process. The instance
 * must not be called again.
 */
export class ExitError extends Error {
  /** The name of the class. */
  override readonly name = 'ExitError';
  /** The exit status: 0 for success. */
  readonly status: number;

  constructor(status: number) {
    super(`the component exited with status ${status}`);
    this.status = status;
  }
}

/**
 * Thrown for a component that is not run: it is invalid, imports something that it does not get, or could harm the
 * process. Nothing of it has run, unless one of its exports is the reason: those are known only after its
 * initialisation or its run.
 */
export class RefusedError extends Error {
  /** The name of the class. */
  override readonly name = 'RefusedError';
}

/** Thrown for a read-only preopen that a component could change, because it is or lies in a read-write one. */
export class OverlapError extends Error {
  /** The name of the class. */
  override readonly name = 'OverlapError';
  /** Which preopens overlap, without the option that allows it. */
  readonly reason: string;

  /** Takes the names of the preopens. */
  constructor(reading: string, writing: string) {
    const reason = `the read-only preopen '${reading}' lies in the read-write preopen '${writing}', so a component could change it`;
    super(`${reason}; set allowOverlap if that is intended`);
    this.reason = reason;
  }
}

/**
 * Thrown for a component that ended abnormally: by a trap, such as `unreachable` or an access outside of its memory,
 * by a stack without room, by a call that WASI does not allow, or by a function for its output that threw. The `cause`
 * is the error that ended it; if a function threw, what it threw.
 */
export class TrapError extends Error {
  /** The name of the class. */
  override readonly name = 'TrapError';
}
