// The types of WIT as values, but only those of WASI 0.2. They have two uses: what a component passes is checked
// against them at run time, and what it declares is compared with them before it runs.

/** The property by which TypeScript knows the values of a type. No object has it. */
declare const values: unique symbol;

/** The primitive types. */
export type Primitive =
  | ('bool' | 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64')
  | ('f32' | 'f64' | 'char' | 'string');

/** The structure of a type. Names are those of WIT. */
export type Shape =
  | { readonly kind: Primitive }
  | { readonly kind: 'list' | 'option'; readonly element: Type }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | { readonly kind: 'result'; readonly ok: Type | undefined; readonly err: Type | undefined }
  | { readonly kind: 'record'; readonly name: string; readonly fields: readonly Field[] }
  | { readonly kind: 'variant'; readonly name: string; readonly cases: readonly Case[] }
  | { readonly kind: 'enum' | 'flags'; readonly name: string; readonly labels: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: Resource }
  // What a component may declare, but WASI 0.2 does not have.
  | { readonly kind: 'other'; readonly name: string };

/** A type, whose values have the TypeScript type `V` in this host. */
export type Type<V = unknown> = Shape & { readonly [values]?: V };

/** A field of a record, or a parameter of a function. */
export type Field = readonly [name: string, type: Type];

/** A case of a variant, with the type of its payload, if it has one. */
export type Case = readonly [name: string, type: Type | undefined];

/** What stands for a resource in this host. */
export interface Closable {
  /** Releases what it holds. If it throws, it is called again. */
  close(): void;
}

/** A kind of resource. Each resource of the kind is a `T` in this host. */
export interface Resource<T extends Closable = Closable> {
  readonly kind: 'resource';
  /** The interface that defines it, without a version. */
  readonly owner: string;
  /** Its name in that interface. */
  readonly name: string;
  readonly [values]?: T;
}

/** A function. `P` and `R` are its parameters and its result in this host; a resource is what it stands for. */
export interface FunctionType<P extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly params: readonly Field[];
  readonly result: Type | undefined;
  readonly [values]?: { readonly params: P; readonly result: R };
}

/** An interface: its functions and its named types, including those from other interfaces. */
export interface Interface {
  readonly types: Readonly<Record<string, Type | Resource>>;
  readonly functions: Readonly<Record<string, FunctionType>>;
}

type ValueOf<T> = T extends { readonly [values]?: infer V } ? V : never;

type ParametersOf<P extends readonly Field[]> = { [I in keyof P]: ValueOf<P[I][1]> };

/** The functions that a host needs for an interface. They throw the error of their `result`. */
export type Implementation<I extends Interface> = {
  readonly [F in keyof I['functions']]: I['functions'][F] extends FunctionType<infer P, infer R>
    ? (...params: [...P]) => R
    : never;
};

export const bool: Type<boolean> = { kind: 'bool' };
export const u8: Type<number> = { kind: 'u8' };
export const u16: Type<number> = { kind: 'u16' };
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

/** A result. The host returns its value if the call succeeds, and throws its error if not. */
export const result = <V = void>(ok: Type<V> | undefined, err: Type): Type<V> => ({
  kind: 'result',
  ok,
  err,
});

/** `result` without values, as a parameter. */
export const emptyResult: Type<{ readonly tag: 'ok' | 'err' }> = {
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

/** A variant, with the type of the payload of each case; `null` if it has none. */
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

/** Returns the JavaScript spelling of a name of WIT. */
export const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Maximum depth to which a type is printed, because a component can declare types of any depth. */
const MOST_DEPTH = 6;

/** Maximum number of parts of a type that are printed. */
const MOST_PARTS = 12;

const printAll = <T>(parts: readonly T[], printPart: (part: T) => string): string =>
  [...parts.slice(0, MOST_PARTS).map(printPart), ...(parts.length > MOST_PARTS ? ['…'] : [])].join(', ');

/** Prints a type as WIT writes its use: named types by their names, others in full. */
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

/** Prints a type as WIT writes its definition. */
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

/** Prints a function as WIT writes it. */
export function printFunction({ params, result: returned }: FunctionType): string {
  const all = printAll(params, ([name, type]) => `${name}: ${print(type)}`);
  return `func(${all})${returned ? ` -> ${print(returned)}` : ''}`;
}

/** Whether two types are the same, whatever their names. Two resources are if they have one name in one interface. */
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
