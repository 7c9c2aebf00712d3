// An open regular file.

import { constants, fdatasyncSync, fsyncSync, ftruncateSync, readvSync } from 'node:fs';
import type {
  DescriptorFlags,
  MetadataHashValue,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { FileLocation } from './close-errors.js';
import { fail } from './error-code.js';
import { AppendingSink, FileSink, FileSource } from './file-streams.js';
import type { Grant } from './grant.js';
import { type Handle, MOST_SIZE } from './handle.js';
import { giveMode } from './modes.js';
import { changeMode, changeTimes } from './permission.js';
import type { Status } from './status.js';
import type { Sink, Source } from './streams.js';
import type { Walker } from './walker.js';

/**
 * Returns the flags of open(2) that put each write on the disk before it returns, if the descriptor asks for that.
 */
export function syncFlagsOf({ fileIntegritySync, dataIntegritySync }: DescriptorFlags): number {
  return (fileIntegritySync ? constants.O_SYNC : 0) | (dataIntegritySync ? constants.O_DSYNC : 0);
}

/** A file that was opened for writing. */
export interface WritableFile {
  /** Its location when it was opened. */
  readonly location: FileLocation;
  /** The guest's path of it. */
  readonly path: string;
  /** The mode that it gets when it is closed; undefined if its mode stays. */
  readonly finalMode: number | undefined;
}

/** An open file, or a device that is used like one. */
export type OpenFile = Pick<File, keyof File>;

/** An open regular file, with the rights of its descriptor. */
export class File {
  readonly type: 'regular-file' | 'character-device' = 'regular-file';
  readonly flags: DescriptorFlags;
  readonly #walker: Walker;
  readonly #grant: Grant;
  readonly #writable: WritableFile | undefined;
  readonly #handle: Handle;

  /** Takes over one ownership of `handle`. `writable` is undefined if the file was opened for reading only. */
  constructor(walker: Walker, handle: Handle, grant: Grant, flags: DescriptorFlags, writable?: WritableFile) {
    this.#walker = walker;
    this.#grant = grant;
    this.#writable = writable;
    this.#handle = this.#watched(handle);
    this.flags = flags;
  }

  /** Returns a source of the bytes from `position` on. Fails as `expectReadable` does. */
  source(position: bigint): Source {
    this.expectReadable();
    return new FileSource(this.#handle.share(), position);
  }

  /** Returns a sink that writes from `position` on. Fails as `expectWritable` does. */
  sink(position: bigint): Sink {
    this.expectWritable();
    return new FileSink(this.#handle.share(), position);
  }

  /** Returns a sink that writes at the end of the file, looked up for each write. Fails as `expectWritable` does. */
  appendingSink(): Sink {
    this.expectWritable();
    const appending = this.#walker.reopen(
      this.#handle.fd,
      constants.O_WRONLY | constants.O_APPEND | syncFlagsOf(this.flags),
    );
    return appending === undefined
      ? new AppendingSink(this.#handle.share(), false)
      : new AppendingSink(this.#watched(appending), true);
  }

  close(): void {
    if (this.#writable?.finalMode !== undefined) {
      this.#giveMode(this.#writable, this.#writable.finalMode);
    }
    this.#grant.sparseFiles.noteClosed(this.#handle);
    this.#handle.release();
  }

  stat(): Status {
    return this.#handle.status();
  }

  /** Returns its type and permissions, as stat(2) reports them. */
  mode(): number {
    return this.#handle.brief().mode;
  }

  /** Returns which file it is. */
  identity(): MetadataHashValue {
    return this.#handle.identity();
  }

  /** Fails with `bad-descriptor` unless the file was opened for reading. */
  expectReadable(): void {
    if (!this.flags.read) {
      fail('bad-descriptor');
    }
  }

  /** Fails with `not-permitted` below a read-only preopen, and with `bad-descriptor` unless opened for writing. */
  expectWritable(): void {
    this.#expectMutable();
    if (!this.flags.write) {
      fail('bad-descriptor');
    }
  }

  /**
   * Reads up to `length` bytes from `position` in the file into `bytes`, from index `start` on. Returns how many; 0
   * at the end of the file.
   */
  read(bytes: Uint8Array, start: number, length: number, position: bigint): number {
    this.expectReadable();
    return this.#handle.read(bytes, start, length, position);
  }

  /** Reads from `position` in the file into some buffers, one after the other. Returns how many bytes. */
  readParts(parts: readonly Uint8Array[], position: bigint): number {
    this.expectReadable();
    // Node takes only numbers here. No file has bytes at a position that is no exact number.
    return position > MOST_SIZE ? 0 : readvSync(this.#handle.fd, parts, Number(position));
  }

  /** Writes `bytes` at `position` in the file. Returns how many were written, which may be fewer. */
  write(bytes: Uint8Array, position: bigint): number {
    this.expectWritable();
    return this.#handle.write(bytes, position);
  }

  setSize(size: bigint): void {
    this.#expectMutable();
    if (!this.flags.write) {
      // Systems have other errors for it.
      fail('invalid');
    }
    if (size > MOST_SIZE) {
      fail('file-too-large');
    }
    ftruncateSync(this.#handle.fd, Number(size));
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#grant.times.set(
      accessed,
      modified,
      () => this.stat(),
      () => this.identity(),
      (atime, mtime) => changeTimes(this.#handle.fd, atime.passed, mtime.passed),
    );
  }

  sync(): void {
    this.#expectWhole();
    fsyncSync(this.#handle.fd);
  }

  syncData(): void {
    this.#expectWhole();
    fdatasyncSync(this.#handle.fd);
  }

  /** If the file is open for writing, records an error of closing this handle of it. Returns the handle. */
  #watched(handle: Handle): Handle {
    const writable = this.#writable;
    if (writable !== undefined) {
      const { closeErrors } = this.#grant;
      handle.watchClose((error) => closeErrors.noteFailedClose(writable.location, writable.path, error));
    }
    return handle;
  }

  #giveMode({ location, path }: WritableFile, mode: number): void {
    const { fd } = this.#handle;
    const refused = giveMode(
      mode,
      (wanted) => changeMode(fd, wanted),
      () => this.mode(),
    );
    if (refused !== undefined) {
      this.#grant.closeErrors.noteRefusedMode(location, path, refused);
    }
  }

  /** Fails as an earlier close of the same file failed, if one did. */
  #expectWhole(): void {
    const writable = this.#writable;
    if (writable !== undefined) {
      this.#grant.closeErrors.commit(() => writable.location);
    }
  }

  #expectMutable(): void {
    if (this.#grant.access !== 'read-write') {
      fail('not-permitted');
    }
  }
}
