// The content of a file: a Blob, of which only the requested parts are read, or bytes in memory.

import { fail } from '../host/error-code.js';

/** The content of a file. */
export interface Content {
  /** Its size in bytes. */
  readonly size: number;
  /** About how many bytes of it are in memory. */
  readonly held: number;
  /** Fills `bytes` with those from `position` on. Returns how many there are; none at the end. Fails with `io`. */
  read(bytes: Uint8Array, position: number): number;
  /** Returns all of it, in pieces. */
  parts(): Iterable<Blob | Uint8Array<ArrayBuffer>>;
  /** Returns all of it as it is now. */
  toBlob(): Blob;
}

/** Content that can be written. */
export interface WritableContent extends Content {
  /** Writes all of `bytes` at `position`. If it fails with `insufficient-memory`, some may be written. */
  write(bytes: Uint8Array, position: number): void;
  /** Truncates it, or extends it by a hole. */
  resize(size: number): void;
}

/** How much of a Blob is read at once, in bytes. */
const BLOCK = 1 << 23;

/** The largest window that is read ahead, in bytes. */
const MOST_AHEAD = 2 * BLOCK;

/** A part of a Blob in memory. */
interface Block {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * The content of a Blob. If a File has changed on the disk, reading it fails with `io`.
 *
 * The component reads synchronously, which takes a browser several times as long as reading in the background. So
 * between two steps, `prepare` reads what the component will probably ask for next.
 */
export class BlobContent implements Content {
  readonly #blob: Blob;
  #blocks: Block[] = [];
  #loading: Promise<void> | undefined;
  /** The range that the component will probably ask for next. */
  #next = 0;
  #length = 1;
  #cannotPrepare = false;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  get held(): number {
    return this.#blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  read(bytes: Uint8Array, position: number): number {
    const end = Math.min(position + bytes.length, this.size);
    if (this.#has(position, end)) {
      for (const { start, bytes: block } of this.#blocks) {
        const part = block.subarray(Math.max(0, position - start), Math.max(0, end - start));
        if (part.length > 0) {
          bytes.set(part, Math.max(0, start - position));
        }
      }
    } else {
      bytes.set(this.#now(position, end));
    }
    this.#length = bytes.length;
    // A window overlaps the next one by a byte.
    this.#next = Math.max(position, end - 1);
    this.#blocks = this.#blocks.filter((block) => block.start + block.bytes.length > this.#next);
    return Math.max(0, end - position);
  }

  /** Whether the next read will probably find its bytes in memory. */
  get isPrepared(): boolean {
    const end = Math.min(this.#next + this.#length, this.size);
    return (
      this.#cannotPrepare || this.#length > MOST_AHEAD || this.#next >= end || this.#has(this.#next, end)
    );
  }

  /** Reads what the component will probably ask for next, and begins to read what follows. */
  async prepare(): Promise<void> {
    while (!this.isPrepared) {
      await this.load();
    }
    if (this.#end < this.size && this.held < MOST_AHEAD) {
      void this.load();
    }
  }

  /** Reads the next block into memory. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Forgets what was read. */
  release(): void {
    this.#blocks = [];
    this.#next = 0;
  }

  parts(): Iterable<Blob> {
    return [this.#blob];
  }

  toBlob(): Blob {
    return this.#blob;
  }

  /** The position behind the last block. */
  get #end(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? this.#next : last.start + last.bytes.length;
  }

  async #load(): Promise<void> {
    const isWhole = this.size <= BLOCK;
    const first = this.#blocks[0];
    if (isWhole || (first !== undefined && first.start > this.#next)) {
      this.#blocks = [];
    }
    const start = isWhole ? 0 : this.#end;
    try {
      // To slice a Blob takes a browser some milliseconds.
      const part = isWhole ? this.#blob : this.#blob.slice(start, start + BLOCK);
      const bytes = new Uint8Array(await part.arrayBuffer());
      if (isWhole) {
        this.#blocks = [{ start, bytes }];
      } else if (this.#end === start) {
        this.#blocks.push({ start, bytes });
      }
    } catch {
      // Reading it synchronously will give the component the error.
      this.#cannotPrepare = true;
    }
  }

  #has(start: number, end: number): boolean {
    const first = this.#blocks[0];
    return first !== undefined && first.start <= start && this.#end >= end;
  }

