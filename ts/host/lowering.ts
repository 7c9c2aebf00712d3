// Calls from a component that never leave its memory. Without this, jco copies every value of every call into
// JavaScript.
//
// The flat parameters come from the types that the component declares, which need not be WASI's: it may pass more or
// fewer of them, and other kinds. So they are `unknown` here, and every use goes through `i32` or `u64`, which end
// the component if they get something else.
//
// This is the only file that relies on jco's internals. The contract is that of jco 1.35.0, which package.json pins;
// tests/host/lowering.test.ts fails if it changes:
//
// - In bindings made with `--import-bindings hybrid`, an imported function or method that has a property
//   `Symbol.for('cabiLower')` is not called itself. At instantiation that property is called once, with `{ memory,
//   realloc, resourceTables }` or the part of it that the function needs. The component imports the function that it
//   returns, with the flat parameters of the canonical ABI: a resource is its handle, a string or a list is a pointer
//   and a length, a `u64` is a bigint, and a `result` is written to a pointer that comes last. The rest are numbers,
//   and both kinds come signed. Other kinds of bindings ignore the property.
// - There is a `stringEncoding` if a string is passed and it is not UTF-8. `utf16` counts the length in code units of
//   two bytes, and jco knows no other.
// - A table of handles is an array with two elements for each handle: `[scope or next free, rep | OWN]`. The first
//   pair is the head of the list of free handles. Next free ones and the head carry OWN, and a free handle keeps the
//   rep that it had. `_createdReps` is the set of all reps that were ever added.
// - If a handle is dropped that jco never saw as an object, jco calls the class's static `Symbol.for('cabiDispose')`
//   with the rep. A method that is not lowered gets an object made around the rep, with `Symbol.for('cabiRep')`. See
//   resources.ts.
// - After `realloc` the memory has another buffer if it grew.

