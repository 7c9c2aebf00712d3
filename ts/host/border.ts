// The border between a component's bindings and the host.
//
// jco makes bindings from the types that the component declares, which need not be WASI's. So bindings may call a
// host function with any values, read its result as any type, and call anything that JavaScript finds on the host's
// objects. This file makes each interface from WASI's functions and nothing else. Each function accepts only values
// of WASI's types, and returns fresh values that nothing else refers to. Calls in the component's own memory go
// through lowering/, which checks the same types.

import { isBytes } from '../common/check.js';
import { errorCode as errorCodeOf, WasiError } from './error-code.js';
import type { WasiInterfaces } from './imports.js';
import type { Lowerings } from './lowering/guest.js';
import type { ResourceTable } from './resources.js';
import { endComponent, isEnding, uncatchable } from './trap.js';
import type { InterfaceName } from './wasi.js';
import { errorCode, wasi } from './wasi.js';
import type { Case, Closable, FunctionType, Implementation, Interface, Type } from './wit.js';
import { camelCase, print } from './wit.js';

/** The host's side of an interface. */
export interface HostInterface<I extends Interface> {
  /** All functions of the interface. */
  readonly functions: Implementation<I>;
  /** The functions that can also be called in the component's own memory, in that form. */
  readonly lowered?: Lowerings;
}

/** The host's side of every interface that it provides. */
export type HostInterfaces = { readonly [N in InterfaceName]?: HostInterface<(typeof wasi)[N]> };

type AnyFunction = (...values: readonly unknown[]) => unknown;

/** Makes the interfaces that bindings import. `table` must have the resources of every kind that they name. */
export function interfacesOf(given: HostInterfaces, table: ResourceTable): Partial<WasiInterfaces> {
  const made = Object.entries(given).map(([name, each]) => [
    name,
    interfaceOf(name, wasi[name as InterfaceName], each as HostInterface<Interface>, table),
  ]);
  return Object.fromEntries(made);
}

