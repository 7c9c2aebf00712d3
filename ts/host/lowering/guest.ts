// Calls from a component that never leave its memory. Without this, jco copies every value of every call into
// JavaScript.
//
// The flat parameters come from the types that the component declares, which need not be WASI's: it may pass more or
// fewer of them, and other kinds. So they are `unknown` here, and every use goes through `i32` or `u64`, which end
// the component if they get something else.
//
// This file, handle-table.ts and ts/browser/guest.ts rely on jco's internals. The contract is that of jco 1.35.0, which
// package.json pins; tests/host/lowering.test.ts fails if it changes:
//
// - In bindings made with `--import-bindings hybrid`, an imported function or method that has a property
//   `Symbol.for('cabiLower')` is not called itself. At instantiation that property is called once, with `{ memory,
//   realloc, resourceTables }` or the part of it that the function needs. The component imports the function that it
//   returns, with the flat parameters of the canonical ABI: a resource is its handle, a string or a list is a pointer
//   and a length, a `u64` is a bigint, and a `result` is written to a pointer that comes last. The rest are numbers,
//   and both kinds come signed. Other kinds of bindings ignore the property.
// - There is a `stringEncoding` if a string is passed and it is not UTF-8. `utf16` counts the length in code units of
//   two bytes, and jco knows no other.
// - `resourceTables` has a table for each kind of resource among the parameters and in the result, in an order that means
//   nothing.
// - handle-table.ts says what a table of handles is.
// - If a handle is dropped that jco never saw as an object, jco calls the class's static `Symbol.for('cabiDispose')`
//   with the rep. A method that is not lowered gets an object made around the rep, with `Symbol.for('cabiRep')`. See
//   resources.ts.
// - After `realloc` the memory has another buffer if it grew.

import { types } from 'node:util';
import { errorCode, errorCodes, fail } from '../error-code.js';
import { decodeUtf8 } from '../names.js';
import type { FreeReps, ResourceObjects } from '../resources.js';
import { endComponent, isEnding } from '../trap.js';
import { MOST_PATH_BYTES } from '../walk.js';
import type { Closable } from '../wit.js';
import { type HandleTable, makeHandle, repOf } from './handle-table.js';

/** What jco passes at instantiation. */
export interface Context {
  memory?: { readonly buffer: ArrayBuffer };
  realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  resourceTables?: HandleTable[];
  stringEncoding?: string;
}

/** A function as the component imports it. The pointer for its result comes last, unless it returns a handle. */
export type Lowered = (...flat: unknown[]) => unknown;

/** Writes the error of a call to `to` in the guest's memory. */
export type PutError = (guest: Guest, to: number, error: unknown) => void;

/** Makes a function for one import of one instance. */
export interface Lowering {
  /**
   * The number of kinds of resources among the parameters and in the result. If there are two, the parameters have one of
   * them, and the result or its error has the other.
   */
  readonly kinds: 0 | 1 | 2;
  readonly make: (guest: Guest) => Lowered;
}

/** Lowerings by the names of the functions in WIT, in the form that jco calls. */
export type Lowerings = Readonly<Record<string, (context: Context) => Lowered>>;

/** The numbers that each table of handles uses again. */
const freeReps = new WeakMap<HandleTable, FreeReps>();

/** Returns the numbers that an instance uses again. Each of its functions has a guest of its own. */
function freeRepsOf(table: HandleTable): FreeReps {
  const free = freeReps.get(table) ?? [];
  freeReps.set(table, free);
  return free;
}

const unknownTypes = (name: string): string =>
  `the component declares ${name} with other types than WASI's, or these bindings were made by a version of jco ` +
  'that mapcp/host does not know';

/** The memory and the handles of one instance. */
export class Guest {
  readonly #memory: NonNullable<Context['memory']>;
  readonly #realloc: Context['realloc'];
  readonly #tables: readonly HandleTable[];
  /** The handles of the parameters; undefined while it is unknown which of two tables has them. */
  #given: HandleTable | undefined;
  /** The handles of the result and its error. */
  #made: HandleTable | undefined;
  #free: FreeReps | undefined;
  readonly #isUtf16: boolean;
  #bytes: Buffer;
  #view: DataView;
  /** Whether the guest's allocator has thrown: it trapped, or the guest exited. */
  #allocatorThrew = false;

