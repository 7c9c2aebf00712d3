// Streams, the errors that they end with, and pollables.
//
// Every stream is always ready, and a call on it blocks until it has a result: files need no waiting, and a component
// that reads from a terminal has nothing else to do. So a pollable is a moment on the monotonic clock.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCode, WasiError } from './error-code.js';
import type { Closable } from './wit.js';

/** Maximum number of bytes that one call allocates: a guest must not decide how much memory the host takes. */
export const MOST_AT_ONCE = 1 << 20;

/** Maximum number of bytes that one call moves from or to the guest's own memory; the rest is for the next call. */
export const MOST_IN_PLACE = 1 << 30;

/** Returns `wanted`, or `MOST_AT_ONCE` if that is less. */
export function bounded(wanted: bigint): number {
  return wanted > MOST_AT_ONCE ? MOST_AT_ONCE : Number(wanted);
}

/** What is behind a stream. */
interface StreamEnd extends Closable {
  /** Whether it is a file, so that its errors are errors of wasi:filesystem. */
  readonly isFile: boolean;
}

/** Gives the bytes of an input stream. */
export interface Source extends StreamEnd {
  /** Returns up to `length` bytes, or none at the end. They are valid until the next read of any source. May block. */
  read(length: number): Uint8Array;
}

/** Takes the bytes of an output stream. */
export interface Sink extends StreamEnd {
  /** Writes some of the bytes, at least one, and returns how many. May block. */
  write(bytes: Uint8Array): number;
}

/** The error that a stream ended with. */
export interface IoError extends Closable {
  readonly code: ErrorCode;
  readonly isFile: boolean;
}

/** The error of a call on a stream. */
export type StreamError =
  | { readonly tag: 'last-operation-failed'; readonly val: IoError }
  | { readonly tag: 'closed' };

/** A moment on the monotonic clock, in nanoseconds. */
export interface Pollable extends Closable {
  readonly moment: bigint;
}

/** A stream that a component reads. */
export type InputStream = Stream<Source>;

/** A stream that a component writes. */
export type OutputStream = Stream<Sink>;

function failStream(error: StreamError): never {
  throw new WasiError<StreamError>(error);
}

/** Throws the error of a call on a stream that is closed. */
export const closed = (): never => failStream({ tag: 'closed' });

/** For what has nothing to release. */
export const nothing = (): void => {};

/** Returns the source of a stream that has these bytes. They are not copied. */
export function sourceOf(bytes: Uint8Array): Source {
  let rest = bytes;
  return {
    isFile: false,
    read(length) {
      const read = rest.subarray(0, length);
      rest = rest.subarray(length);
      return read;
    },
    close: nothing,
  };
}

/**
 * A source or a sink behind a stream. The stream closes when its source or sink fails or ends, and says so from then
 * on.
 */
export class Stream<T extends StreamEnd> {
  readonly #end: T;
  #open = true;

  /** Takes over `end`. */
  constructor(end: T) {
    this.#end = end;
  }

  /** Calls `act`, which must return undefined at the end of the stream. */
  use<R>(act: (end: T) => R | undefined): R {
    if (!this.#open) {
      closed();
    }
    let result: R | undefined;
    try {
      result = act(this.#end);
    } catch (error) {
      this.#open = false;
      const val = { code: errorCode(error), isFile: this.#end.isFile, close: nothing };
      return failStream({ tag: 'last-operation-failed', val });
    }
    if (result === undefined) {
      this.#open = false;
      return closed();
    }
    return result;
  }

  close(): void {
    this.#end.close();
  }
}
