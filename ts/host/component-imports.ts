// What a component imports, read from its bytes and compared with WASI 0.2 as published.
//
// A component declares the types of its imports itself, and bindings are made from what it declares. Types that are not
// WASI's make no sense to a host, and tell of a mistake or an attack. So they are refused before anything is made of the
// component. It may leave out functions and types; those that it has must be WASI's exactly.
//
// This reads the sections of a component that can lead to the type of an import, as the component model's Binary.md has
// them, and skips the others. It accepts nothing that it does not know.

import { quoted } from '../errors.js';
import { RefusedError } from './refused-error.js';
import { wasi } from './wasi.js';
import type { FunctionType, Interface, Primitive, Resource, Type } from './wit.js';
import { define, isSame, isSameFunction, printFunction } from './wit.js';

/** What a type index or the export of an instance can stand for. */
type Item =
  | Type
  | Resource
  | { readonly kind: 'function'; readonly type: FunctionType; readonly isAsync: boolean }
  | InstanceType;

/** The type of an instance, which becomes exports for each interface that is of it. */
interface InstanceType {
  readonly kind: 'instance type';
  readonly declarations: readonly Declaration[];
  readonly scope: Scope;
  /** What it has become, by the name of the interface. */
  readonly made: Map<string, Exports>;
}

/** The exports of an instance, by name. */
export type Exports = ReadonlyMap<string, Item>;

/** What can be referred to at some place of a component or of an instance type. */
interface Scope {
  readonly types: Item[];
  readonly instances: Exports[];
  readonly outer: Scope | undefined;
}

/** A part of an instance type: adds to a scope, and to the exports of an instance of the interface `owner`. */
type Declaration = (scope: Scope, exports: Map<string, Item>, owner: string) => void;

/** What a type is, or an import or export, given what it can refer to. */
type Definition = (scope: Scope, owner: string) => Item;

/** A resource that the component has made, or got from elsewhere than an import. */
const itsOwn: Resource = { kind: 'resource', owner: 'the component', name: 'resource' };

/** As deep as types of instances and components may be in each other. WASI has no such. */
const MOST_NESTED = 8;

/** `(component` in binary: the magic number, the version and the layer. */
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

const LAST_SECTION = 12;

/** What imports, exports and aliases are of. */
const SORT = { core: 0, function: 1, value: 2, type: 3, component: 4, instance: 5 } as const;

/** The code of a type without parts that WASI 0.2 does not have. */
const ERROR_CONTEXT = 0x64;

/** The codes of types without parts. */
const primitives = new Map<number, Primitive>([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
]);

function fail(why: string): never {
  throw new TypeError(`this component cannot be read: ${why}`);
}

