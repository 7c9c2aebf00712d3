// What goes wrong, as WASI says it: the one place where an error of Node becomes an error-code.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';

/** Every error-code in the order of the WIT enum, so that an index here is the number in a component's memory. */
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
 * What Node reports, by its `code`. Two kinds of it have no error-code of their own (see `withoutCode`): a process or
 * system out of descriptors is `insufficient-memory`, the only case for a resource that ran out, and a stale network
 * file is `io`.
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
  // Node's own refusals: a NUL in a path, and a number that no system call takes.
  ERR_INVALID_ARG_VALUE: 'invalid',
  ERR_OUT_OF_RANGE: 'invalid',
  // No memory for a buffer.
  ERR_MEMORY_ALLOCATION_FAILED: 'insufficient-memory',
};

/** The errors that a component is told by a code that says less. */
const withoutCode: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ESTALE']);

/** The latest of those in this thread. As with errno, it stays until it is taken. */
let nativeCode: string | undefined;

/**
 * Node's code for the latest error in this thread that WASI has no code for: `EMFILE`, `ENFILE` or `ESTALE`. Forgets it.
 * So whoever runs a component can say what it was not told. Undefined if there was none since the last call.
 */
export function takeNativeCode(): string | undefined {
  const code = nativeCode;
  nativeCode = undefined;
  return code;
}

let denial: string | undefined;

/**
 * What Node's permission model has denied last in this thread, as a clause for people, and forgets it. No error-code says it.
 * Undefined if there was nothing since the last call.
 */
export function takeDenial(): string | undefined {
  const latest = denial;
  denial = undefined;
  return latest;
}

/** Node gives a code only to the errors that libuv has a name for; the others come as a Linux number. */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  35: 'deadlock',
  37: 'no-lock',
  116: 'io',
  122: 'quota',
  131: 'not-recoverable',
};

/**
 * An error on its way to the guest. `payload` is where the bindings look for the error of a `result`: an error-code, or
 * what a stream fails with.
 *
 * It is an `Error` to whoever meets it, as the caller of a component does that has no `result` where WASI has one. But it
 * has no stack, which costs more than most system calls and which nobody would read.
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

/** Throws the error `code`. */
export function fail(code: ErrorCode): never {
  throw new WasiError(code);
}

/** Node's name for what went wrong, such as `ENOENT`, or undefined where `error` is not from Node. */
export function nodeCode(error: unknown): string | undefined {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Calls `act`, and passes over what the system says against it. */
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
 * The error-code for anything that was thrown: a `WasiError`'s own, the one for a Node error, and `io` for whatever
 * else, since an exception must never reach a guest.
 */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof WasiError) {
    return errorCodes.find((code) => code === error.payload) ?? 'io';
  }
  const code = nodeCode(error) ?? '';
  if (code === 'ERR_ACCESS_DENIED') {
    const { message } = error as Error;
    denial = `Node's permission model denies it: ${message.replace(/\.$/, '')}`;
  }
  if (withoutCode.has(code)) {
    nativeCode = code;
  }
  const known = byNodeCode[code];
  if (known !== undefined) {
    return known;
  }
  const number: unknown =
    typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  return (typeof number === 'number' && byNumber[Math.abs(number)]) || 'io';
}

/** Wraps every method of a class that the bindings call, so that what it throws is a `WasiError`. */
export function throwFailures(prototype: object): void {
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
