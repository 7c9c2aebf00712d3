// Functions of wasi:filesystem and wasi:io in the component's own memory, made from their types by the canonical ABI of
// the component model. Types that they do not have are left out.

import { errorCode as errorCodeOf, WasiError } from '../error-code.js';
import type { ResourceTable } from '../resources.js';
import type { FileStatus } from '../status.js';
import { uncatchable } from '../trap.js';
import { descriptorStat, descriptorTypes, errorCode } from '../wasi.js';
import type { Closable, FunctionType, Implementation, Interface, Resource, Type } from '../wit.js';
import { camelCase } from '../wit.js';
import type { Guest, Lowering, PutError } from './guest.js';
import { i32, u64, wrongTypes } from './guest.js';

/** Reads the value of a parameter from the flat parameters of a call. */
type Read = (guest: Guest, flat: readonly unknown[]) => unknown;

/** A value in memory: its size and alignment in bytes, and how it is written to `at`. */
interface Stored {
  readonly size: number;
  readonly align: number;
  readonly put: (guest: Guest, at: number, value: unknown) => void;
}

type AnyFunction = (...values: readonly unknown[]) => unknown;

/**
 * Makes the lowered forms of the methods of an interface that can fail, and whose kinds of resources are as `Lowering`
 * demands.
 *
 * @param special lowered forms that are used instead of those that would be made
 */
export function lowerAll<I extends Interface>(
  { functions: types }: I,
  functions: Implementation<I>,
  table: ResourceTable,
  special: Readonly<Record<string, Lowering>> = {},
): Readonly<Record<string, Lowering>> {
  const made = Object.entries(types).flatMap(([name, type]): [string, Lowering][] => {
    const kinds = Object.hasOwn(special, name) ? undefined : kindsOf(type);
    const { params, result } = type;
    if (kinds === undefined || result?.kind !== 'result' || result.err === undefined) {
      return [];
    }
    const act = functions[name as keyof I['functions']] as AnyFunction;
    return [[name, { kinds, make: lower(params, result.ok, result.err, act, table) }]];
  });
  return { ...Object.fromEntries(made), ...special };
}

/** Returns the number of kinds of resources; undefined if they are not as `Lowering` demands. */
function kindsOf({ params, result }: FunctionType): 1 | 2 | undefined {
  const given = new Set(params.flatMap(([, type]) => resourcesIn(type)));
  const all = new Set([...given, ...resourcesIn(result)]);
  return given.size !== 1 ? undefined : all.size === 1 ? 1 : all.size === 2 ? 2 : undefined;
}

/** The kinds of resources in a type. These functions have none in other types than these. */
function resourcesIn(type: Type | undefined): Resource[] {
  switch (type?.kind) {
    case 'own':
    case 'borrow':
      return [type.resource];
    case 'result':
      return [type.ok, type.err].flatMap(resourcesIn);
    case 'variant':
      return type.cases.flatMap(([, part]) => resourcesIn(part));
    default:
      return [];
  }
}

function lower(
  params: FunctionType['params'],
  ok: Type | undefined,
  err: Type,
  act: AnyFunction,
  table: ResourceTable,
): Lowering['make'] {
  const { reads, width } = readsOf(
    params.map(([, type]) => type),
    0,
    table,
  );
  const call = callerOf(act, reads);
  const stored = ok && storedOf(ok, table);
  const storedError = storedOf(err, table);
  const align = Math.max(stored?.align ?? 1, storedError.align);
  const size = Math.max(stored?.size ?? 0, storedError.size);
  const errorOf = err === errorCode ? errorCodeOf : payloadOf;
  const putError: PutError = (guest, to, error) => storedError.put(guest, to, errorOf(error));
  return (guest) =>
    (...flat) => {
      const start = guest.begin(flat[width], align, size);
      try {
        const value = call(guest, flat);
        stored?.put(guest, start + align, value);
        guest.succeed(start);
      } catch (error) {
        guest.refuse(start, align, error, putError);
      }
    };
}

