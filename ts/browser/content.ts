// The content of a file: a Blob, of which only the requested parts are read, or bytes in memory.

import { fail } from '../host/error-code.js';

/** The content of a file. */
export interface Content {
  /** Its size in bytes. */
  readonly size: number;
  /** About how many bytes of it are in memory. */
  readonly held: number;
  /** Reads at most `length` bytes from `position` on; none at the end. Fails with `io`. */
  read(length: number, position: number): Uint8Array;
  /** Returns all of it, in pieces. */
  parts(): Iterable<Blob | Uint8Array<ArrayBuffer>>;
  /** Returns all of it as it is now. */
  toBlob(): Blob;
}

/** The content of a Blob. If a File has changed on the disk, reading it fails with `io`. */
export class BlobContent implements Content {
  readonly held = 0;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  read(length: number, position: number): Uint8Array {
    return new Uint8Array(
      new FileReaderSync().readAsArrayBuffer(this.#blob.slice(position, position + length)),
    );
  }

  parts(): Iterable<Blob> {
    return [this.#blob];
  }

  toBlob(): Blob {
    return this.#blob;
  }
}

/** The size of a piece in bytes. The last piece can be shorter. */
const PIECE = 1 << 18;

type Piece = Uint8Array<ArrayBuffer>;

/**
 * Bytes in memory. They are in pieces, so that a file can grow without being copied. A piece that is a hole is missing.
 */
export class MemoryContent implements Content {
  readonly #pieces: (Piece | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get held(): number {
    return this.#pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
  }

  read(length: number, position: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - position)));
    for (let at = 0; at < bytes.length; ) {
      const start = (position + at) % PIECE;
      const end = Math.min(PIECE, start + bytes.length - at);
      const piece = this.#pieces[Math.floor((position + at) / PIECE)];
      bytes.set(piece?.subarray(start, end) ?? [], at);
      at += end - start;
    }
    return bytes;
  }

  /** Writes all of `bytes` at `position`. If it fails with `insufficient-memory`, some may be written. */
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

  /** Truncates it, or extends it by a hole. */
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
