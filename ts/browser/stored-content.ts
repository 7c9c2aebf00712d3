// The content of a file while it is written to the browser's storage, under a temporary name. It takes little memory,
// however large the file is.

import { fail } from '../host/error-code.js';
import type { Content, WritableContent } from './content.js';
import { StorageError } from './storage-error.js';

/** Content that is being written to a file. */
export interface StoredContent extends WritableContent {
  /** The file. */
  readonly file: FileSystemFileHandle;
  /** Writes what is still in memory, if it is much. */
  drain(): Promise<void>;
  /** Completes the file. */
  finish(): Promise<void>;
  /** Gives up the file, whose content is then undefined. */
  discard(): Promise<void>;
}

/** Whether content is being written to a file. */
export function isStored(content: Content): content is StoredContent {
  return 'discard' in content;
}

/** How much is written at once, in bytes. */
const PART = 1 << 22;

/**
 * Opens a file for writing: synchronously if it is in the origin's private file system, otherwise as a stream.
 *
 * @param file an empty file
 * @param isPrivate whether it is in the origin's private file system
 * @param content what it must get first
 */
export async function storeIn(
  file: FileSystemFileHandle,
  isPrivate: boolean,
  content: Content,
): Promise<StoredContent> {
  const access = isPrivate ? await file.createSyncAccessHandle?.() : undefined;
  const stored = access
    ? new SynchronousContent(file, access)
    : new StreamedContent(file, await file.createWritable());
  try {
    let position = 0;
    for (const part of content.parts()) {
      const bytes = part instanceof Blob ? new Uint8Array(await part.arrayBuffer()) : part;
      stored.write(bytes, position);
      position += bytes.length;
      await stored.drain();
    }
    return stored;
  } catch (error) {
    await stored.discard();
    throw error;
  }
}

/** Content of a file that only this worker can use meanwhile. Each write reaches the file at once. */
class SynchronousContent implements StoredContent {
  readonly held = 0;
  readonly file: FileSystemFileHandle;
  readonly #access: FileSystemSyncAccessHandle;
  #size = 0;

  constructor(file: FileSystemFileHandle, access: FileSystemSyncAccessHandle) {
    this.file = file;
    this.#access = access;
  }

  get size(): number {
    return this.#size;
  }

  read(bytes: Uint8Array, position: number): number {
    return attempt(() => this.#access.read(bytes, { at: position }));
  }

  write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      const count = attempt(() => this.#access.write(bytes.subarray(at), { at: position + at }));
      at += count > 0 ? count : fail('io');
    }
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  resize(size: number): void {
    attempt(() => this.#access.truncate(size));
    this.#size = size;
  }

  parts(): never {
    return fail('busy');
  }

  toBlob(): never {
    return fail('busy');
  }

  async drain(): Promise<void> {}

  async finish(): Promise<void> {
    this.#access.close();
  }

  async discard(): Promise<void> {
    this.#access.close();
  }
}

/** Calls a function of the browser. Fails with the error code for what it throws. */
function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { tag } = StorageError.from(error, 'write', '').code;
    return fail(tag === 'quota-exceeded' ? 'quota' : tag === 'busy' ? 'busy' : 'io');
  }
}

/** Bytes for a place in a file. */
interface Part {
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

/** Content that is streamed to a file. It cannot be read until the file is complete. */
class StreamedContent implements StoredContent {
  readonly file: FileSystemFileHandle;
  readonly #stream: FileSystemWritableFileStream;
  /** What is not written yet. Each call takes the browser about a millisecond, so they are few. */
  #parts: Part[] = [];
  #size = 0;
  #writtenSize = 0;

  constructor(file: FileSystemFileHandle, stream: FileSystemWritableFileStream) {
    this.file = file;
    this.#stream = stream;
  }

  get size(): number {
    return this.#size;
  }

  get held(): number {
    return this.#parts.length * PART;
  }

  read(): never {
    return fail('busy');
  }

  write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      const part = this.#partAt(position + at);
      const some = bytes.subarray(at, at + PART - part.length);
      part.bytes.set(some, part.length);
      part.length += some.length;
      at += some.length;
    }
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  resize(size: number): void {
    // The component only extends a file, by a hole at its end.
    this.#size = Math.max(this.#size, size);
  }

  parts(): never {
    return fail('busy');
  }

  toBlob(): never {
    return fail('busy');
  }

  async drain(): Promise<void> {
    if (this.#parts.length > 1) {
      await this.#flush();
    }
  }

  async finish(): Promise<void> {
    await this.#flush();
    if (this.#writtenSize < this.#size) {
      await this.#stream.truncate(this.#size);
    }
    await this.#stream.close();
  }

  async discard(): Promise<void> {
    await this.#stream.abort().catch(() => {});
  }

  #partAt(position: number): Part {
    const last = this.#parts.at(-1);
    if (last !== undefined && last.position + last.length === position && last.length < PART) {
      return last;
    }
    const part = { position, bytes: new Uint8Array(PART), length: 0 };
    this.#parts.push(part);
    return part;
  }

  async #flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    for (const { position, bytes, length } of parts) {
      await this.#stream.write({ type: 'write', position, data: bytes.subarray(0, length) });
      this.#writtenSize = Math.max(this.#writtenSize, position + length);
    }
  }
}