/** Reads a component, or a part of one, from its beginning to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  fail(why: string): never {
    return fail(`${why}, at byte ${this.#at}`);
  }

  expectEnd(): void {
    if (!this.isAtEnd) {
      this.fail('a section is longer than what is in it');
    }
  }

  /** Whether the next byte is this one, which is read then. */
  isNext(byte: number): boolean {
    const isIt = this.#at < this.#end && this.#bytes[this.#at] === byte;
    this.#at += isIt ? 1 : 0;
    return isIt;
  }

  byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) {
      return this.fail('it ends too early');
    }
    this.#at += 1;
    return byte;
  }

  /** Fails unless the next byte is this one. */
  expect(byte: number): void {
    if (this.byte() !== byte) {
      this.fail(`there is no 0x${byte.toString(16)} where one is needed`);
    }
  }

  /**
   * A LEB128 number of 32 bits, whose first byte may have been read. Where a type is used, the encoding is of signed numbers,
   * and the negative ones are types without parts.
   */
  number(first = this.byte(), isSigned = false): number {
    let value = 0;
    let byte = first;
    for (let shift = 0; ; shift += 7) {
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        const isNegative = isSigned && byte >= 0x40;
        return value < 2 ** 32 && !isNegative ? value : this.fail('a number is too large');
      }
      byte = shift < 28 ? this.byte() : this.fail('a number is too long');
    }
  }

  list<T>(read: () => T): T[] {
    const count = this.number();
    // Each takes a byte at least.
    return count <= this.#end - this.#at
      ? Array.from({ length: count }, read)
      : this.fail('a list is longer than all that follows');
  }

  name(): string {
    const part = this.part(this.number());
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part.rest());
    } catch {
      return this.fail('a name is not UTF-8');
    }
  }

  /** The name of an import or an export. */
  externName(): string {
    // 1 was for names of interfaces, and means the same as 0.
    const kind = this.byte();
    return kind === 0 || kind === 1 ? this.name() : this.fail('a name has an unknown form');
  }

  optional<T>(read: () => T): T | undefined {
    const flag = this.byte();
    return flag === 0 ? undefined : flag === 1 ? read() : this.fail('neither present nor absent');
  }

  /** The next `length` bytes as a part of their own. */
  part(length: number): Reader {
    if (length > this.#end - this.#at) {
      this.fail('a part is longer than all that follows');
    }
    const start = this.#at;
    this.#at += length;
    return new Reader(this.#bytes, start, this.#at);
  }

  /** All bytes to the end. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#end;
    return this.#bytes.subarray(start, this.#end);
  }
}

type TypeOf = (scope: Scope) => Type;

const other =
  (name: string): Definition =>
  () => ({ kind: 'other', name });

const typeAt = ({ types }: Scope, index: number): Item =>
  types[index] ?? fail('there is a reference to a type that there is not');

const asType = (item: Item): Type =>
  item.kind === 'resource' || item.kind === 'function' || item.kind === 'instance type'
    ? { kind: 'other', name: item.kind }
    : item;

const asResource = (item: Item): Resource => (item.kind === 'resource' ? item : itsOwn);

/** Reads a type where it is used: one without parts, or a reference to one that is defined. */
function readUse(reader: Reader): TypeOf {
  const code = reader.byte();
  const primitive = primitives.get(code);
  if (primitive !== undefined) {
    return () => ({ kind: primitive });
  }
  if (code === ERROR_CONTEXT) {
    return () => ({ kind: 'other', name: 'error-context' });
  }
  const index = reader.number(code, true);
  return (scope) => asType(typeAt(scope, index));
}

const readPart = (reader: Reader): readonly [name: string, type: TypeOf] => [reader.name(), readUse(reader)];

function readCase(reader: Reader): readonly [name: string, type: TypeOf | undefined] {
  const read = [reader.name(), reader.optional(() => readUse(reader))] as const;
  // What a case refines, which nothing has.
  reader.expect(0);
  return read;
}

/** Reads what stands in a type section, or is declared in the type of an instance. */
function readDefinition(reader: Reader, depth = 0): Definition {
  const code = reader.byte();
  const primitive = primitives.get(code);
  if (primitive !== undefined) {
    return () => ({ kind: primitive });
  }
  switch (code) {
    case 0x72: {
      const parts = reader.list(() => readPart(reader));
      return (scope) => ({
        kind: 'record',
        name: 'record',
        fields: parts.map(([name, type]) => [name, type(scope)]),
      });
    }
    case 0x71: {
      const parts = reader.list(() => readCase(reader));
      return (scope) => ({
        kind: 'variant',
        name: 'variant',
        cases: parts.map(([name, type]) => [name, type?.(scope)]),
      });
    }
    case 0x6e:
    case 0x6d: {
      const kind = code === 0x6e ? 'flags' : 'enum';
      const labels = reader.list(() => reader.name());
      return () => ({ kind, name: kind, labels });
    }
    case 0x70:
    case 0x6b: {
      const kind = code === 0x70 ? 'list' : 'option';
      const element = readUse(reader);
      return (scope) => ({ kind, element: element(scope) });
    }
    case 0x6f: {
      const elements = reader.list(() => readUse(reader));
      return (scope) => ({ kind: 'tuple', elements: elements.map((element) => element(scope)) });
    }
    case 0x6a: {
      const ok = reader.optional(() => readUse(reader));
      const err = reader.optional(() => readUse(reader));
      return (scope) => ({ kind: 'result', ok: ok?.(scope), err: err?.(scope) });
    }
    case 0x69:
    case 0x68: {
      const kind = code === 0x69 ? 'own' : 'borrow';
      const index = reader.number();
      return (scope) => ({ kind, resource: asResource(typeAt(scope, index)) });
    }
    case 0x66:
    case 0x65:
      reader.optional(() => readUse(reader));
      return other(code === 0x66 ? 'stream' : 'future');
    case ERROR_CONTEXT:
      return other('error-context');
    case 0x40:
    case 0x43: {
      const parts = reader.list(() => readPart(reader));
      const result = reader.isNext(0) ? readUse(reader) : readNothing(reader);
      return (scope) => ({
        kind: 'function',
        isAsync: code === 0x43,
        type: { params: parts.map(([name, type]) => [name, type(scope)]), result: result?.(scope) },
      });
    }
    case 0x41:
    case 0x42: {
      if (depth === MOST_NESTED) {
        reader.fail('types are too deep in each other');
      }
      const declarations = reader.list(() => readDeclaration(reader, depth + 1));
      return code === 0x41
        ? other('component')
        : (scope) => ({ kind: 'instance type', declarations, scope, made: new Map() });
    }
    case 0x3f:
      reader.expect(0x7f);
      reader.optional(() => reader.number());
      return () => itsOwn;
    default:
      return reader.fail('a type is of an unknown kind');
  }
}

/** Reads the result of a function that has none. */
function readNothing(reader: Reader): undefined {
  reader.expect(1);
  reader.expect(0);
}

/** Reads what an import is, or an export. A resource that it is bound to is the resource of this name in its owner. */
function readDescription(
  reader: Reader,
  name: string,
): { readonly sort: number; readonly define: Definition } {
  const sort = reader.byte();
  switch (sort) {
    case SORT.core:
      reader.expect(0x11);
      reader.number();
      return { sort, define: other('core module') };
    case SORT.function:
    case SORT.component:
    case SORT.instance: {
      const index = reader.number();
      return { sort, define: (scope) => typeAt(scope, index) };
    }
    case SORT.value:
      if (reader.isNext(0)) {
        reader.number();
      } else {
        reader.expect(1);
        readUse(reader);
      }
      return { sort, define: other('value') };
    case SORT.type: {
      if (reader.isNext(0)) {
        const index = reader.number();
        return { sort, define: (scope) => named(typeAt(scope, index), name) };
      }
      reader.expect(1);
      return { sort, define: (_, owner) => ({ kind: 'resource', owner, name }) };
    }
    default:
      return reader.fail('an import or export is of an unknown sort');
  }
}

/** A type that is exported by a name, and is called by that from now on, unless it has one. */
const named = (item: Item, name: string): Item =>
  'name' in item && item.name === item.kind ? { ...item, name } : item;

/** Reads an alias, which adds to a scope what it stands for. */
function readAlias(reader: Reader): (scope: Scope) => void {
  const sort = reader.byte();
  if (sort === SORT.core) {
    reader.byte();
  }
  const target = reader.byte();
  const [index, label] = target === 2 ? [reader.number(), reader.number()] : [reader.number(), reader.name()];
  if (target > 2) {
    reader.fail('an alias is of an unknown kind');
  }
  return (scope) => {
    if (sort === SORT.type) {
      const found =
        typeof label === 'number'
          ? typeAt(scopeAt(scope, index), label)
          : instanceAt(scope, index).get(label);
      scope.types.push(found ?? { kind: 'other', name: 'type' });
    } else if (sort === SORT.instance) {
      // One that comes from another instance is none that is imported.
      scope.instances.push(new Map());
    }
  };
}

const instanceAt = ({ instances }: Scope, index: number): Exports =>
  instances[index] ?? fail('there is a reference to an instance that there is not');

function scopeAt(scope: Scope, count: number): Scope {
  let found: Scope | undefined = scope;
  for (let each = 0; each < count; each++) {
    found = found?.outer;
  }
  return found ?? fail('there is a reference to what is outside of the component');
}

/** Reads a part of the type of an instance or of a component. */
function readDeclaration(reader: Reader, depth: number): Declaration {
  switch (reader.byte()) {
    case 1: {
      const define = readDefinition(reader, depth);
      return (scope, _, owner) => scope.types.push(define(scope, owner));
    }
    case 2: {
      const alias = readAlias(reader);
      return (scope) => alias(scope);
    }
    // An import, of the type of a component, and an export.
    case 3:
    case 4: {
      const name = reader.externName();
      const { sort, define } = readDescription(reader, name);
      return (scope, exports, owner) => {
        const item = define(scope, owner);
        if (exports.has(name)) {
          fail(`${quoted(name)} is there twice`);
        }
        exports.set(name, item);
        if (sort === SORT.type) {
          scope.types.push(item);
        } else if (sort === SORT.instance) {
          scope.instances.push(new Map());
        }
      };
    }
    default:
      return reader.fail('there is no such part of a type');
  }
}

/** An import of a component: of an instance if it has exports, or else of something that WASI 0.2 has none of. */
export interface Import {
  readonly name: string;
  readonly exports: Exports | undefined;
}

/**
 * Reads what a component imports, in its order, but for types that have only a new name: a host has nothing to give for
 * those. Throws a TypeError for what is no component.
 */
export function importsOf(component: Uint8Array): Import[] {
  const reader = new Reader(component);
  for (const byte of COMPONENT) {
    if (reader.isAtEnd || reader.byte() !== byte) {
      throw new TypeError('these bytes are no WebAssembly component');
    }
  }
  const imports: Import[] = [];
  const scope: Scope = { types: [], instances: [], outer: undefined };
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = reader.part(reader.number());
    const read = sections[id];
    if (read !== undefined) {
      section.list(() => read(section, scope, imports));
      section.expectEnd();
    } else if (id > LAST_SECTION) {
      section.fail('a section is of an unknown kind');
    }
  }
  return imports;
}