import type { BigIntStats } from 'node:fs';
import { types } from 'node:util';
import type {
  DescriptorFlags,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { datetime } from './datetime.js';
import type { Directory } from './directory.js';
import type { DirectoryEntries } from './directory-entries.js';
import { errorCode, errorCodes, fail } from './error-code.js';
import type { File } from './file.js';
import { decodeUtf8 } from './names.js';
import type { Descriptor } from './descriptor.js';
import { asDirectory, asFile } from './descriptor.js';
import type { FreeReps, Resources } from './resources.js';
import { typeOf } from './status.js';
import { endComponent, isEnding } from './trap.js';
import { MOST_BYTES } from './walk.js';
import { descriptorTypes } from './wasi.js';

/** Marks a handle that is owned, and the head of the list of free ones. */
const OWN = 1 << 30;

/**
 * Up to this many bytes it is cheaper to read into a buffer and copy than to find out how many there are. The engine counts on
 * it: `SMALL_READ` in c-src/engine/emulated_mmap.c is the same.
 */
export const READ_ASIDE = 16 * 1024;

/** Maximum number of bytes that one call reads or writes in place. A guest that has more calls again. */
const MOST_IN_PLACE = 1 << 30;

interface HandleTable extends Array<number> {
  _createdReps: Set<number>;
}

/** What jco passes at instantiation. */
export interface Context {
  memory: { readonly buffer: ArrayBuffer };
  realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  resourceTables?: HandleTable[];
  stringEncoding?: string;
}

/** A function as the component imports it. The pointer for its result comes last. */
type Lowered = (...flat: unknown[]) => void;

/** Makes a function for one import of one instance. */
type Lowering = (guest: Guest) => Lowered;

/** Lowerings by the names of the functions in WIT, in the form that jco calls. */
export type Lowerings = Readonly<Record<string, (context: Context) => Lowered>>;

/** The numbers that each table of handles uses again. */
const freeNumbers = new WeakMap<HandleTable, FreeReps>();

/** The memory and the handles of one instance. */
class Guest {
  readonly #memory: Context['memory'];
  readonly #realloc: Context['realloc'];
  readonly #table: HandleTable | undefined;
  readonly #isUtf16: boolean;
  /** The numbers of resources that this instance has dropped. */
  readonly free: FreeReps = [];
  #bytes: Buffer;
  #view: DataView;
  /** Whether the guest's allocator has thrown: it trapped, or the guest exited. */
  #isOver = false;

  /** `tables` is the number of kinds of resources among the parameters and in the result of the function. */
  constructor(
    { memory, realloc, resourceTables = [], stringEncoding = 'utf8' }: Context,
    tables: 0 | 1,
    name: string,
  ) {
    const [table] = resourceTables;
    const knowsEncoding = stringEncoding === 'utf8' || stringEncoding === 'utf16';
    if (
      !types.isArrayBuffer(memory?.buffer) ||
      resourceTables.length !== tables ||
      (table && !types.isSet(table._createdReps)) ||
      !knowsEncoding
    ) {
      throw new Error(
        `the component declares ${name} with other types than WASI's, or these bindings were made by a version of jco ` +
          'that mapcp/host does not know',
      );
    }
    this.#memory = memory;
    this.#realloc = realloc;
    this.#table = table;
    this.#isUtf16 = stringEncoding === 'utf16';
    if (table !== undefined) {
      // Each function of an instance has a guest of its own, and all share one table.
      this.free = freeNumbers.get(table) ?? this.free;
      freeNumbers.set(table, this.free);
    }
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

  /** Returns the number behind a handle; 0 if the handle is free. */
  rep(handle: unknown): number {
    const at = i32(handle) * 2;
    // A handle that was dropped still has its number, which may stand for something else by now.
    const isFree = ((this.#table?.[at] ?? OWN) & OWN) !== 0;
    return isFree ? 0 : (this.#table?.[at + 1] ?? 0) & ~OWN;
  }

  /** Makes a handle that owns `rep`. */
  own(rep: number): number {
    const table = this.#table;
    if (table === undefined) {
      throw new Error('these bindings passed no table of handles');
    }
    const free = (table[0] ?? 0) & ~OWN;
    const handle = free || table.length >> 1;
    if (free) {
      table[0] = table[free << 1] ?? 0;
    }
    table[handle << 1] = 0;
    table[(handle << 1) + 1] = rep | OWN;
    table._createdReps.add(rep);
    return handle;
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
      this.#isOver = true;
      throw error;
    }
    return this.place(pointer, size, align);
  }

  /**
   * Returns a pointer from the component, after checking that `size` bytes of its memory are there, at a multiple of
   * `align`.
   */
  place(pointer: unknown, size: number, align = 1): number {
    const start = i32(pointer) >>> 0;
    if (start + size > this.bytes.length || start % align !== 0) {
      endComponent('a pointer of the component leads out of its memory, or is not aligned');
    }
    return start;
  }

  /** Reads a path from the guest's memory. Fails with `illegal-byte-sequence`, and with `name-too-long`. */
  path(pointer: unknown, length: unknown): string {
    const units = i32(length) >>> 0;
    // Checked before it is decoded, because it may be as long as the guest's memory.
    if (units > MOST_BYTES) {
      fail('name-too-long');
    }
    const unit = this.#isUtf16 ? 2 : 1;
    const start = this.place(pointer, units * unit, unit);
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

  /** Copies `text` into newly allocated memory of the guest, and writes its pointer and length to `at`. */
  putText(at: number, text: string): void {
    const [encoding, unit] = this.#isUtf16 ? (['utf16le', 2] as const) : (['utf8', 1] as const);
    const length = Buffer.byteLength(text, encoding);
    const pointer = this.allocate(length, unit);
    this.bytes.write(text, pointer, length, encoding);
    this.putList(at, pointer, length / unit);
  }

  /** Writes an `option<datetime>` to `at`, from nanoseconds since 1970. */
  putTime(at: number, nanoseconds: bigint): void {
    const time = datetime(nanoseconds);
    this.bytes[at] = time === undefined ? 0 : 1;
    if (time !== undefined) {
      this.view.setBigUint64(at + 8, time.seconds, true);
      this.view.setUint32(at + 16, time.nanoseconds, true);
    }
  }

  /** Writes a `descriptor-stat` to `at`. */
  putStatus(at: number, status: BigIntStats): void {
    this.bytes[at] = descriptorTypes.indexOf(typeOf(status));
    this.view.setBigUint64(at + 8, status.nlink, true);
    this.view.setBigUint64(at + 16, status.size, true);
    this.putTime(at + 24, status.atimeNs);
    this.putTime(at + 48, status.mtimeNs);
    this.putTime(at + 72, status.ctimeNs);
  }

  /** Writes a `metadata-hash-value` to `at`. */
  putHash(at: number, { lower, upper }: MetadataHashValue): void {
    this.view.setBigUint64(at, lower, true);
    this.view.setBigUint64(at + 8, upper, true);
  }

  /**
   * Writes a `result` to `at`. Calls `act`, which writes the value to `at + payload` if there is one. If `act`
   * throws, writes the error-code there.
   *
   * @param payload the offset of the value or the error-code in bytes, which is also the alignment of the result
   * @param size the size of the value in bytes
   */
  answer(at: unknown, payload: number, size: number, act: (to: number) => void): void {
    const start = this.place(at, payload + size, payload);
    let failed = 0;
    this.#isOver = false;
    try {
      act(start + payload);
    } catch (error) {
      // If the guest's own allocator trapped or exited, that ends the guest, and is no answer to it.
      if (this.#isOver || isEnding(error)) {
        throw error;
      }
      failed = 1;
      this.bytes[start + payload] = errorCodes.indexOf(errorCode(error));
    }
    this.bytes[start] = failed;
  }
}

function wrongTypes(): never {
  return endComponent("the component declares an import with other types than WASI's");
}

/** Checks an `i32` of the canonical ABI. Ends the component if it is something else. */
function i32(flat: unknown): number {
  return typeof flat === 'number' && (flat | 0) === flat ? flat : wrongTypes();
}

/** Checks a `u64`, which comes as a signed bigint. Ends the component if it is something else. */
function u64(flat: unknown): bigint {
  return typeof flat === 'bigint' ? BigInt.asUintN(64, flat) : wrongTypes();
}

/** Whether a string has no half of a surrogate pair, which UTF-8 cannot encode. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Whether bit `index` of a `flags` value is set. */
const bit = (flags: unknown, index: number): boolean => (i32(flags) & (1 << index)) !== 0;

const follows = (pathFlags: unknown): boolean => bit(pathFlags, 0);

const openFlags = (flags: unknown): OpenFlags => ({
  create: bit(flags, 0),
  directory: bit(flags, 1),
  exclusive: bit(flags, 2),
  truncate: bit(flags, 3),
});

const descriptorFlags = (flags: unknown): DescriptorFlags => ({
  read: bit(flags, 0),
  write: bit(flags, 1),
  fileIntegritySync: bit(flags, 2),
  dataIntegritySync: bit(flags, 3),
  requestedWriteSync: bit(flags, 4),
  mutateDirectory: bit(flags, 5),
});

const descriptorFlagBits = (flags: DescriptorFlags): number =>
  (flags.read ? 1 : 0) |
  (flags.write ? 2 : 0) |
  (flags.fileIntegritySync ? 4 : 0) |
  (flags.dataIntegritySync ? 8 : 0) |
  (flags.requestedWriteSync ? 16 : 0) |
  (flags.mutateDirectory ? 32 : 0);

function newTimestamp(tag: unknown, seconds: unknown, nanoseconds: unknown): NewTimestamp {
  switch (i32(tag)) {
    case 0:
      return { tag: 'no-change' };
    case 1:
      return { tag: 'now' };
    case 2:
      return { tag: 'timestamp', val: { seconds: u64(seconds), nanoseconds: i32(nanoseconds) >>> 0 } };
    default:
      return wrongTypes();
  }
}

/** Reads from a file into newly allocated memory of the guest. Returns the pointer, and the number of bytes read. */
function readInto(
  guest: Guest,
  file: File,
  aside: Buffer,
  wanted: bigint,
  position: bigint,
): [number, number] {
  file.expectReadable();
  if (wanted > READ_ASIDE) {
    // Memory that is allocated and not filled is lost to the guest, so first ask how much can be read.
    const left = file.stat().size - position;
    if (left > READ_ASIDE) {
      const length = Math.min(Number(wanted < left ? wanted : left), MOST_IN_PLACE);
      const pointer = guest.allocate(length);
      return [pointer, file.read(guest.bytes, pointer, length, position)];
    }
  }
  const length = wanted < READ_ASIDE ? Number(wanted) : READ_ASIDE;
  const count = file.read(aside, 0, length, position);
  const pointer = guest.allocate(count);
  aside.copy(guest.bytes, pointer, 0, count);
  return [pointer, count];
}

/** The methods of a descriptor. */
function descriptorLowerings(descriptors: Resources<Descriptor>): Readonly<Record<string, Lowering>> {
  const aside = Buffer.alloc(READ_ASIDE);
  const open = (guest: Guest, handle: unknown): Descriptor => descriptors.get(guest.rep(handle));
  const file = (guest: Guest, handle: unknown): File => asFile(open(guest, handle));
  const directory = (guest: Guest, handle: unknown): Directory => asDirectory(open(guest, handle));

  return {
    '[method]descriptor.sync-data': (guest) => (self, result) =>
      guest.answer(result, 1, 1, () => open(guest, self).syncData()),

    '[method]descriptor.get-flags': (guest) => (self, result) =>
      guest.answer(result, 1, 1, (to) => {
        guest.bytes[to] = descriptorFlagBits(open(guest, self).flags);
      }),

    '[method]descriptor.get-type': (guest) => (self, result) =>
      guest.answer(result, 1, 1, (to) => {
        guest.bytes[to] = descriptorTypes.indexOf(open(guest, self).type);
      }),

    '[method]descriptor.set-size': (guest) => (self, size, result) =>
      guest.answer(result, 1, 1, () => file(guest, self).setSize(u64(size))),

    '[method]descriptor.set-times': (guest) => (self, aTag, a, aNs, mTag, m, mNs, result) =>
      guest.answer(result, 1, 1, () =>
        open(guest, self).setTimes(newTimestamp(aTag, a, aNs), newTimestamp(mTag, m, mNs)),
      ),

    '[method]descriptor.read': (guest) => (self, length, offset, result) =>
      guest.answer(result, 4, 12, (to) => {
        const wanted = u64(length);
        const [pointer, count] = readInto(guest, file(guest, self), aside, wanted, u64(offset));
        guest.putList(to, pointer, count);
        guest.bytes[to + 8] = count === 0 && wanted > 0n ? 1 : 0;
      }),

    '[method]descriptor.write': (guest) => (self, pointer, length, offset, result) =>
      guest.answer(result, 8, 8, (to) => {
        const size = i32(length) >>> 0;
        const start = guest.place(pointer, size);
        const most = Math.min(size, MOST_IN_PLACE);
        const count = file(guest, self).write(guest.bytes, start, most, u64(offset));
        guest.view.setBigUint64(to, BigInt(count), true);
      }),

    '[method]descriptor.sync': (guest) => (self, result) =>
      guest.answer(result, 1, 1, () => open(guest, self).sync()),

    '[method]descriptor.create-directory-at': (guest) => (self, path, length, result) =>
      guest.answer(result, 1, 1, () => directory(guest, self).createDirectoryAt(guest.path(path, length))),

    '[method]descriptor.stat': (guest) => (self, result) =>
      guest.answer(result, 8, 96, (to) => guest.putStatus(to, open(guest, self).stat())),

    '[method]descriptor.stat-at': (guest) => (self, flags, path, length, result) =>
      guest.answer(result, 8, 96, (to) => {
        const from = directory(guest, self);
        guest.putStatus(to, from.statAt(follows(flags), guest.path(path, length)));
      }),

    '[method]descriptor.set-times-at':
      (guest) => (self, flags, path, length, aTag, a, aNs, mTag, m, mNs, result) =>
        guest.answer(result, 1, 1, () =>
          directory(guest, self).setTimesAt(
            follows(flags),
            guest.path(path, length),
            newTimestamp(aTag, a, aNs),
            newTimestamp(mTag, m, mNs),
          ),
        ),

    '[method]descriptor.link-at':
      (guest) => (self, flags, path, length, target, newPath, newLength, result) =>
        guest.answer(result, 1, 1, () =>
          directory(guest, self).linkAt(
            follows(flags),
            guest.path(path, length),
            directory(guest, target),
            guest.path(newPath, newLength),
          ),
        ),

    '[method]descriptor.open-at': (guest) => (self, pathFlags, path, length, how, flags, result) =>
      guest.answer(result, 4, 4, (to) => {
        const text = guest.path(path, length);
        const opened = directory(guest, self).openAt(
          follows(pathFlags),
          text,
          openFlags(how),
          descriptorFlags(flags),
        );
        guest.view.setUint32(to, guest.own(descriptors.add(opened, guest.free)), true);
      }),

    '[method]descriptor.readlink-at': (guest) => (self, path, length, result) =>
      guest.answer(result, 4, 8, (to) =>
        guest.putText(to, directory(guest, self).readLinkAt(guest.path(path, length))),
      ),

    '[method]descriptor.remove-directory-at': (guest) => (self, path, length, result) =>
      guest.answer(result, 1, 1, () => directory(guest, self).removeDirectoryAt(guest.path(path, length))),

    '[method]descriptor.rename-at': (guest) => (self, path, length, target, newPath, newLength, result) =>
      guest.answer(result, 1, 1, () =>
        directory(guest, self).renameAt(
          guest.path(path, length),
          directory(guest, target),
          guest.path(newPath, newLength),
        ),
      ),

    '[method]descriptor.symlink-at': (guest) => (self, target, targetLength, path, length, result) =>
      guest.answer(result, 1, 1, () =>
        directory(guest, self).symlinkAt(guest.path(target, targetLength), guest.path(path, length)),
      ),

    '[method]descriptor.unlink-file-at': (guest) => (self, path, length, result) =>
      guest.answer(result, 1, 1, () => directory(guest, self).unlinkFileAt(guest.path(path, length))),

    '[method]descriptor.metadata-hash': (guest) => (self, result) =>
      guest.answer(result, 8, 16, (to) => guest.putHash(to, open(guest, self).identity())),

    '[method]descriptor.metadata-hash-at': (guest) => (self, flags, path, length, result) =>
      guest.answer(result, 8, 16, (to) => {
        const from = directory(guest, self);
        guest.putHash(to, from.identityAt(follows(flags), guest.path(path, length)));
      }),
  };
}

function listingLowerings(listings: Resources<DirectoryEntries>): Readonly<Record<string, Lowering>> {
  return {
    '[method]directory-entry-stream.read-directory-entry': (guest) => (self, result) =>
      guest.answer(result, 4, 16, (to) => {
        const entry = listings.get(guest.rep(self)).next();
        if (entry !== undefined) {
          guest.putText(to + 8, entry.name);
          guest.bytes[to + 4] = descriptorTypes.indexOf(entry.type);
        }
        guest.bytes[to] = entry === undefined ? 0 : 1;
      }),
  };
}

/**
 * Makes lowerings of functions that have this many kinds of resources among their parameters and in their results.
 */
const lowerings = (tables: 0 | 1, entries: Readonly<Record<string, Lowering>>): Lowerings =>
  Object.fromEntries(
    Object.entries(entries).map(([name, lower]) => [
      name,
      (context: Context) => lower(new Guest(context, tables, name)),
    ]),
  );

/** Makes the lowered forms of wasi:filesystem/types, for these descriptors and listings. */
export const lowerFilesystem = (
  descriptors: Resources<Descriptor>,
  listings: Resources<DirectoryEntries>,
): Lowerings => lowerings(1, { ...descriptorLowerings(descriptors), ...listingLowerings(listings) });

/**
 * Makes the lowered form of `poll`. `wait` gets the number of pollables before any is looked up, and a function that
 * returns the number behind each. It returns the indices of those that are ready.
 */
export const lowerPoll = (
  wait: (count: number, rep: (index: number) => number) => readonly number[],
): Lowerings =>
  lowerings(1, {
    poll: (guest) => (list, length, result) => {
      const to = guest.place(result, 8, 4);
      const count = i32(length) >>> 0;
      const ready = wait(count, (index) => {
        const start = guest.place(list, 4 * count, 4);
        return guest.rep(guest.view.getInt32(start + 4 * index, true));
      });
      const pointer = guest.allocate(4 * ready.length, 4);
      const { view } = guest;
      for (const [index, each] of ready.entries()) {
        view.setUint32(pointer + 4 * index, each, true);
      }
      guest.putList(to, pointer, ready.length);
    },
  });

/** Makes the lowered form of `get-random-bytes`. `random` returns as many bytes as the component asked for. */
export const lowerRandom = (random: (length: bigint) => Uint8Array): Lowerings =>
  lowerings(0, {
    'get-random-bytes': (guest) => (length, result) => {
      const to = guest.place(result, 8, 4);
      const bytes = random(u64(length));
      const pointer = guest.allocate(bytes.length);
      guest.bytes.set(bytes, pointer);
      guest.putList(to, pointer, bytes.length);
    },
  });
