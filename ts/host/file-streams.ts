// Streams over regular files. Each owns the open file as well, so it outlives the descriptor that it came from.

import { fstatSync, writeSync } from 'node:fs';
import type { Handle } from './handle.js';
import type { Sink, Source } from './streams.js';

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
    const count = this.#handle.read(bytes, 0, length, this.#position);
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
    const count = this.#handle.write(bytes, this.#position);
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
      : this.#handle.write(bytes, fstatSync(fd, { bigint: true }).size);
  }

  close(): void {
    this.#handle.release();
  }
}