/** How the sections are read that can lead to the type of an import: an item of each. */
const sections: Readonly<Record<number, (reader: Reader, scope: Scope, imports: Import[]) => void>> = {
  // Instances.
  5(reader, { instances }) {
    if (reader.isNext(0)) {
      reader.number();
      reader.list(() => [reader.name(), readSort(reader)]);
    } else {
      reader.expect(1);
      reader.list(() => [reader.externName(), readSort(reader)]);
    }
    instances.push(new Map());
  },
  // Aliases.
  6(reader, scope) {
    readAlias(reader)(scope);
  },
  // Types.
  7(reader, scope) {
    scope.types.push(readDefinition(reader)(scope, itsOwn.owner));
  },
  // Imports.
  10(reader, scope, imports) {
    const name = reader.externName();
    const { sort, define } = readDescription(reader, name);
    const owner = withoutVersion(name);
    const item = define(scope, owner);
    const exports = item.kind === 'instance type' ? instantiate(item, owner) : undefined;
    const isNew = sort !== SORT.type || (item.kind === 'resource' && item.owner === owner);
    if (isNew) {
      imports.push({ name, exports });
    }
    if (sort === SORT.type) {
      scope.types.push(item);
    } else if (sort === SORT.instance) {
      scope.instances.push(exports ?? new Map());
    }
  },
  // Exports.
  11(reader, scope) {
    const name = reader.externName();
    const [sort, index] = readSort(reader);
    const described = reader.optional(() => readDescription(reader, name));
    if (sort === SORT.type) {
      scope.types.push(described?.define(scope, itsOwn.owner) ?? typeAt(scope, index));
    } else if (sort === SORT.instance) {
      scope.instances.push(new Map());
    }
  },
};

