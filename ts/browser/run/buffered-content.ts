import type { Content } from '../content.js';

/** How much is read at once if a program asks for less, in bytes. C programs read about 1 KiB at a time. */
const BLOCK = 1 << 18;

/** The content of a Blob, for programs that read a little at a time: each read takes a browser some time. */
export class BufferedContent implements Content {
  readonly #inner: Content;
  #block = new Uint8Array(0);
  #start = 0;

  constructor(inner: Content) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  get held(): number {
    return this.#block.length;
  }

  read(bytes: Uint8Array, position: number): number {
    if (bytes.length >= BLOCK) {
      return this.#inner.read(bytes, position);
    }
    const length = Math.max(0, Math.min(bytes.length, this.size - position));
    if (position < this.#start || position + length > this.#start + this.#block.length) {
      const block = new Uint8Array(Math.min(BLOCK, Math.max(0, this.size - position)));
      this.#block = block.subarray(0, this.#inner.read(block, position));
      this.#start = position;
    }
    const read = this.#block.subarray(position - this.#start, position - this.#start + length);
    bytes.set(read);
    return read.length;
  }

  /** Forgets what was read. */
  release(): void {
    this.#block = new Uint8Array(0);
  }

  parts(): Iterable<Blob | Uint8Array<ArrayBuffer>> {
    return this.#inner.parts();
  }

  toBlob(): Blob {
    return this.#inner.toBlob();
  }
}