  #now(start: number, end: number): Uint8Array {
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(this.#blob.slice(start, end)));
  }
}

/** The size of a piece in bytes. The last piece can be shorter. */
const PIECE = 1 << 18;

type Piece = Uint8Array<ArrayBuffer>;

/**
 * Bytes in memory. They are in pieces, so that a file can grow without being copied. A piece that is a hole is missing.
 */
export class MemoryContent implements WritableContent {
  readonly #pieces: (Piece | undefined)[] = [];
  #size: number;

  /** @param bytes the content. They are not copied, so the caller must not change them */
  constructor(bytes: Piece = new Uint8Array(0)) {
    for (let at = 0; at < bytes.length; at += PIECE) {
      this.#pieces.push(bytes.subarray(at, at + PIECE));
    }
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  get held(): number {
    return this.#pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
  }

  read(bytes: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(bytes.length, this.#size - position));
    for (let at = 0; at < length; ) {
      const start = (position + at) % PIECE;
      const end = Math.min(PIECE, start + length - at);
      const piece = this.#pieces[Math.floor((position + at) / PIECE)]?.subarray(start, end) ?? [];
      bytes.set(piece, at);
      // What the piece lacks is a hole.
      bytes.fill(0, at + piece.length, at + end - start);
      at += end - start;
    }
    return length;
  }

  write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      const start = (position + at) % PIECE;
      const end = Math.min(PIECE, start + bytes.length - at);
      const index = Math.floor((position + at) / PIECE);
      this.#piece(index, end).set(bytes.subarray(at, at + end - start), start);
      at += end - start;
      this.#size = Math.max(this.#size, position + at);
    }
  }

  resize(size: number): void {
    if (size < this.#size) {
      const whole = Math.ceil(size / PIECE);
      this.#pieces.length = Math.min(this.#pieces.length, whole);
      // If it grows again, the bytes that were cut off must be zeros.
      this.#pieces[whole - 1]?.fill(0, size - (whole - 1) * PIECE);
    }
    this.#size = size;
  }

  *parts(): Generator<Piece> {
    for (let index = 0; index * PIECE < this.#size; index++) {
      const length = Math.min(PIECE, this.#size - index * PIECE);
      const piece = this.#pieces[index] ?? new Uint8Array(0);
      yield piece.subarray(0, length);
      if (piece.length < length) {
        yield new Uint8Array(length - piece.length);
      }
    }
  }

  toBlob(): Blob {
    return new Blob([...this.parts()]);
  }

  /** Returns the piece at an index, with room for `length` bytes. */
  #piece(index: number, length: number): Piece {
    const piece = this.#pieces[index];
    if (piece !== undefined && piece.length >= length) {
      return piece;
    }
    // It doubles each time, so that many small writes cost no more than one large write.
    const grown = allocate(Math.min(PIECE, Math.max(length, 2 * (piece?.length ?? 0))));
    grown.set(piece ?? []);
    this.#pieces[index] = grown;
    return grown;
  }
}

function allocate(length: number): Piece {
  try {
    return new Uint8Array(length);
  } catch {
    return fail('insufficient-memory');
  }
}

/** Content that cannot be reached. Every use of it fails. */
export class NoContent implements Content {
  readonly #fail: () => never;
  readonly held = 0;

  /** @param refuse called at every use. It must throw */
  constructor(refuse: () => never) {
    this.#fail = refuse;
  }

  get size(): number {
    return this.#fail();
  }

  read(): never {
    return this.#fail();
  }

  parts(): never {
    return this.#fail();
  }

  toBlob(): never {
    return this.#fail();
  }
}
