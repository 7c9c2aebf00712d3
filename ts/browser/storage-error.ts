import type { ErrorCode, Operation } from '#bindings/interfaces/mapcp-copy-copier.js';

/** What a browser refuses with, by the name of the exception, and what it is for people. */
const known: Readonly<Record<string, readonly [ErrorCode['tag'], string]>> = {
  QuotaExceededError: ['quota-exceeded', 'the browser grants this page no more room'],
  NotAllowedError: ['access-denied', 'the browser does not allow it; pick the directory again'],
  NoModificationAllowedError: ['busy', 'it is in use, perhaps by another tab'],
  InvalidStateError: ['busy', 'it was changed by somebody else meanwhile'],
  NotFoundError: ['not-found', 'no such file or directory'],
  NotReadableError: ['io', 'the browser cannot read it'],
  TypeMismatchError: ['already-exists', 'it exists already, and is of another kind'],
  SecurityError: ['not-permitted', 'the browser allows no page to use it'],
  TypeError: ['invalid-name', 'the browser does not allow this name'],
};

/** A directory of the browser's that could not be read or changed. */
export class StorageError extends Error {
  readonly code: ErrorCode;
  readonly operation: Operation;
  /** The guest path. */
  readonly path: string;
  /** Why, as a clause without a path. */
  readonly reason: string;

  constructor(code: ErrorCode, operation: Operation, path: string, reason: string, options?: ErrorOptions) {
    super(`cannot ${operation} '${path}': ${reason}`, options);
    this.name = 'StorageError';
    this.code = code;
    this.operation = operation;
    this.path = path;
    this.reason = reason;
  }

  /** What a browser threw, or the same where it is one already. */
  static from(error: unknown, operation: Operation, path: string): StorageError {
    if (error instanceof StorageError) {
      return error;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const [tag, reason] = known[name] ?? ['other', message];
    const code = tag === 'other' ? { tag, val: message } : { tag };
    return new StorageError(code, operation, path, reason, { cause: error });
  }
}
