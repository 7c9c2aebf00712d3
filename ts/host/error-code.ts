// Errors as WASI reports them: the only place that converts an error of Node to an error-code.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { describe, isError } from '../common/check.js';
import { isEnding, uncatchable } from './trap.js';

/** Every error-code in the order of the WIT enum: its index is its number in a component's memory. */
export const errorCodes: readonly ErrorCode[] = [
  'access',
  'would-block',
  'already',
  'bad-descriptor',
  'busy',
  'deadlock',
  'quota',
  'exist',
  'file-too-large',
  'illegal-byte-sequence',
  'in-progress',
  'interrupted',
  'invalid',
  'io',
  'is-directory',
  'loop',
  'too-many-links',
  'message-size',
  'name-too-long',
  'no-device',
  'no-entry',
  'no-lock',
  'insufficient-memory',
  'insufficient-space',
  'not-directory',
  'not-empty',
  'not-recoverable',
  'unsupported',
  'no-tty',
  'no-such-device',
  'overflow',
  'not-permitted',
  'pipe',
  'read-only',
  'invalid-seek',
  'text-file-busy',
  'cross-device',
];

/**
 * The error-codes by Node's `code`. Two kinds of errors have no error-code of their own (see `vagueCodes`). If the
 * process or the system has no free descriptors, that is `insufficient-memory`, the only code for a resource that ran
 * out. A stale network file is `io`.
 */
const byNodeCode: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'access',
  EAGAIN: 'would-block',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMFILE: 'insufficient-memory',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENFILE: 'insufficient-memory',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOSYS: 'unsupported',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTRECOVERABLE: 'not-recoverable',
  ENOTSUP: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOPNOTSUPP: 'unsupported',
  EOVERFLOW: 'overflow',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ESTALE: 'io',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
  // Node's permission model.
  ERR_ACCESS_DENIED: 'access',
  // Node's own refusals: a NUL in a path, or a number that no system call takes.
  ERR_INVALID_ARG_VALUE: 'invalid',
  ERR_OUT_OF_RANGE: 'invalid',
  // No memory for a buffer.
  ERR_MEMORY_ALLOCATION_FAILED: 'insufficient-memory',
};

/** Node's codes for errors that a component gets as a less specific error-code. */
const vagueCodes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ESTALE']);

/** The latest of those in this thread. Like errno, it stays until it is taken. */
let nativeCode: string | undefined;

/**
 * Returns and forgets Node's code for the latest error in this thread that WASI has no code for: `EMFILE`, `ENFILE`
 * or `ESTALE`. With it the caller of a component can say what the component cannot. Undefined if there was none since
 * the last call.
 */
export function takeNativeCode(): string | undefined {
  const code = nativeCode;
  nativeCode = undefined;
  return code;
}

let denial: string | undefined;

/**
 * Returns and forgets what Node's permission model last denied in this thread, as a clause for messages. No
 * error-code says it. Undefined if nothing was denied since the last call.
 */
export function takeDenial(): string | undefined {
  const latest = denial;
  denial = undefined;
  return latest;
}

/** Node names only the errors that libuv knows; the others have just a number, which is Linux's. */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  35: 'deadlock',
  37: 'no-lock',
  116: 'io',
  122: 'quota',
  131: 'not-recoverable',
};

/**
 * An error for the guest. Bindings take the error of a `result` from `payload`: an error-code, or the error of a
 * stream.
 *
 * It counts as an `Error`, because the caller of a component gets it if the component declares no `result` although
 * WASI has one. It has no stack, which costs more than most system calls.
 */
export class WasiError<P = unknown> {
  readonly payload: P;

  constructor(payload: P) {
    this.payload = payload;
  }

  get message(): string {
    return `a call of the component failed with ${JSON.stringify(this.payload)}`;
  }
}
Object.setPrototypeOf(WasiError.prototype, Error.prototype);
Object.defineProperty(WasiError.prototype, 'name', { value: 'WasiError' });

/** Throws a `WasiError` with this error-code. */
export function fail(code: ErrorCode): never {
  throw new WasiError(code);
}

/** Returns Node's code for an error, such as `ENOENT`; undefined if `error` is not from Node. */
export function nodeCode(error: unknown): string | undefined {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Whether an error of a function of the caller is one of the system, or of Node's permission model. A `code` is not
 * enough: Node's own errors for wrong arguments have one, and any object can.
 */
export function isSystemError(error: unknown): boolean {
  const code = nodeCode(error);
  if (code === undefined) {
    return false;
  }
  const { errno, syscall } = error as { errno?: unknown; syscall?: unknown };
  const isKnown = code === 'ERR_ACCESS_DENIED' || (!code.includes('_') && Object.hasOwn(byNodeCode, code));
  return isKnown || typeof errno === 'number' || typeof syscall === 'string';
}

/** Returns an error of the system as Node would throw it, with this code. */
export function systemError(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

/** Calls `act`. Returns undefined if it fails with one of these codes of Node's. */
export function unless<T>(codes: readonly string[], act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!codes.includes(nodeCode(error) ?? '')) {
      throw error;
    }
    return undefined;
  }
}

/** Calls `act`, and ignores errors of the system. */
export function ignoringErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (nodeCode(error) === undefined) {
      throw error;
    }
  }
}

/**
 * Returns the error-code for what was thrown: a `WasiError`'s own, the one for an error of the system, or `io` if there
 * is no room on the stack. Anything else is a fault of the host. It ends the component, so that the caller gets it.
 */
export function errorCode(error: unknown): ErrorCode {
  if (isEnding(error)) {
    throw error;
  }
  if (error instanceof WasiError) {
    return errorCodes.find((code) => code === error.payload) ?? 'io';
  }
  const code = nodeCode(error) ?? '';
  if (code === 'ERR_ACCESS_DENIED') {
    const { message } = error as Error;
    denial = `Node's permission model denies it: ${message.replace(/\.$/, '')}`;
  }
  if (vagueCodes.has(code)) {
    nativeCode = code;
  }
  const known = byNodeCode[code];
  if (known !== undefined) {
    return known;
  }
  const number: unknown =
    typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  if (typeof number === 'number') {
    return byNumber[Math.abs(number)] ?? 'io';
  }
  // Other realms have a RangeError of their own.
  if (code !== '' || (isError(error) && error.name === 'RangeError')) {
    return 'io';
  }
  throw uncatchable(isError(error) ? error : new Error(describe(error), { cause: error }), error);
}

/** Wraps every method of a class that bindings call, so that it throws nothing but a `WasiError`. */
export function throwWasiErrors(prototype: object): void {
  for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name !== 'constructor' && typeof method === 'function') {
      const guarded = function (this: unknown, ...args: unknown[]): unknown {
        try {
          return method.apply(this, args);
        } catch (error) {
          throw new WasiError(errorCode(error));
        }
      };
      Object.defineProperty(prototype, name, { value: guarded, configurable: true, writable: true });
    }
  }
}