function interfaceOf(
  name: string,
  { types, functions }: Interface,
  given: HostInterface<Interface>,
  table: ResourceTable,
) {
  const made = Object.create(null);
  for (const type of Object.values(types)) {
    if (type.kind === 'resource' && type.owner === name) {
      made[classNameOf(type.name)] = table.of(type).class;
    }
  }
  for (const [label, type] of Object.entries(functions)) {
    const [, resource, method] = /^\[method\](.*)\.(.*)$/.exec(label) ?? [];
    const guarded = guard(
      `${name}.${label}`,
      type,
      given.functions[label] as AnyFunction,
      method !== undefined,
      table,
    );
    const lower = given.lowered?.[label];
    if (lower !== undefined) {
      Object.defineProperty(guarded, Symbol.for('cabiLower'), { value: lower });
    }
    const target = resource === undefined ? made : made[classNameOf(resource)].prototype;
    Object.defineProperty(target, camelCase(method ?? label), {
      value: guarded,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return made;
}

const classNameOf = (resource: string): string => camelCase(`-${resource}`);

/** Wraps `act` for bindings: calls it only if every argument has the type that `type` declares. */
function guard(name: string, type: FunctionType, act: AnyFunction, isMethod: boolean, table: ResourceTable) {
  return function (this: unknown, ...passed: unknown[]): unknown {
    const given = isMethod ? [this, ...passed] : passed;
    try {
      if (given.length !== type.params.length) {
        endComponent(`the component calls ${name} with ${passed.length} arguments`);
      }
      const values = type.params.map(([label, each], index) =>
        fromBindings(
          each,
          given[index],
          table,
          () => `the component calls ${name} with a '${label}' that is not of type`,
        ),
      );
      return returned(type, act(...values), table);
    } catch (error) {
      throw thrown(name, type, error, table);
    }
  };
}

/** Returns the value that bindings passed, if it has this type. If not, ends the component with `complaint`. */
function fromBindings(type: Type, value: unknown, table: ResourceTable, complaint: () => string): unknown {
  const refuse = (): never => endComponent(`${complaint()} ${print(type)}`);
  const taken = (part: Type, each: unknown): unknown => fromBindings(part, each, table, complaint);
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : refuse();
    case 'u8':
      return isWhole(value, 0xff) ? value : refuse();
    case 'u16':
      return isWhole(value, 0xffff) ? value : refuse();
    case 'u32':
      return isWhole(value, 0xffff_ffff) ? value : refuse();
    case 'u64':
      return typeof value === 'bigint' && BigInt.asUintN(64, value) === value ? value : refuse();
    case 'string':
      return typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : refuse();
    case 'enum':
      return type.labels.some((label) => label === value) ? value : refuse();
    case 'list':
      if (type.element.kind === 'u8') {
        return isBytes(value) ? value : refuse();
      }
      return Array.isArray(value) ? value.map((each) => taken(type.element, each)) : refuse();
    case 'option':
      return value === undefined ? undefined : taken(type.element, value);
    case 'tuple':
      return Array.isArray(value) && value.length === type.elements.length
        ? type.elements.map((part, index) => taken(part, value[index]))
        : refuse();
    case 'flags': {
      const names = type.labels.map(camelCase);
      const given = partsOf(value, names) ?? refuse();
      return Object.fromEntries(
        names.map((name, index) => [name, taken({ kind: 'bool' }, given[index] ?? false)]),
      );
    }
    case 'record': {
      const names = type.fields.map(([name]) => camelCase(name));
      const given = partsOf(value, names) ?? refuse();
      return Object.fromEntries(
        type.fields.map(([, part], index) => [names[index], taken(part, given[index])]),
      );
    }
    case 'variant':
    case 'result': {
      const [tag, val] = partsOf(value, ['tag', 'val']) ?? refuse();
      const [label, part] = casesOf(type).find(([each]) => each === tag) ?? refuse();
      if (part === undefined && val !== undefined) {
        refuse();
      }
      return { tag: label, val: part && taken(part, val) };
    }
    case 'borrow':
      return table.of(type.resource).unwrap(value);
    default:
      // No WASI function takes any other type.
      return refuse();
  }
}

const isWhole = (value: unknown, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

const casesOf = (type: Type & { kind: 'variant' | 'result' }): readonly Case[] =>
  type.kind === 'variant'
    ? type.cases
    : [
        ['ok', type.ok],
        ['err', type.err],
      ];

/** Returns an object's values under these names. Undefined if it has other names, or is not an object. */
function partsOf(value: unknown, names: readonly string[]): unknown[] | undefined {
  if (
    typeof value !== 'object' ||
    value === null ||
    !Object.keys(value).every((key) => names.includes(key))
  ) {
    return undefined;
  }
  return names.map((name) => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined));
}

/**
 * Makes a value of this type for bindings from a value of the host. It is a fresh copy: it holds only what the type
 * declares, and nothing else refers to it. Bytes get a buffer of their own, because jco copies as many bytes from the
 * buffer as the component declares.
 */
function toBindings(type: Type, value: unknown, table: ResourceTable): unknown {
  const given = (part: Type, each: unknown): unknown => toBindings(part, each, table);
  const at = (name: string): unknown => Reflect.get(value as object, camelCase(name));
  switch (type.kind) {
    case 'list':
      return type.element.kind === 'u8'
        ? copied(value as Uint8Array)
        : Array.from(value as Iterable<unknown>, (each) => given(type.element, each));
    case 'option':
      return value === undefined ? undefined : given(type.element, value);
    case 'tuple':
      return type.elements.map((part, index) => given(part, Reflect.get(value as object, index)));
    case 'flags':
      return withoutPrototype(type.labels.map((label) => [label, at(label) === true]));
    case 'record':
      return withoutPrototype(type.fields.map(([name, part]) => [name, given(part, at(name))]));
    case 'variant': {
      const tag = at('tag');
      const part = type.cases.find(([label]) => label === tag)?.[1];
      return withoutPrototype([['tag', tag], ...(part ? [['val', given(part, at('val'))] as const] : [])]);
    }
    case 'own':
      return table.of(type.resource).wrap(value as Closable);
    default:
      return fromBindings(
        type,
        value,
        table,
        () => 'the host has a value for a component that is not of type',
      );
  }
}

/** Copies bytes into a buffer that holds nothing else. */
const copied = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Makes an object with these properties and no prototype. */
function withoutPrototype(properties: readonly (readonly [name: string, value: unknown])[]): object {
  const made = Object.create(null);
  for (const [name, value] of properties) {
    made[camelCase(name)] = value;
  }
  return made;
}

function returned({ result }: FunctionType, value: unknown, table: ResourceTable): unknown {
  const type = result?.kind === 'result' ? result.ok : result;
  return type && toBindings(type, value, table);
}

/**
 * Converts an exception of the host for bindings: to the error of the function's result, or to the end of the
 * component.
 */
function thrown(name: string, { result }: FunctionType, error: unknown, table: ResourceTable): unknown {
  if (isEnding(error)) {
    return error;
  }
  const type = result?.kind === 'result' ? result.err : undefined;
  if (type === errorCode) {
    return new WasiError(errorCodeOf(error));
  }
  if (type !== undefined && error instanceof WasiError) {
    return new WasiError(toBindings(type, error.payload, table));
  }
  return uncatchable(new Error(`${name} failed: ${error}`, { cause: error }));
}