/** Returns the error that a `WasiError` carries. Anything else ends the component. */
function payloadOf(error: unknown): unknown {
  if (error instanceof WasiError) {
    return error.payload;
  }
  throw uncatchable(new Error(`a call of the component failed: ${error}`, { cause: error }));
}

/** Returns a function that calls `act` with what `reads` return. A spread costs more than the rest of a small call. */
function callerOf(act: AnyFunction, reads: readonly Read[]): Read {
  const [a, b, c, d, e] = reads as readonly [Read, Read, Read, Read, Read];
  switch (reads.length) {
    case 1:
      return (guest, flat) => act(a(guest, flat));
    case 2:
      return (guest, flat) => act(a(guest, flat), b(guest, flat));
    case 3:
      return (guest, flat) => act(a(guest, flat), b(guest, flat), c(guest, flat));
    case 4:
      return (guest, flat) => act(a(guest, flat), b(guest, flat), c(guest, flat), d(guest, flat));
    case 5:
      return (guest, flat) =>
        act(a(guest, flat), b(guest, flat), c(guest, flat), d(guest, flat), e(guest, flat));
    default:
      throw new Error('no lowered function has more than five parameters');
  }
}

/** Returns how values of these types are read, if their flat parameters begin at `start`, and how many there are. */
function readsOf(
  types: readonly Type[],
  start: number,
  table: ResourceTable,
): { reads: Read[]; width: number } {
  let at = start;
  const reads = types.map((type) => {
    const { read, width } = readOf(type, at, table);
    at += width;
    return read;
  });
  return { reads, width: at - start };
}

function readOf(type: Type, at: number, table: ResourceTable): { read: Read; width: number } {
  switch (type.kind) {
    case 'u32':
      return { width: 1, read: (_, flat) => i32(flat[at]) >>> 0 };
    case 'u64':
      return { width: 1, read: (_, flat) => u64(flat[at]) };
    case 'string':
      // The only strings that these functions take are paths.
      return { width: 2, read: (guest, flat) => guest.path(flat[at], flat[at + 1]) };
    case 'list':
      return { width: 2, read: (guest, flat) => guest.bytesAt(flat[at], flat[at + 1]) };
    case 'enum':
      return { width: 1, read: (_, flat) => type.labels[i32(flat[at])] ?? wrongTypes() };
    case 'flags': {
      const names = type.labels.map(camelCase);
      const all = (1 << names.length) - 1;
      // Made once for each combination.
      const made: Readonly<Record<string, boolean>>[] = [];
      const setFor = (bits: number) =>
        Object.freeze(Object.fromEntries(names.map((name, index) => [name, (bits & (1 << index)) !== 0])));
      return {
        width: 1,
        read(_, flat) {
          const bits = i32(flat[at]) & all;
          made[bits] ??= setFor(bits);
          return made[bits];
        },
      };
    }
    case 'record': {
      const names = type.fields.map(([name]) => camelCase(name));
      const { reads, width } = readsOf(
        type.fields.map(([, part]) => part),
        at,
        table,
      );
      return {
        width,
        read(guest, flat) {
          const made: Record<string, unknown> = {};
          for (let index = 0; index < names.length; index++) {
            made[names[index] ?? ''] = reads[index]?.(guest, flat);
          }
          return made;
        },
      };
    }
    case 'variant': {
      // At most one case has a payload, so no two share flat parameters.
      const cases = type.cases.map(([tag, part]) => ({ tag, ...(part && readOf(part, at + 1, table)) }));
      return {
        width: 1 + Math.max(...cases.map(({ width = 0 }) => width)),
        read(guest, flat) {
          const { tag, read } = cases[i32(flat[at])] ?? wrongTypes();
          return read === undefined ? { tag } : { tag, val: read(guest, flat) };
        },
      };
    }
    case 'borrow': {
      const resources = table.of(type.resource);
      return { width: 1, read: (guest, flat) => guest.resource(flat[at], resources) };
    }
    default:
      throw new Error(`no parameter of a lowered function is of type ${type.kind}`);
  }
}

