// Calls from a component that never leave its memory: what jco otherwise copies into JavaScript values, per call.
//
// The flat parameters come from the types that the component declares, which need not be WASI's: there may be more or
// fewer of them, and of other kinds. So they are `unknown` here, and nothing uses one but through `i32` and `u64` and what
// is made of these, which end the component if they get something else.
//
// This is the only file that leans on jco's internals. The contract, as jco 1.35.0 keeps it (pinned in package.json,
// and tests/host/lowering.test.ts fails when it changes):
//
// - In bindings made with `--import-bindings hybrid`, an imported function or method that has a property
//   `Symbol.for('cabiLower')` is not called itself. At instantiation that property is called, once, with
//   `{ memory, realloc, resourceTables }`, as far as the function needs them; what it returns is what the component
//   imports, with the flat parameters of the canonical ABI: a resource is its handle, a string or a list is a pointer
//   and a length, a `u64` is a bigint, a `result` is written to a pointer that comes last. The rest are numbers, and
//   both kinds come signed. Bindings of other kinds ignore the property.
// - There is a `stringEncoding` where a string is passed and it is not UTF-8. `utf16` counts the length in code units of
//   two bytes, and jco knows no other.
// - A table of handles is an array with two elements for each handle: `[scope or next free, rep | OWN]`. The first
//   pair is the head of the list of free handles. Next free ones and the head carry OWN, and a free handle keeps the rep
//   that it had. `_createdReps` is the set of all reps that were ever put in.
// - Dropping a handle that jco has not seen as an object calls the class's static `Symbol.for('cabiDispose')` with the
//   rep; a method that is not lowered gets an object made around it, with `Symbol.for('cabiRep')`. See resources.ts.
// - The memory's buffer is another one after `realloc`, since that may grow it.

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
import type { Open } from './open.js';
import { asDirectory, asFile } from './open.js';
import type { FreeNumbers, Resources } from './resources.js';
import { typeOf } from './status.js';
import { endComponent, isEnding } from './trap.js';
import { MOST_BYTES } from './walk.js';
import { descriptorTypes } from './wasi.js';

/** Marks a handle that is owned, and the head of the list of free ones. */
const OWN = 1 << 30;

/** Up to this many bytes it is cheaper to read aside and copy than to find out how many there are. */
const READ_ASIDE = 16 * 1024;

/** The most bytes that one call reads or writes in place; a guest that has more comes again. */
const MOST_IN_PLACE = 1 << 30;

interface HandleTable extends Array<number> {
  _createdReps: Set<number>;
}

/** What jco hands over at instantiation. */
export interface Context {
  memory: { readonly buffer: ArrayBuffer };
  realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  resourceTables?: HandleTable[];
  stringEncoding?: string;
}

/** A function as the component imports it. Where its result goes comes last. */
type Lowered = (...flat: unknown[]) => void;

/** Makes a function for one import of one instance. */
type Lowering = (guest: Guest) => Lowered;

/** Lowerings by the names that WIT has for the functions, as jco calls them. */
export type Lowerings = Readonly<Record<string, (context: Context) => Lowered>>;

/** The numbers that each table of handles is to use again. */
const freeNumbers = new WeakMap<HandleTable, FreeNumbers>();

/** One instance's memory and handles. */
class Guest {
  readonly #memory: Context['memory'];
  readonly #realloc: Context['realloc'];
  readonly #table: HandleTable | undefined;
  readonly #isUtf16: boolean;
  /** The numbers that stood for what this instance had opened. */
  readonly free: FreeNumbers = [];
  #bytes: Buffer;
  #view: DataView;
  /** Whether the guest's allocator has thrown: a trap, or its exit. */
  #isOver = false;

