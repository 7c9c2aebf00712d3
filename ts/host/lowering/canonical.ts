// Functions in the component's own memory, made from their types: the canonical ABI of the component model, as far as
// the functions of wasi:filesystem need it.

import type { ResourceTable } from '../resources.js';
import { errorCode } from '../wasi.js';
import type { FunctionType, Implementation, Interface, Resource, Type } from '../wit.js';
import { camelCase } from '../wit.js';
import type { Guest, Lowering } from './guest.js';
import { i32, u64, wrongTypes } from './guest.js';

/** A parameter: how many flat parameters it takes, and how its value is read from those that begin at `at`. */
interface Parameter {
  readonly width: number;
  readonly read: (guest: Guest, flat: readonly unknown[], at: number) => unknown;
}

/** A value in memory: its size and alignment in bytes, and how it is written to `at`. */
interface Stored {
  readonly size: number;
  readonly align: number;
  readonly put: (guest: Guest, at: number, value: unknown) => void;
}

type AnyFunction = (...values: readonly unknown[]) => unknown;

/**
 * Makes the lowered forms of the functions of an interface that fail with an error-code and name one kind of resource.
 * jco passes a table of handles for each kind, and does not say which is which.
 *
 * @param special lowered forms that are used instead of those that would be made
 */
export function lowerAll<I extends Interface>(
  { functions: types }: I,
  functions: Implementation<I>,
  table: ResourceTable,
  special: Readonly<Record<string, Lowering>>,
): Readonly<Record<string, Lowering>> {
  const made = Object.entries(types)
    .filter(([name]) => !Object.hasOwn(special, name))
    .filter(([, type]) => type.result?.kind === 'result' && type.result.err === errorCode)
    .filter(([, type]) => new Set(resourcesOf(type)).size === 1)
    .map(([name, type]): [string, Lowering] => {
      return [name, lower(type, functions[name as keyof I['functions']] as AnyFunction, table)];
    });
  return { ...Object.fromEntries(made), ...special };
}

function resourcesOf({ params, result }: FunctionType): Resource[] {
  const inType = (type: Type | undefined): Resource[] => {
    switch (type?.kind) {
      case 'own':
      case 'borrow':
        return [type.resource];
      case 'list':
      case 'option':
        return inType(type.element);
      case 'tuple':
        return type.elements.flatMap(inType);
      case 'result':
        return [type.ok, type.err].flatMap(inType);
      case 'record':
      case 'variant':
        return (type.kind === 'record' ? type.fields : type.cases).flatMap(([, part]) => inType(part));
      default:
        return [];
    }
  };
  return [...params.map(([, type]) => type), result].flatMap(inType);
}

function lower({ params, result }: FunctionType, act: AnyFunction, table: ResourceTable): Lowering {
  const parameters = params.map(([, type]) => parameterOf(type, table));
  const width = parameters.reduce((sum, parameter) => sum + parameter.width, 0);
  const ok = result?.kind === 'result' ? result.ok : undefined;
  const stored = ok && storedOf(ok, table);
  const { size = 1, align = 1 } = stored ?? {};
  return (guest) =>
    (...flat) =>
      guest.answer(flat[width], align, size, (to) => {
        const values: unknown[] = [];
        let at = 0;
        for (const parameter of parameters) {
          values.push(parameter.read(guest, flat, at));
          at += parameter.width;
        }
        const value = act(...values);
        stored?.put(guest, to, value);
      });
}

