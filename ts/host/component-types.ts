// What a component imports, with the types that it declares for it.
//
// This reads the sections of a component that can lead to the type of an import, in the format of the component model's
// Binary.md, and skips the others. It refuses anything that it does not know.

import { quoted } from '../common/errors.js';
import { Reader, unreadable } from './component-reader.js';
import type { FunctionType, Primitive, Resource, Type } from './wit.js';

/** What a type index or an export of an instance can refer to. */
export type Item =
  | Type
  | Resource
  | { readonly kind: 'function'; readonly type: FunctionType; readonly isAsync: boolean }
  | InstanceType;

/** The type of an instance. Each interface of this type gets its own exports from it. */
interface InstanceType {
  readonly kind: 'instance type';
  readonly declarations: readonly Declaration[];
  readonly scope: Scope;
  /** The exports made so far, by the name of the interface. */
  readonly made: Map<string, Exports>;
}

/** The exports of an instance, by name. */
export type Exports = ReadonlyMap<string, Item>;

/** What indices can refer to at one point of a component or of an instance type. */
interface Scope {
  readonly types: Item[];
  readonly instances: Exports[];
  readonly outer: Scope | undefined;
}

/** A part of an instance type: extends a scope, and the exports of an instance of the interface `owner`. */
type Declaration = (scope: Scope, exports: Map<string, Item>, owner: string) => void;

/** Makes the type, import or export that was read, from what it can refer to. */
type Definition = (scope: Scope, owner: string) => Item;

/** Stands for each resource that the component defines, or gets in another way than by an import. */
const ownResource: Resource = { kind: 'resource', owner: 'the component', name: 'resource' };

/** Maximum nesting of instance and component types. WASI nests none. */
const MOST_NESTED = 8;

/** `(component` in binary: the magic number, the version and the layer. */
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

const LAST_SECTION = 12;

/** The sorts of imports, exports and aliases. */
const SORT = { core: 0, function: 1, value: 2, type: 3, component: 4, instance: 5 } as const;

/** The code of `error-context`, which WASI 0.2 does not have. */
const ERROR_CONTEXT = 0x64;

/** The codes of primitive types. */
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

type TypeOf = (scope: Scope) => Type;

const other =
  (name: string): Definition =>
  () => ({ kind: 'other', name });

const typeAt = ({ types }: Scope, index: number): Item =>
  types[index] ?? unreadable('a reference leads to no type');

const asType = (item: Item): Type =>
  item.kind === 'resource' || item.kind === 'function' || item.kind === 'instance type'
    ? { kind: 'other', name: item.kind }
    : item;

const asResource = (item: Item): Resource => (item.kind === 'resource' ? item : ownResource);

/** Reads the use of a type: a primitive type, or a reference to a defined one. */
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
  // The case that this one refines. No component has one.
  reader.expect(0);
  return read;
}

/** Reads a type definition, from a type section or from the type of an instance. */
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
        reader.fail('types are nested too deeply');
      }
      const declarations = reader.list(() => readDeclaration(reader, depth + 1));
      return code === 0x41
        ? other('component')
        : (scope) => ({ kind: 'instance type', declarations, scope, made: new Map() });
    }
    case 0x3f:
      reader.expect(0x7f);
      reader.optional(() => reader.number());
      return () => ownResource;
    default:
      return reader.fail('a type is of an unknown kind');
  }
}

/** Reads the results of a function that has none. */
function readNothing(reader: Reader): undefined {
  reader.expect(1);
  reader.expect(0);
}

/** Reads what an import or export is. A resource that it defines gets this name, in its owner. */
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

/** Gives a type the name that it is exported by, unless it already has one. */
const named = (item: Item, name: string): Item =>
  'name' in item && item.name === item.kind ? { ...item, name } : item;

/** Reads an alias, which adds what it stands for to a scope. */
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
      // An instance that comes from another instance is not imported.
      scope.instances.push(new Map());
    }
  };
}

const instanceAt = ({ instances }: Scope, index: number): Exports =>
  instances[index] ?? unreadable('a reference leads to no instance');

function scopeAt(scope: Scope, count: number): Scope {
  let found: Scope | undefined = scope;
  for (let each = 0; each < count; each++) {
    found = found?.outer;
  }
  return found ?? unreadable('a reference leads outside of the component');
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
    // An import, in the type of a component, or an export.
    case 3:
    case 4: {
      const name = reader.externName();
      const { sort, define } = readDescription(reader, name);
      return (scope, exports, owner) => {
        const item = define(scope, owner);
        if (exports.has(name)) {
          unreadable(`${quoted(name)} is there twice`);
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
      return reader.fail('a part of a type is of an unknown kind');
  }
}

/** An import of a component. Only an instance has exports, and WASI 0.2 has no other imports. */
export interface Import {
  readonly name: string;
  readonly exports: Exports | undefined;
}

/**
 * Reads what a component imports, in its order. Leaves out types that only rename others, because a host provides
 * nothing for those. Throws a TypeError if the bytes are not a component.
 */
export function importsOf(component: Uint8Array): Import[] {
  const reader = new Reader(component);
  for (const byte of COMPONENT) {
    if (reader.isAtEnd || reader.byte() !== byte) {
      throw new TypeError('these bytes are not a WebAssembly component');
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

/** Readers of the sections that can lead to the type of an import. Each reads one item. */
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
    scope.types.push(readDefinition(reader)(scope, ownResource.owner));
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
      scope.types.push(described?.define(scope, ownResource.owner) ?? typeAt(scope, index));
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

/** Makes the exports of an instance of this type, as the interface `owner`. */
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

/** The name of an interface without its version. */
export const withoutVersion = (name: string): string => name.replace(/@.*$/, '');