  /** `kinds` as in {@link Lowering}. */
  constructor(
    { memory, realloc, resourceTables = [], stringEncoding = 'utf8' }: Context,
    kinds: Lowering['kinds'],
    name: string,
  ) {
    const knowsEncoding = stringEncoding === 'utf8' || stringEncoding === 'utf16';
    if (
      memory === undefined ||
      !types.isArrayBuffer(memory.buffer) ||
      resourceTables.length !== kinds ||
      !resourceTables.every((table) => types.isSet(table._createdReps)) ||
      !knowsEncoding
    ) {
      throw new Error(unknownTypes(name));
    }
    this.#memory = memory;
    this.#realloc = realloc;
    this.#tables = resourceTables;
    if (kinds === 1) {
      const [table] = resourceTables;
      this.#setTables(table, table);
    }
    this.#isUtf16 = stringEncoding === 'utf16';
    this.#bytes = Buffer.from(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** The memory as it is now. Must be fetched again after every allocation. */
  get bytes(): Buffer {
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
      this.#bytes = Buffer.from(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
  }

  /** Returns the number behind the handle of a parameter; 0 if the handle is free. */
  rep(handle: unknown): number {
    return repOf(this.#given, i32(handle));
  }

  /** Returns what the handle of a parameter stands for. Throws as `resources` does if that no longer exists. */
  resource(handle: unknown, resources: ResourceObjects): Closable {
    if (this.#given === undefined) {
      this.#findTable(handle, resources);
    }
    return resources.get(this.rep(handle));
  }

  /**
   * Finds out which of two tables has the handles of `resources`. All kinds of resources share one sequence of numbers,
   * so if a number stands for one of `resources`, its table is theirs. If a component declares other types than WASI's,
   * both tables can be: then either has what this component got, and nothing else.
   */
  #findTable(handle: unknown, resources: ResourceObjects): void {
    const at = this.#tables.findIndex((table) => resources.has(repOf(table, i32(handle))));
    if (at >= 0) {
      this.#setTables(this.#tables[at], this.#tables[1 - at]);
    }
  }

  #setTables(given: HandleTable | undefined, made: HandleTable | undefined): void {
    this.#given = given;
    this.#made = made;
    this.#free = made && freeRepsOf(made);
  }

