import type { ErrorCode, Operation } from '#bindings/interfaces/mapcp-copy-copier.js';
import { WasiError } from '../host/error-code.js';

/** Code and reason for each exception of a browser, by its name. */
const known: Readonly<Record<string, readonly [ErrorCode['tag'], string]>> = {
  QuotaExceededError: ['quota-exceeded', 'the browser grants this page no more room'],
  NotAllowedError: ['access-denied', 'the browser does not allow it; pick the directory again'],
  NoModificationAllowedError: ['busy', 'it is in use, perhaps by another tab'],
  InvalidStateError: ['busy', 'somebody else changed it meanwhile'],
  NotFoundError: ['not-found', 'no such file or directory'],
  NotReadableError: ['io', 'the browser cannot read it'],
  TypeMismatchError: ['already-exists', 'it exists already, and is of another kind'],
  SecurityError: ['not-permitted', 'the browser allows no page to use it'],
  InvalidNameError: ['invalid-name', 'the browser does not allow this name'],
};

/** The exceptions for what a content throws as an error for the component, although the component did not call it. */
const byErrorCode: Readonly<Record<string, string>> = {
  quota: 'QuotaExceededError',
  busy: 'NoModificationAllowedError',
  io: 'NotReadableError',
};

/** Thrown if a directory of the browser cannot be read or changed. */
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

  /** Makes an error from an exception of the browser. One that is a StorageError is returned as it is. */
  static from(error: unknown, operation: Operation, path: string): StorageError {
    if (error instanceof StorageError) {
      return error;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const exception = error instanceof WasiError ? byErrorCode[String(error.payload)] : name;
    const [tag, reason] = known[exception ?? name] ?? ['other', message];
    const code = (tag === 'other' ? { tag, val: message } : { tag }) as ErrorCode;
    return new StorageError(code, operation, path, reason, { cause: error });
  }
}