  /** `tables` is how many kinds of resources are among the parameters and in the result of the function. */
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
      // Each function of an instance has a guest of its own, and all of them the same table.
      this.free = freeNumbers.get(table) ?? this.free;
      freeNumbers.set(table, this.free);
    }
    this.#bytes = Buffer.from(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** The memory as it is now: to be taken anew after every allocation. */
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
    // A buffer that has been replaced is detached and so has no length. Asking the memory itself which buffer it has
    // costs more than all the rest of a small call.
    if (this.#bytes.length === 0) {
      this.#bytes = Buffer.from(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
  }

  /** The number behind a handle, or 0. */
  rep(handle: unknown): number {
    const at = i32(handle) * 2;
    // A handle that was dropped still has its number, which may stand for something else by now.
    const isFree = ((this.#table?.[at] ?? OWN) & OWN) !== 0;
    return isFree ? 0 : (this.#table?.[at + 1] ?? 0) & ~OWN;
  }

  /** A handle that owns `rep`. */
  own(rep: number): number {
    const table = this.#table;
    if (table === undefined) {
      throw new Error('these bindings gave no table of handles where one is needed');
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

  /** Memory of the guest's for `size` bytes, where it may begin at a multiple of `align`. */
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

  /** A place in memory that the component names, for `size` bytes, at a multiple of `align`. */
  place(pointer: unknown, size: number, align = 1): number {
    const start = i32(pointer) >>> 0;
    if (start + size > this.bytes.length || start % align !== 0) {
      endComponent('a pointer of the component leads out of its memory, or is not aligned');
    }
    return start;
  }

  /** A path of the guest's. Fails with `illegal-byte-sequence`, and with `name-too-long`. */
  path(pointer: unknown, length: unknown): string {
    const units = i32(length) >>> 0;
    // Before it is decoded: it may be as long as the guest's memory.
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
    // What is not UTF-8 comes out as U+FFFD, but so does U+FFFD itself.
    return text.includes('\ufffd') ? decodeUtf8(this.bytes.subarray(start, end)) : text;
  }

  /** Writes a list or a string, as a pointer and a length, to `at`. */
  putList(at: number, pointer: number, length: number): void {
    this.view.setUint32(at, pointer, true);
    this.view.setUint32(at + 4, length, true);
  }

  /** Copies `text` into memory of the guest's, and writes where that is to `at`. */
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
   * Writes a `result` to `at`: calls `act`, which writes the value to `at + payload` if there is one, or else puts
   * there the error-code for what it threw.
   *
   * @param payload how far in the value or the error-code is: what it is aligned to, in bytes, and so is the result
   * @param size the bytes of the value
   */
  answer(at: unknown, payload: number, size: number, act: (to: number) => void): void {
    const start = this.place(at, payload + size, payload);
    let failed = 0;
    this.#isOver = false;
    try {
      act(start + payload);
    } catch (error) {
      // The guest's own allocator may have trapped or exited, which is its end and not an answer.
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
  return endComponent("the component has declared an import with other types than WASI's");
}

/** An `i32` of the canonical ABI. */
function i32(flat: unknown): number {
  return typeof flat === 'number' && (flat | 0) === flat ? flat : wrongTypes();
}

/** A `u64`, which comes as a signed bigint. */
function u64(flat: unknown): bigint {
  return typeof flat === 'bigint' ? BigInt.asUintN(64, flat) : wrongTypes();
}

/** Whether a string has no half of a surrogate pair, which no UTF-8 has. */
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

/** Reads from a file into memory of the guest's; returns where that is and how many bytes were read. */
function readInto(
  guest: Guest,
  file: File,
  aside: Buffer,
  wanted: bigint,
  position: bigint,
): [number, number] {
  file.expectReadable();
  if (wanted > READ_ASIDE) {
    // What is allocated and not filled would be lost to the guest, so it is told apart first how much there is.
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
function descriptorLowerings(descriptors: Resources<Open>): Readonly<Record<string, Lowering>> {
  const aside = Buffer.alloc(READ_ASIDE);
  const open = (guest: Guest, handle: unknown): Open => descriptors.get(guest.rep(handle));
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

/** Lowerings of functions with so many kinds of resources among their parameters and in their results. */
const lowerings = (tables: 0 | 1, entries: Readonly<Record<string, Lowering>>): Lowerings =>
  Object.fromEntries(
    Object.entries(entries).map(([name, lower]) => [
      name,
      (context: Context) => lower(new Guest(context, tables, name)),
    ]),
  );

/** The lowered forms of wasi:filesystem/types. `descriptors` and `listings` are what they work on. */
export const lowerFilesystem = (
  descriptors: Resources<Open>,
  listings: Resources<DirectoryEntries>,
): Lowerings => lowerings(1, { ...descriptorLowerings(descriptors), ...listingLowerings(listings) });

/**
 * The lowered form of `poll`. `wait` takes how many pollables there are, before any is looked up, and then what stands
 * behind each number; it returns the indices of those that are ready.
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

/** The lowered form of `get-random-bytes`. `random` makes as many bytes as the component asked for. */
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
