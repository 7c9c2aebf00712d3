// The memory of a program for preview 1.

import { fail } from '../error-code.js';
import { endComponent } from '../trap.js';
import { MOST_PATH_BYTES } from '../walk.js';

/** The memory of an instance. Its buffer is another one after the memory has grown. */
export interface InstanceMemory {
  readonly buffer: ArrayBuffer;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The memory of a program, which is known only once it is instantiated. Pointers and lengths are unsigned. */
export class Memory {
  #memory: InstanceMemory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  /** Gives it the memory of the instance. */
  attach(memory: InstanceMemory): void {
    this.#memory = memory;
  }

  /** All bytes, valid until the program runs again. */
  get bytes(): Uint8Array {
    this.#renew();
    return this.#bytes;
  }

  /** As `bytes`. */
  get view(): DataView {
    this.#renew();
    return this.#view;
  }

  #renew(): void {
    // A buffer that was replaced is detached and so has no length. Asking the memory itself for its buffer costs more
    // than the rest of a small call.
    if (this.#bytes.length === 0) {
      const { buffer } = this.#memory ?? endComponent('the program calls WASI before it has started');
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
  }

  /** Returns a pointer. Ends the program unless `size` bytes are there, at a multiple of `align`. */
  checkedPointer(pointer: number, size: number, align = 1): number {
    this.#renew();
    if (pointer + size > this.#bytes.length || pointer % align !== 0) {
      endComponent('a pointer of the program leads out of its memory, or is not aligned');
    }
    return pointer;
  }

  /** Returns a part of the memory, valid until the program runs again. Ends the program if it is not there. */
  bytesAt(pointer: number, length: number): Uint8Array {
    const start = this.checkedPointer(pointer, length);
    return new Uint8Array(this.#bytes.buffer, start, length);
  }

  /** Writes 32 bits of a result to a pointer. */
  putU32(pointer: number, value: number): void {
    const at = this.checkedPointer(pointer, 4, 4);
    this.#view.setUint32(at, value, true);
  }

  /** Writes 64 bits of a result to a pointer. */
  putU64(pointer: number, value: bigint): void {
    const at = this.checkedPointer(pointer, 8, 8);
    this.#view.setBigUint64(at, value, true);
  }

  /** Reads a path. Fails with `illegal-byte-sequence`, and with `name-too-long`. */
  path(pointer: number, length: number): string {
    // Checked before it is decoded, because it may be as long as the memory.
    if (length > MOST_PATH_BYTES) {
      fail('name-too-long');
    }
    const bytes = this.bytesAt(pointer, length);
    try {
      return utf8.decode(bytes);
    } catch {
      return fail('illegal-byte-sequence');
    }
  }
}