function parameterOf(type: Type, table: ResourceTable): Parameter {
  switch (type.kind) {
    case 'u32':
      return { width: 1, read: (_, flat, at) => i32(flat[at]) >>> 0 };
    case 'u64':
      return { width: 1, read: (_, flat, at) => u64(flat[at]) };
    case 'string':
      // The only strings that a function of wasi:filesystem takes are paths.
      return { width: 2, read: (guest, flat, at) => guest.path(flat[at], flat[at + 1]) };
    case 'enum':
      return { width: 1, read: (_, flat, at) => type.labels[i32(flat[at])] ?? wrongTypes() };
    case 'flags': {
      const names = type.labels.map(camelCase);
      return {
        width: 1,
        read(_, flat, at) {
          const bits = i32(flat[at]);
          const set: Record<string, boolean> = {};
          for (let index = 0; index < names.length; index++) {
            set[names[index] as string] = (bits & (1 << index)) !== 0;
          }
          return set;
        },
      };
    }
    case 'record': {
      const fields = type.fields.map(([name, part]) => [camelCase(name), parameterOf(part, table)] as const);
      return {
        width: fields.reduce((sum, [, { width }]) => sum + width, 0),
        read(guest, flat, start) {
          const made: Record<string, unknown> = {};
          let at = start;
          for (const [name, part] of fields) {
            made[name] = part.read(guest, flat, at);
            at += part.width;
          }
          return made;
        },
      };
    }
    case 'variant': {
      // At most one case has a payload, so nothing shares its flat parameters.
      const cases = type.cases.map(([tag, part]) => [tag, part && parameterOf(part, table)] as const);
      return {
        width: 1 + Math.max(0, ...cases.map(([, part]) => part?.width ?? 0)),
        read(guest, flat, at) {
          const [tag, part] = cases[i32(flat[at])] ?? wrongTypes();
          return part === undefined ? { tag } : { tag, val: part.read(guest, flat, at + 1) };
        },
      };
    }
    case 'list':
      return { width: 2, read: (guest, flat, at) => guest.bytesAt(flat[at], flat[at + 1]) };
    case 'borrow': {
      const resources = table.of(type.resource);
      return { width: 1, read: (guest, flat, at) => resources.get(guest.rep(flat[at])) };
    }
    default:
      throw new Error(`no parameter of wasi:filesystem is of type ${type.kind}`);
  }
}

function storedOf(type: Type, table: ResourceTable): Stored {
  switch (type.kind) {
    case 'bool':
      return byte((value) => (value ? 1 : 0));
    case 'u32':
      return { size: 4, align: 4, put: ({ view }, at, value) => view.setUint32(at, value as number, true) };
    case 'u64':
      return {
        size: 8,
        align: 8,
        put: ({ view }, at, value) => view.setBigUint64(at, value as bigint, true),
      };
    case 'string':
      return { size: 8, align: 4, put: (guest, at, value) => guest.putText(at, value as string) };
    case 'enum':
      return byte((value) => type.labels.indexOf(value as string));
    case 'flags': {
      const names = type.labels.map(camelCase);
      return byte((value) =>
        names.reduce((bits, name, index) => bits | (Reflect.get(value as object, name) ? 1 << index : 0), 0),
      );
    }
    case 'record':
      return sequence(type.fields.map(([name, part]) => [camelCase(name), storedOf(part, table)]));
    case 'tuple':
      return sequence(type.elements.map((part, index) => [index, storedOf(part, table)]));
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
    case 'own': {
      const resources = table.of(type.resource);
      return {
        size: 4,
        align: 4,
        put(guest, at, value) {
          const handle = guest.own(resources.add(value as never, guest.free));
          guest.view.setUint32(at, handle, true);
        },
      };
    }
    default:
      throw new Error(`no result of wasi:filesystem is of type ${type.kind}`);
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
function sequence(parts: readonly (readonly [key: string | number, part: Stored])[]): Stored {
  let end = 0;
  const placed = parts.map(([key, { size, align, put }]) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return { key, offset, put };
  });
  const align = Math.max(...parts.map(([, part]) => part.align));
  return {
    size: Math.ceil(end / align) * align,
    align,
    put(guest, at, value) {
      for (const { key, offset, put } of placed) {
        put(guest, at + offset, (value as Readonly<Record<string | number, unknown>>)[key]);
      }
    },
  };
}