  /** Makes a handle in the result that owns `held`. */
  own(held: Closable, resources: ResourceObjects): number {
    if (this.#made === undefined) {
      throw new Error('these bindings passed no table of handles');
    }
    return makeHandle(this.#made, resources.add(held, this.#free));
  }

  /** Allocates `size` bytes of the guest's memory, at a multiple of `align`. Returns the pointer. */
  allocate(size: number, align = 1): number {
    if (this.#realloc === undefined) {
      return wrongTypes();
    }
    let pointer: number;
    try {
      pointer = this.#realloc(0, 0, align, size);
    } catch (error) {
      this.#allocatorThrew = true;
      throw error;
    }
    return this.checkedPointer(pointer, size, align);
  }

  /**
   * Returns a pointer from the component, after checking that `size` bytes of its memory are there, at a multiple of
   * `align`.
   */
  checkedPointer(pointer: unknown, size: number, align = 1): number {
    const start = i32(pointer) >>> 0;
    if (start + size > this.bytes.length || start % align !== 0) {
      endComponent('a pointer of the component leads out of its memory, or is not aligned');
    }
    return start;
  }

  /** Returns a list of bytes in the guest's memory, valid until the next allocation. */
  bytesAt(pointer: unknown, length: unknown): Uint8Array {
    const size = i32(length) >>> 0;
    const start = this.checkedPointer(pointer, size);
    // Not a part of the Buffer, which takes several times as long to make.
    return new Uint8Array(this.bytes.buffer, start, size);
  }

  /** Reads a path from the guest's memory. Fails with `illegal-byte-sequence`, and with `name-too-long`. */
  path(pointer: unknown, length: unknown): string {
    const units = i32(length) >>> 0;
    // Checked before it is decoded, because it may be as long as the guest's memory.
    if (units > MOST_PATH_BYTES) {
      fail('name-too-long');
    }
    const unit = this.#isUtf16 ? 2 : 1;
    const start = this.checkedPointer(pointer, units * unit, unit);
    const end = start + units * unit;
    if (this.#isUtf16) {
      const text = this.bytes.toString('utf16le', start, end);
      return isWellFormed(text) ? text : fail('illegal-byte-sequence');
    }
    const text = this.bytes.toString('utf8', start, end);
    // Wrong UTF-8 decodes to U+FFFD, but so does U+FFFD itself.
    return text.includes('\ufffd') ? decodeUtf8(this.bytes.subarray(start, end)) : text;
  }

  /** Writes the pointer and the length of a list or a string to `at`. */
  putList(at: number, pointer: number, length: number): void {
    this.view.setUint32(at, pointer, true);
    this.view.setUint32(at + 4, length, true);
  }

  /** Copies `bytes` into newly allocated memory of the guest, and writes its pointer and length to `at`. */
  putBytes(at: number, bytes: Uint8Array): void {
    const pointer = this.allocate(bytes.length);
    this.bytes.set(bytes, pointer);
    this.putList(at, pointer, bytes.length);
  }

  /** Copies `text` into newly allocated memory of the guest, and writes its pointer and length to `at`. */
  putText(at: number, text: string): void {
    const [encoding, unit] = this.#isUtf16 ? (['utf16le', 2] as const) : (['utf8', 1] as const);
    const length = Buffer.byteLength(text, encoding);
    const pointer = this.allocate(length, unit);
    this.bytes.write(text, pointer, length, encoding);
    this.putList(at, pointer, length / unit);
  }

  /**
   * Begins the answer of a call, a `result` at `at`. The caller then writes the value `payload` bytes after the returned
   * pointer, and calls `succeed`. If something throws meanwhile, the caller must call `refuse`.
   *
   * @param payload the offset of the value or the error in bytes, which is also the alignment of the result
   * @param size the size of the value or the error in bytes, whichever is larger
   */
  begin(at: unknown, payload: number, size: number): number {
    this.#allocatorThrew = false;
    return this.checkedPointer(at, payload + size, payload);
  }

  /** Ends the answer at `start`, whose value has been written. */
  succeed(start: number): void {
    this.bytes[start] = 0;
  }

  /** Ends the answer at `start` with an error. Throws it if it ends the guest, and is no answer to it. */
  refuse(start: number, payload: number, error: unknown, putError: PutError = putErrorCode): void {
    // The guest's own allocator trapped or exited, or the host ends the guest.
    if (this.#allocatorThrew || isEnding(error)) {
      throw error;
    }
    putError(this, start + payload, error);
    this.bytes[start] = 1;
  }
}

function putErrorCode({ bytes }: Guest, to: number, error: unknown): void {
  bytes[to] = errorCodes.indexOf(errorCode(error));
}

/** Ends a component that declares an import with other types than WASI's. */
export function wrongTypes(): never {
  return endComponent("the component declares an import with other types than WASI's");
}

/** Checks an `i32` of the canonical ABI. Ends the component if it is something else. */
export function i32(flat: unknown): number {
  return typeof flat === 'number' && (flat | 0) === flat ? flat : wrongTypes();
}

/** Checks a `u64`, which comes as a signed bigint. Ends the component if it is something else. */
export function u64(flat: unknown): bigint {
  return typeof flat === 'bigint' ? BigInt.asUintN(64, flat) : wrongTypes();
}

/** Whether a string has no lone surrogates, which UTF-8 cannot encode. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/**
 * Makes the lowering of a function without parameters that returns a resource.
 *
 * @param add makes the resource. Returns its number
 * @param seen as for {@link lowerings}
 */
export const lowerGetter = (
  name: string,
  add: (free: FreeReps) => number,
  seen?: Set<HandleTable>,
): Lowerings => ({
  [name]({ resourceTables: [table] = [] }) {
    if (!types.isSet(table?._createdReps)) {
      throw new Error(unknownTypes(name));
    }
    seen?.add(table);
    return () => makeHandle(table, add(freeRepsOf(table)));
  },
});

/**
 * Makes lowerings in the form that jco calls.
 *
 * @param seen gets the tables of handles of each instance; left out if nobody needs them
 */
export const lowerings = (entries: Readonly<Record<string, Lowering>>, seen?: Set<HandleTable>): Lowerings =>
  Object.fromEntries(
    Object.entries(entries).map(([name, { kinds, make }]) => [
      name,
      (context: Context) => {
        for (const table of context.resourceTables ?? []) {
          seen?.add(table);
        }
        return make(new Guest(context, kinds, name));
      },
    ]),
  );
