// The component's own memory, for calls that jco hands over as they are. jco would copy every value of a call into
// JavaScript, which takes longer than the call itself, and every byte of a file twice.
//
// ts/host/lowering/guest.ts describes jco's contract. Here only the component of this package runs, so its calls are
// not checked.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCodes, WasiError } from '../host/error-code.js';
import { type HandleTable, makeHandle, repOf } from '../host/lowering/handle-table.js';

/** What jco passes at instantiation. */
export interface Context {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables: readonly [HandleTable];
}

/** A call with the flat parameters of the canonical ABI. */
export type Lowered = (...flat: never[]) => void;

// Otherwise a name that begins with a byte order mark would become another one.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Objects that the component has handles of, by numbers. */
export class Objects<T> {
  readonly #objects: (T | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** Adds an object. Returns its number. */
  add(object: T): number {
    const rep = this.#free.pop() ?? this.#objects.length;
    this.#objects[rep] = object;
    return rep;
  }

  /** Returns the object with a number. */
  get(rep: number): T {
    return this.#objects[rep] as T;
  }

  /** Removes an object. Returns it. */
  remove(rep: number): T {
    const object = this.get(rep);
    this.#objects[rep] = undefined;
    this.#free.push(rep);
    return object;
  }
}

/** The memory and the handles that a call uses. */
export class Guest {
  readonly #context: Context;
  readonly #table: HandleTable;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(context: Context) {
    this.#context = context;
    [this.#table] = context.resourceTables;
  }

  /** The memory as it is now. Must be fetched again after every allocation. */
  get bytes(): Uint8Array {
    // A buffer that was replaced, because the memory grew, has no length any more.
    if (this.#bytes.length === 0) {
      const { buffer } = this.#context.memory;
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    return this.#bytes;
  }

  /** As `bytes`. */
  get view(): DataView {
    return this.bytes && this.#view;
  }

  /** Returns the number of the object behind a handle. */
  rep(handle: number): number {
    return repOf(this.#table, handle);
  }

  /** Makes a handle that owns the object with a number, and writes it to `at`. */
  putHandle(at: number, rep: number): void {
    this.view.setUint32(at, makeHandle(this.#table, rep), true);
  }

  /** Returns bytes of the memory, valid until the next allocation. */
  range(pointer: number, length: number): Uint8Array {
    return this.bytes.subarray(pointer >>> 0, (pointer >>> 0) + (length >>> 0));
  }

  /** Reads a text. */
  text(pointer: number, length: number): string {
    return decoder.decode(this.range(pointer, length));
  }

  /** Allocates memory, and writes its place and length to `at`. Returns it, valid until the next allocation. */
  putList(at: number, length: number): Uint8Array {
    const pointer = this.#context.realloc?.(0, 0, 1, length) ?? 0;
    this.view.setUint32(at, pointer, true);
    this.view.setUint32(at + 4, length, true);
    return this.range(pointer, length);
  }

  /** Writes a text to newly allocated memory, and its place and length to `at`. */
  putText(at: number, text: string): void {
    const bytes = encoder.encode(text);
    this.putList(at, bytes.length).set(bytes);
  }

  /**
   * Writes a `result` to `to`.
   *
   * @param payload the offset of the value or the error
   * @param act writes the value there. If it throws, the result is an error
   */
  answer(to: number, payload: number, act: (at: number) => void): void {
    const start = to >>> 0;
    let failed = 0;
    try {
      act(start + payload);
    } catch (error) {
      failed = 1;
      this.bytes[start + payload] = errorCodes.indexOf(codeOf(error));
    }
    this.bytes[start] = failed;
  }
}

/** The error for the component. What is not its error or the browser's is a fault of this host, and is thrown. */
function codeOf(error: unknown): ErrorCode {
  if (error instanceof WasiError) {
    return error.payload as ErrorCode;
  }
  if (error instanceof DOMException || error instanceof RangeError) {
    return 'io';
  }
  throw error;
}