function storedOf(type: Type, table: ResourceTable): Stored {
  switch (type.kind) {
    case 'u64':
      return {
        size: 8,
        align: 8,
        put: ({ view }, at, value) => view.setBigUint64(at, value as bigint, true),
      };
    case 'string':
      return { size: 8, align: 4, put: (guest, at, value) => guest.putText(at, value as string) };
    case 'list':
      // The only lists that these functions return are of bytes.
      return { size: 8, align: 4, put: (guest, at, value) => guest.putBytes(at, value as Uint8Array) };
    case 'enum':
      return byte((value) => type.labels.indexOf(value as string));
    case 'flags': {
      const names = type.labels.map(camelCase);
      return byte((value) => {
        let bits = 0;
        for (let index = 0; index < names.length; index++) {
          bits |= Reflect.get(value as object, names[index] ?? '') ? 1 << index : 0;
        }
        return bits;
      });
    }
    case 'record':
      return type === descriptorStat
        ? storedStatus
        : sequence(type.fields.map(([name, part]) => [camelCase(name), storedOf(part, table)]));
    case 'option': {
      const { size, align, put } = storedOf(type.element, table);
      return {
        size: align + size,
        align,
        put(guest, at, value) {
          guest.bytes[at] = value === undefined ? 0 : 1;
          if (value !== undefined) {
            put(guest, at + align, value);
          }
        },
      };
    }
    case 'variant': {
      const cases = type.cases.map(([tag, part]) => ({ tag, stored: part && storedOf(part, table) }));
      const align = Math.max(1, ...cases.map(({ stored }) => stored?.align ?? 1));
      return {
        size: align + Math.max(0, ...cases.map(({ stored }) => stored?.size ?? 0)),
        align,
        put(guest, at, value) {
          const { tag, val } = value as { tag: unknown; val?: unknown };
          const index = cases.findIndex((each) => each.tag === tag);
          cases[index]?.stored?.put(guest, at + align, val);
          guest.bytes[at] = index;
        },
      };
    }
    case 'own': {
      const resources = table.of(type.resource);
      return {
        size: 4,
        align: 4,
        put(guest, at, value) {
          const handle = guest.own(value as Closable, resources);
          guest.view.setUint32(at, handle, true);
        },
      };
    }
    default:
      throw new Error(`no result of a lowered function is of type ${type.kind}`);
  }
}

const storedStatus: Stored = {
  size: 96,
  align: 8,
  put: (guest, at, value) => putStatus(guest, at, value as FileStatus),
};

/** Writes the status of a file. Written out, because the general way takes twice as long. */
export function putStatus({ bytes, view }: Guest, at: number, status: FileStatus): void {
  bytes[at] = descriptorTypes.indexOf(status.type);
  view.setBigUint64(at + 8, status.linkCount, true);
  view.setBigUint64(at + 16, status.size, true);
  putTime(bytes, view, at + 24, status.dataAccessTimestamp);
  putTime(bytes, view, at + 48, status.dataModificationTimestamp);
  putTime(bytes, view, at + 72, status.statusChangeTimestamp);
}

function putTime(bytes: Buffer, view: DataView, at: number, time: FileStatus['statusChangeTimestamp']): void {
  bytes[at] = time === undefined ? 0 : 1;
  if (time !== undefined) {
    view.setBigUint64(at + 8, time.seconds, true);
    view.setUint32(at + 16, time.nanoseconds, true);
  }
}

const byte = (encode: (value: unknown) => number): Stored => ({
  size: 1,
  align: 1,
  put(guest, at, value) {
    guest.bytes[at] = encode(value);
  },
});

/** Values after each other, each at a multiple of its alignment. */
function sequence(parts: readonly (readonly [name: string, part: Stored])[]): Stored {
  let end = 0;
  const placed = parts.map(([name, { size, align, put }]) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return (guest: Guest, at: number, value: Readonly<Record<string, unknown>>) =>
      put(guest, at + offset, value[name]);
  });
  const align = Math.max(...parts.map(([, part]) => part.align));
  return {
    size: Math.ceil(end / align) * align,
    align,
    put(guest, at, value) {
      for (let index = 0; index < placed.length; index++) {
        placed[index]?.(guest, at, value as Readonly<Record<string, unknown>>);
      }
    },
  };
}
