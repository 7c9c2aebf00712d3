// The types of WIT as values, as far as WASI 0.2 has them. They serve twice: what a component passes is checked against
// them at run time, and what it declares is compared with them before it runs.

import type { Closable } from './resources.js';

/** The property by which TypeScript knows the values of a type; no object has it. */
declare const values: unique symbol;

/** The types without parts. */
export type Primitive =
  | ('bool' | 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64')
  | ('f32' | 'f64' | 'char' | 'string');

/** What a type is made of. Names are those of WIT. */
export type Shape =
  | { readonly kind: Primitive }
  | { readonly kind: 'list' | 'option'; readonly element: Type }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | { readonly kind: 'result'; readonly ok: Type | undefined; readonly err: Type | undefined }
  | { readonly kind: 'record'; readonly name: string; readonly fields: readonly Field[] }
  | { readonly kind: 'variant'; readonly name: string; readonly cases: readonly Case[] }
  | { readonly kind: 'enum' | 'flags'; readonly name: string; readonly labels: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: Resource }
  // What a component may declare, and WASI 0.2 has nothing of.
  | { readonly kind: 'other'; readonly name: string };

/** A type, whose values are a `V` in this host. */
export type Type<V = unknown> = Shape & { readonly [values]?: V };

/** A field of a record, or a parameter of a function. */
export type Field = readonly [name: string, type: Type];

/** A case of a variant, with the type of what it carries, if anything. */
export type Case = readonly [name: string, type: Type | undefined];

/** A kind of resource, which is a `T` in this host. */
export interface Resource<T extends Closable = Closable> {
  readonly kind: 'resource';
  /** The interface that defines it, without a version. */
  readonly owner: string;
  /** Its name in that. */
  readonly name: string;
  readonly [values]?: T;
}

/** A function: of these parameters in this host, for a resource what it stands for. */
export interface FunctionType<P extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly params: readonly Field[];
  readonly result: Type | undefined;
  readonly [values]?: { readonly params: P; readonly result: R };
}

/** An interface: its named types, those that it takes from others included, and its functions. */
export interface Interface {
  readonly types: Readonly<Record<string, Type | Resource>>;
  readonly functions: Readonly<Record<string, FunctionType>>;
}

type ValueOf<T> = T extends { readonly [values]?: infer V } ? V : never;

type ParametersOf<P extends readonly Field[]> = { [I in keyof P]: ValueOf<P[I][1]> };

/** The functions that a host must have for an interface. What they throw is the error of their `result`. */
export type Implementation<I extends Interface> = {
  readonly [F in keyof I['functions']]: I['functions'][F] extends FunctionType<infer P, infer R>
    ? (...params: [...P]) => R
    : never;
};

export const bool: Type<boolean> = { kind: 'bool' };
export const u8: Type<number> = { kind: 'u8' };
export const u32: Type<number> = { kind: 'u32' };
export const u64: Type<bigint> = { kind: 'u64' };
export const string: Type<string> = { kind: 'string' };
/** `list<u8>`. */
export const bytes: Type<Uint8Array> = { kind: 'list', element: u8 };

export const list = <V>(element: Type<V>): Type<readonly V[]> => ({ kind: 'list', element });

export const option = <V>(element: Type<V>): Type<V | undefined> => ({ kind: 'option', element });

export const tuple = <const E extends readonly Type[]>(
  ...elements: E
): Type<Readonly<{ [I in keyof E]: ValueOf<E[I]> }>> => ({ kind: 'tuple', elements });

/** A result: the host returns what it is if it is good, and throws what it is if not. */
export const result = <V = void>(ok: Type<V> | undefined, err: Type): Type<V> => ({
  kind: 'result',
  ok,
  err,
});

/** `result` without anything in it, as a parameter. */
export const outcome: Type<{ readonly tag: 'ok' | 'err' }> = {
  kind: 'result',
  ok: undefined,
  err: undefined,
};

export const record = <V>(name: string, fields: Readonly<Record<string, Type>>): Type<V> => ({
  kind: 'record',
  name,
  fields: Object.entries(fields),
});

export const enumeration = <V>(name: string, ...labels: readonly (V & string)[]): Type<V> => ({
  kind: 'enum',
  name,
  labels,
});

export const flags = <V>(name: string, ...labels: readonly string[]): Type<V> => ({
  kind: 'flags',
  name,
  labels,
});

/** A variant, with what each case carries; `null` for nothing. */
export const variant = <V>(name: string, cases: Readonly<Record<string, Type | null>>): Type<V> => ({
  kind: 'variant',
  name,
  cases: Object.entries(cases).map(([label, type]): Case => [label, type ?? undefined]),
});

