// Streams over regular files. Each owns the open file as well, so it outlives the descriptor that it came from.

import { fstatSync, readSync, writeSync } from 'node:fs';
import { fail } from './error-code.js';
import type { Handle } from './handle.js';
import { MOST_IN_PLACE, type Sink, type Source } from './streams.js';

/** Larger than any file, and still a number that Node accepts. */
export const MOST_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** What streams read into, one at a time. It grows to the longest read, which is at most `MOST_AT_ONCE`. */
let buffer = new Uint8Array(0);

/**
 * Returns `length` bytes to read into, which are valid until the next call. New memory for each read would cost more
 * than the read, because it is set to zero first.
 */
export function sharedBytes(length: number): Uint8Array {
  if (buffer.length < length) {
    buffer = new Uint8Array(length);
  }
  return buffer.subarray(0, length);
}

/**
 * Writes `bytes` at `position` and returns how many were written, which may be fewer. Fails with `file-too-large` at a position
 * that no file has, which Node would refuse as a wrong argument.
 */
export function writeAt(fd: number, bytes: Uint8Array, position: number | bigint): number {
  if (position > MOST_SIZE) {
    fail('file-too-large');
  }
  return writeSync(fd, bytes, 0, Math.min(bytes.length, MOST_IN_PLACE), Number(position));
}

/** Reads a file from a position on. */
export class FileSource implements Source {
  readonly isFile = true;
  readonly #handle: Handle;
  #position: bigint;

  /** Takes over one ownership of `handle`. */
  constructor(handle: Handle, position: bigint) {
    this.#handle = handle;
    this.#position = position;
  }

  read(length: number): Uint8Array {
    const bytes = sharedBytes(length);
    const count = readSync(this.#handle.fd, bytes, 0, length, this.#position);
    this.#position += BigInt(count);
    return bytes.subarray(0, count);
  }

  close(): void {
    this.#handle.release();
  }
}

/** Writes a file from a position on. */
export class FileSink implements Sink {
  readonly isFile = true;
  readonly #handle: Handle;
  #position: number;

  /** Takes over one ownership of `handle`. */
  constructor(handle: Handle, position: bigint) {
    this.#handle = handle;
    this.#position = Number(position);
  }

  write(bytes: Uint8Array): number {
    const count = writeAt(this.#handle.fd, bytes, this.#position);
    this.#position += count;
    return count;
  }

  close(): void {
    this.#handle.release();
  }
}

/** Writes at the end of a file. */
export class AppendingSink implements Sink {
  readonly isFile = true;
  readonly #handle: Handle;
  readonly #opensForAppending: boolean;

  /**
   * Takes over one ownership of `handle`.
   *
   * @param opensForAppending whether `handle` was opened with O_APPEND. If not, each write first looks up the end of
   * the file, and another writer may come in between.
   */
  constructor(handle: Handle, opensForAppending: boolean) {
    this.#handle = handle;
    this.#opensForAppending = opensForAppending;
  }

  write(bytes: Uint8Array): number {
    const { fd } = this.#handle;
    return this.#opensForAppending
      ? writeSync(fd, bytes)
      : writeAt(fd, bytes, fstatSync(fd, { bigint: true }).size);
  }

  close(): void {
    this.#handle.release();
  }
}
