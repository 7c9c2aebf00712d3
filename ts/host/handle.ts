import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import type { MetadataHashValue } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail, nodeCode } from './error-code.js';
import { CLOSING, expectStack } from './stack.js';
import { type BriefStatus, identity, type Status } from './status.js';
import { MOST_IN_PLACE } from './streams.js';

/** Larger than any file, and still a number that Node accepts. */
export const MOST_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** A file descriptor with any number of owners. It is closed when the last one releases it. */
export class Handle {
  readonly #fd: number;
  readonly #closes: (fd: number) => void;
  // No function by default, because making one takes longer than the rest of the constructor.
  #failed: ((error: unknown) => void) | undefined;
  #owners = 1;
  #identity: MetadataHashValue | undefined;
  /** The status that `keepStatus` returned. */
  #kept: Status | undefined;

  /**
   * Takes over `fd`, with one owner.
   *
   * @param closes closes it by the library that opened it: Node warns in workers if it closes what it did not open
   */
  constructor(fd: number, closes: (fd: number) => void = closeSync) {
    this.#fd = fd;
    this.#closes = closes;
  }

  /** Calls `failed` if closing it fails, which can lose data if the file was written. */
  watchClose(failed: (error: unknown) => void): void {
    this.#failed = failed;
  }

  /**
   * The file descriptor. Fails with `bad-descriptor` once it is closed, because its number may be another file's by
   * then.
   */
  get fd(): number {
    return this.#owners > 0 ? this.#fd : fail('bad-descriptor');
  }

  /** Returns the status of the open file. */
  status(): Status {
    const status = this.#kept ?? this.look();
    this.#kept = undefined;
    this.#identity ??= identity(status);
    return status;
  }

  /** Returns the status of the open file, and keeps it for the next call of `status`. */
  keepStatus(): Status {
    this.#kept = this.look();
    return this.#kept;
  }

  /** Returns which file it is. Looked up once, because an open file stays the same file. */
  identity(): MetadataHashValue {
    this.#identity ??= identity(this.look());
    return this.#owners > 0 ? this.#identity : fail('bad-descriptor');
  }

  /** Asks the system for the status. */
  protected look(): Status {
    return fstatSync(this.fd, { bigint: true });
  }

  /** Returns the status of the open file in plain numbers. */
  brief(): BriefStatus {
    return fstatSync(this.fd);
  }

  /**
   * Reads up to `length` bytes from `position` in the file into `bytes`, from index `start` on. Returns how many; 0
   * at the end of the file.
   */
  read(bytes: Uint8Array, start: number, length: number, position: bigint): number {
    return readSync(this.fd, bytes, start, length, position);
  }

  /**
   * Writes `bytes` at `position` and returns how many were written, which may be fewer. Fails with `file-too-large` at a
   * position that no file has, which Node would refuse as a wrong argument.
   */
  write(bytes: Uint8Array, position: number | bigint): number {
    if (position > MOST_SIZE) {
      fail('file-too-large');
    }
    return this.put(bytes, Math.min(bytes.length, MOST_IN_PLACE), Number(position));
  }

  /** Asks the system to write. */
  protected put(bytes: Uint8Array, length: number, position: number): number {
    return writeSync(this.fd, bytes, 0, length, position);
  }

  /** Adds an owner. */
  share(): this {
    expectStack();
    this.#owners += 1;
    return this;
  }

  /** Removes an owner. If it throws, as at the end of the stack, nothing has changed. */
  release(): void {
    if (this.#owners === 1) {
      this.#close();
    }
    this.#owners -= 1;
  }

  /** Closes it for every owner. */
  end(): void {
    if (this.#owners > 0) {
      this.#close();
      this.#owners = 0;
    }
  }

  #close(): void {
    expectStack(CLOSING);
    try {
      this.#closes(this.#fd);
    } catch (error) {
      if (nodeCode(error) === undefined) {
        throw error;
      }
      // The descriptor is closed despite the error.
      this.#failed?.(error);
    }
  }
}