export const resource = <T extends Closable>(owner: string, name: string): Resource<T> => ({
  kind: 'resource',
  owner,
  name,
});

export const own = <T extends Closable>(of: Resource<T>): Type<T> => ({ kind: 'own', resource: of });

export const borrow = <T extends Closable>(of: Resource<T>): Type<T> => ({ kind: 'borrow', resource: of });

export const func = <const P extends readonly Field[], R = void>(
  params: P,
  returned?: Type<R>,
): FunctionType<ParametersOf<P>, R> => ({ params, result: returned });

/** How a name of WIT is spelt in JavaScript. */
export const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** How deep a type is printed, since a component can declare types of any depth. */
const MOST_DEPTH = 6;

/** How many parts of a type are printed. */
const MOST_PARTS = 12;

const printAll = <T>(parts: readonly T[], printPart: (part: T) => string): string =>
  [...parts.slice(0, MOST_PARTS).map(printPart), ...(parts.length > MOST_PARTS ? ['…'] : [])].join(', ');

/** A type as WIT has it where it is used: named types by their names, others in full. */
export function print(type: Type | Resource, depth = 0): string {
  if (depth > MOST_DEPTH) {
    return '…';
  }
  const printPart = (part: Type | undefined): string => (part ? print(part, depth + 1) : '_');
  switch (type.kind) {
    case 'list':
    case 'option':
      return `${type.kind}<${printPart(type.element)}>`;
    case 'tuple':
      return `tuple<${printAll(type.elements, printPart)}>`;
    case 'result': {
      const { ok, err } = type;
      return err ? `result<${printPart(ok)}, ${printPart(err)}>` : ok ? `result<${printPart(ok)}>` : 'result';
    }
    case 'record':
    case 'variant':
    case 'enum':
    case 'flags':
    case 'resource':
    case 'other':
      return type.name;
    case 'own':
      return type.resource.name;
    case 'borrow':
      return `borrow<${type.resource.name}>`;
    default:
      return type.kind;
  }
}

/** A type as WIT has it where it is defined. */
export function define(type: Type | Resource): string {
  const printPart = ([name, part]: Field | Case): string => (part ? `${name}: ${print(part)}` : name);
  switch (type.kind) {
    case 'record':
      return `record { ${printAll(type.fields, printPart)} }`;
    case 'variant':
      return `variant { ${printAll(type.cases, ([name, part]) => (part ? `${name}(${print(part)})` : name))} }`;
    case 'enum':
    case 'flags':
      return `${type.kind} { ${printAll(type.labels, (label) => label)} }`;
    case 'resource':
      return `the resource ${type.owner}.${type.name}`;
    default:
      return print(type);
  }
}

/** A function as WIT has it. */
export function printFunction({ params, result: returned }: FunctionType): string {
  const all = printAll(params, ([name, type]) => `${name}: ${print(type)}`);
  return `func(${all})${returned ? ` -> ${print(returned)}` : ''}`;
}

/** Whether two types are the same, whatever they are called. Resources are if they have one name in one interface. */
export function isSame(a: Type | Resource | undefined, b: Type | Resource | undefined): boolean {
  if (a === b || a === undefined || b === undefined) {
    return a === b;
  }
  switch (a.kind) {
    case 'list':
    case 'option':
      return b.kind === a.kind && isSame(a.element, b.element);
    case 'tuple':
      return b.kind === a.kind && isEvery(a.elements, b.elements, isSame);
    case 'result':
      return b.kind === a.kind && isSame(a.ok, b.ok) && isSame(a.err, b.err);
    case 'record':
      return b.kind === a.kind && isEvery(a.fields, b.fields, isSamePart);
    case 'variant':
      return b.kind === a.kind && isEvery(a.cases, b.cases, isSamePart);
    case 'enum':
    case 'flags':
      return b.kind === a.kind && isEvery(a.labels, b.labels, (one, other) => one === other);
    case 'own':
    case 'borrow':
      return b.kind === a.kind && isSame(a.resource, b.resource);
    case 'resource':
      return b.kind === a.kind && a.owner === b.owner && a.name === b.name;
    case 'other':
      return false;
    default:
      return b.kind === a.kind;
  }
}

/** Whether two functions have the same parameters, by the same names, and the same result. */
export const isSameFunction = (a: FunctionType, b: FunctionType): boolean =>
  isEvery(a.params, b.params, isSamePart) && isSame(a.result, b.result);

const isSamePart = ([nameA, a]: Field | Case, [nameB, b]: Field | Case): boolean =>
  nameA === nameB && isSame(a, b);

const isEvery = <A, B>(a: readonly A[], b: readonly B[], is: (one: A, other: B) => boolean): boolean =>
  a.length === b.length && a.every((one, index) => is(one, b[index] as B));