function readSort(reader: Reader): readonly [sort: number, index: number] {
  const sort = reader.byte();
  if (sort === SORT.core) {
    reader.byte();
  }
  return [sort, reader.number()];
}

/** What an instance of this type exports if it is the interface `owner`. */
function instantiate({ declarations, scope: outer, made }: InstanceType, owner: string): Exports {
  const known = made.get(owner);
  if (known !== undefined) {
    return known;
  }
  const exports = new Map<string, Item>();
  const scope: Scope = { types: [], instances: [], outer };
  for (const declare of declarations) {
    declare(scope, exports, owner);
  }
  made.set(owner, exports);
  return exports;
}

const withoutVersion = (name: string): string => name.replace(/@.*$/, '');

/**
 * Compares what a component imports with WASI 0.2 as published, from its bytes and before anything is made of it. It may
 * leave out what it does not need. Everything else must be the same: types, names of parameters, and which resources.
 *
 * `runComponent` and `loadComponent` do this themselves. It is for those who make bindings by jco.
 *
 * @param component the bytes of the component
 * @returns a sentence for each difference, and none if there is nothing but WASI. Throws a TypeError if the bytes are no
 * component.
 * @example
 * ```js
 * import { readFileSync } from 'node:fs';
 * import { fileURLToPath } from 'node:url';
 * import { importDifferences } from 'mapcp/host';
 *
 * const component = readFileSync(fileURLToPath(import.meta.resolve('mapcp/component')));
 * for (const difference of importDifferences(component)) {
 *   throw new Error(difference);
 * }
 * ```
 */
export function importDifferences(component: Uint8Array): string[] {
  return importsOf(component).flatMap(differencesIn);
}

function differencesIn({ name, exports }: Import): string[] {
  const plain = withoutVersion(name);
  const published: Interface | undefined = /@0\.2\.\d+$/.test(name) ? own(wasi, plain) : undefined;
  return published === undefined || exports === undefined
    ? [`the component imports ${quoted(name)}, which this host does not give it`]
    : [...exports].flatMap(([label, item]) => differencesOf(`${plain}.${label}`, label, item, published));
}

/** How many differences an error names. */
const MOST_NAMED = 5;

/**
 * Refuses a component that imports interfaces of WASI's as something else than they are: throws a {@link RefusedError} that
 * names the differences, and a TypeError if the bytes are no component. What else it imports does not matter as long as it
 * does not use it, and whether the host gives that is another question.
 */
export function requireWasi(component: Uint8Array): void {
  const imports = importsOf(component).filter(({ name }) => Object.hasOwn(wasi, withoutVersion(name)));
  const differences = imports.flatMap(differencesIn);
  if (differences.length > 0) {
    const more = differences.length - MOST_NAMED;
    throw new RefusedError(
      differences.slice(0, MOST_NAMED).join('; and ') + (more > 0 ? `; and ${more} more differences` : ''),
    );
  }
}

function differencesOf(place: string, label: string, item: Item, { types, functions }: Interface): string[] {
  const differs = (declared: string, has: string) => [
    `the component declares ${quoted(place)} as ${declared}; WASI 0.2 has ${has}`,
  ];
  if (item.kind === 'function') {
    const published = own(functions, label);
    if (published === undefined) {
      return [`the component imports ${quoted(place)}, which WASI 0.2 does not have`];
    }
    const declared = `${item.isAsync ? 'async ' : ''}${printFunction(item.type)}`;
    const has = printFunction(published);
    if (isSameFunction(item.type, published) && !item.isAsync) {
      return [];
    }
    return declared === has
      ? [`the component declares ${quoted(place)} with types that have only their names from WASI 0.2`]
      : differs(declared, has);
  }
  const published = own(types, label);
  if (published === undefined || item.kind === 'instance type') {
    return [`the component declares ${quoted(place)}, which WASI 0.2 does not have`];
  }
  return isSame(item, published) ? [] : differs(define(item), define(published));
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
