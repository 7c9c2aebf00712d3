// Generates components whose imports differ from WASI's types, as text. Their code calls the imports with any values of
// the declared types.

import fc from 'fast-check';
import type { InterfaceName } from '../../ts/host/wasi.js';
import { wasi } from '../../ts/host/wasi.js';
import type { FunctionType, Interface, Primitive, Resource, Type } from '../../ts/host/wit.js';

/** An import and its declared type. */
export interface Declared {
  readonly interface: InterfaceName;
  readonly label: string;
  readonly type: FunctionType;
}

/** A component and its code. */
export interface Plan {
  readonly declared: readonly Declared[];
  readonly encoding: 'utf8' | 'utf16';
  /** The address that its allocator returns for every request. If it is undefined, the allocator works. */
  readonly allocated: number | undefined;
  /** The steps of each exported function. */
  readonly runs: readonly (readonly Step[])[];
}

/** Arguments that a function expects, extreme ones, and expected ones on a resource that was made. */
type Fit = 'fitting' | 'extreme' | 'made';

/** A call of an import, by its index, or the drop of a handle. Arguments are chosen by numbers, or fit their types. */
type Step =
  | { readonly call: number; readonly choices: readonly number[] | Fit }
  | { readonly drop: number; readonly handle: number };

const interfaces: Readonly<Record<InterfaceName, Interface>> = wasi;

/** Each interface follows those whose resources it may use. */
const ORDER: readonly InterfaceName[] = [
  ...(['wasi:io/error', 'wasi:io/poll', 'wasi:io/streams'] as const),
  ...(['wasi:cli/terminal-input', 'wasi:cli/terminal-output', 'wasi:filesystem/types'] as const),
  ...(['wasi:filesystem/preopens', 'wasi:cli/stdin', 'wasi:cli/stdout', 'wasi:cli/stderr'] as const),
  ...(['wasi:cli/terminal-stdin', 'wasi:cli/terminal-stdout', 'wasi:cli/terminal-stderr'] as const),
  ...(['wasi:cli/environment', 'wasi:cli/exit', 'wasi:clocks/monotonic-clock'] as const),
  ...(['wasi:clocks/wall-clock', 'wasi:random/insecure', 'wasi:random/insecure-seed'] as const),
  'wasi:random/random',
];

const allResources = ORDER.flatMap((name) =>
  Object.values(interfaces[name].types).filter(
    (type): type is Resource => type.kind === 'resource' && type.owner === name,
  ),
);

/** Every component imports these unchanged if it can, to have resources to call with. */
const BASE: readonly (readonly [InterfaceName, string])[] = [
  ['wasi:filesystem/preopens', 'get-directories'],
  ['wasi:filesystem/types', '[method]descriptor.open-at'],
  ['wasi:filesystem/types', '[method]descriptor.read-directory'],
  ['wasi:cli/stdin', 'get-stdin'],
  ['wasi:cli/stdout', 'get-stdout'],
  ['wasi:io/streams', '[method]output-stream.subscribe'],
];

const primitives: readonly Primitive[] = [
  ...(['bool', 'u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64'] as const),
  ...(['f32', 'f64', 'char', 'string'] as const),
];

const label = fc.constantFrom(
  'a',
  'constructor',
  'prototype',
  'length',
  'buffer',
  'tag',
  'val',
  'then',
  'to-string',
);

/** Any type that an interface can use. Its resources belong to earlier interfaces or to itself. */
function anyType(owner: InterfaceName): fc.Arbitrary<Type> {
  const resource = fc.constantFrom(...allResources).map((of) => visibleFrom(owner, of));
  const { type } = fc.letrec<{ type: Type }>((tie) => ({
    type: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...primitives).map((kind): Type => ({ kind })),
      fc.record({ kind: fc.constantFrom('own' as const, 'borrow' as const), resource }),
      tie('type').map((element): Type => ({ kind: 'list', element })),
      tie('type').map((element): Type => ({ kind: 'option', element })),
      fc
        .array(tie('type'), { minLength: 1, maxLength: 3 })
        .map((elements): Type => ({ kind: 'tuple', elements })),
      fc
        .record({
          ok: fc.option(tie('type'), { nil: undefined }),
          err: fc.option(tie('type'), { nil: undefined }),
        })
        .map((parts): Type => ({ kind: 'result', ...parts })),
      fc
        .uniqueArray(fc.tuple(label, tie('type')), { minLength: 1, maxLength: 3, selector: ([name]) => name })
        .map((fields): Type => ({ kind: 'record', name: '', fields })),
      fc
        .uniqueArray(fc.tuple(label, fc.option(tie('type'), { nil: undefined })), {
          minLength: 1,
          maxLength: 3,
          selector: ([name]) => name,
        })
        .map((cases): Type => ({ kind: 'variant', name: '', cases })),
      fc
        .record({
          kind: fc.constantFrom('enum' as const, 'flags' as const),
          labels: fc.uniqueArray(label, { minLength: 1, maxLength: 4 }),
        })
        .map((parts): Type => ({ name: '', ...parts })),
    ),
  }));
  return type;
}

const visibleFrom = (owner: InterfaceName, of: Resource): Resource =>
  ORDER.indexOf(of.owner as InterfaceName) <= ORDER.indexOf(owner) ? of : { ...of, owner };

/** WebAssembly forbids a borrowed handle in a result. */
function hasBorrow(type: Type | undefined): boolean {
  switch (type?.kind) {
    case 'borrow':
      return true;
    case 'list':
    case 'option':
      return hasBorrow(type.element);
    case 'tuple':
      return type.elements.some(hasBorrow);
    case 'result':
      return hasBorrow(type.ok) || hasBorrow(type.err);
    case 'record':
      return type.fields.some(([, part]) => hasBorrow(part));
    case 'variant':
      return type.cases.some(([, part]) => hasBorrow(part));
    default:
      return false;
  }
}

/** Replaces a part of a type, or the whole type, by another. */
function mutated(type: Type | undefined, other: Type, where: number): Type | undefined {
  const parts: (Type | undefined)[] =
    type?.kind === 'list' || type?.kind === 'option'
      ? [type.element]
      : type?.kind === 'tuple'
        ? [...type.elements]
        : type?.kind === 'result'
          ? [type.ok, type.err]
          : [];
  const at = where % (parts.length + 1);
  if (type === undefined || at === parts.length) {
    return other;
  }
  const changed = parts.with(at, mutated(parts[at], other, Math.floor(where / (parts.length + 1))));
  switch (type.kind) {
    case 'list':
    case 'option':
      return { kind: type.kind, element: changed[0] ?? other };
    case 'tuple':
      return { kind: 'tuple', elements: changed.map((part) => part ?? other) };
    default:
      return { kind: 'result', ok: changed[0], err: changed[1] };
  }
}

/** Names that JavaScript knows and WASI does not. */
const jsNames = [
  'constructor',
  'prototype',
  'to-string',
  'value-of',
  'call',
  'apply',
  'bind',
  'name',
  'length',
  'then',
];

/** Functions with such names, and constructors. */
const strangeLabels = (name: InterfaceName): string[] => {
  const own = allResources.filter(({ owner }) => owner === name).map((of) => of.name);
  return [
    ...jsNames,
    ...own.flatMap((of) => jsNames.flatMap((word) => [`[method]${of}.${word}`, `[static]${of}.${word}`])),
    ...own.map((of) => `[constructor]${of}`),
  ];
};

/** A function of an interface with a type that is wrong in one place, or, rarely, right. */
function anyDeclared(name: InterfaceName): fc.Arbitrary<Declared> {
  const known = Object.entries(interfaces[name].functions);
  const other = anyType(name);
  const where = fc.nat(1000);
  const ofKnown = known.map(([label, type]) => {
    // The first parameter of a method is its resource.
    const fixed = label.startsWith('[method]') ? 1 : 0;
    const place = fc.integer({ min: fixed, max: type.params.length });
    const declare = (params: FunctionType['params'], result: Type | undefined): Declared => ({
      interface: name,
      label,
      type: { params, result },
    });
    return fc.oneof(
      { weight: 1, arbitrary: fc.constant(declare(type.params, type.result)) },
      {
        weight: 6,
        arbitrary: fc.tuple(place, other, where).map(([at, instead, part]) => {
          const param = type.params[at];
          const changed = param && mutated(param[1], instead, part);
          return param && changed
            ? declare(type.params.with(at, [param[0], changed]), type.result)
            : declare(type.params, returnable(mutated(type.result, instead, part)));
        }),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(other, where)
          .map(([instead, part]) => declare(type.params, returnable(mutated(type.result, instead, part)))),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(place, other)
          .map(([at, more]) => declare(type.params.toSpliced(at, 0, ['more', more]), type.result)),
      },
      {
        weight: 2,
        arbitrary: place.map((at) =>
          at < type.params.length
            ? declare(type.params.toSpliced(at, 1), type.result)
            : declare(type.params, undefined),
        ),
      },
    );
  });
  const strange = fc.tuple(
    fc.constantFrom(...strangeLabels(name)),
    fc.array(other, { maxLength: 2 }),
    fc.option(other, { nil: undefined }),
  );
  const ofStrange = strange.map(([label, params, result]): Declared => {
    const resource = { kind: 'resource', owner: name, name: label.replace(/^\[.*\]|\..*$/g, '') } as const;
    const named = params.map((type, index) => [`p${index}`, type] as const);
    const isMethod = label.startsWith('[method]');
    const isConstructor = label.startsWith('[constructor]');
    return {
      interface: name,
      label,
      type: {
        params: isMethod ? [['self', { kind: 'borrow', resource }], ...named] : named,
        result: isConstructor ? { kind: 'own', resource } : returnable(result),
      },
    };
  });
  return known.length === 0
    ? ofStrange
    : fc.oneof({ weight: 8, arbitrary: fc.oneof(...ofKnown) }, { weight: 1, arbitrary: ofStrange });
}

const returnable = (type: Type | undefined): Type | undefined => (hasBorrow(type) ? { kind: 'u32' } : type);

/** Any component with imports of any types. */
export const anyPlan: fc.Arbitrary<Plan> = fc.constantFrom(...ORDER).chain((name) =>
  fc.record({
    declared: fc.uniqueArray(anyDeclared(name), {
      minLength: 1,
      maxLength: 3,
      // A static function, a method and a function cannot share a name.
      selector: ({ label }) => label.replace(/^\[.*?\]/, ''),
    }),
    encoding: fc.oneof(
      { weight: 4, arbitrary: fc.constant('utf8' as const) },
      { weight: 1, arbitrary: fc.constant('utf16' as const) },
    ),
    allocated: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, 4096, 131_064, 131_072, -1, -8) },
    ),
    runs: fc.array(
      fc.array(
        fc.oneof(
          {
            weight: 4,
            arbitrary: fc.record({
              call: fc.nat(2),
              choices: fc.array(fc.nat(1000), { minLength: 17, maxLength: 17 }),
            }),
          },
          { weight: 1, arbitrary: fc.record({ drop: fc.nat(10), handle: fc.integer({ min: 0, max: 4 }) }) },
        ),
        { minLength: 1, maxLength: 3 },
      ),
      { minLength: 6, maxLength: 6 },
    ),
  }),
);

/** Replacements that JavaScript, jco or a host could take for another type. */
const instead = (owner: InterfaceName): Type[] => {
  const of = (name: string) =>
    visibleFrom(owner, allResources.find((each) => each.name === name) as Resource);
  const u8: Type = { kind: 'u8' };
  const text: Type = { kind: 'string' };
  const numbers: Type = { kind: 'list', element: { kind: 'u64' } };
  return [
    ...(['s64', 'f64', 'u64', 'u32', 'u8', 'bool', 'char', 'string'] as const).map(
      (kind): Type => ({ kind }),
    ),
    numbers,
    { kind: 'list', element: { kind: 'u16' } },
    { kind: 'list', element: text },
    {
      kind: 'record',
      name: '',
      fields: [['constructor', { kind: 'record', name: '', fields: [['name', text]] }]],
    },
    {
      kind: 'record',
      name: '',
      fields: [
        ['buffer', { kind: 'list', element: u8 }],
        ['length', { kind: 'u32' }],
      ],
    },
    { kind: 'flags', name: '', labels: ['constructor', 'prototype'] },
    { kind: 'option', element: numbers },
    { kind: 'result', ok: numbers, err: text },
    { kind: 'own', resource: of('descriptor') },
    { kind: 'borrow', resource: of('input-stream') },
  ];
};

/** Each function of an interface, for every place in its type and each replacement. */
function othersOf(name: InterfaceName, label: string, { params, result }: FunctionType): Declared[] {
  const first = label.startsWith('[method]') ? 1 : 0;
  return instead(name).flatMap((other) => {
    const places = (type: Type | undefined) =>
      [...new Array(partsIn(type) + 1).keys()].map((part) => mutated(type, other, part));
    return [
      ...params
        .slice(first)
        .flatMap(([param, type], index) =>
          places(type).flatMap((changed): FunctionType[] =>
            changed ? [{ params: params.with(first + index, [param, changed]), result }] : [],
          ),
        ),
      ...places(result).map((changed): FunctionType => ({ params, result: returnable(changed) })),
      { params: [...params, ['more', other] as const], result },
    ].map((type) => ({ interface: name, label, type }));
  });
}

/** How many parts of a type `mutated` reaches in at most two steps. */
function partsIn(type: Type | undefined): number {
  switch (type?.kind) {
    case 'list':
    case 'option':
      return 1;
    case 'tuple':
      return type.elements.length * 3;
    case 'result':
      return 8;
    default:
      return 0;
  }
}

const everyFunction = ORDER.flatMap((name) =>
  Object.entries(interfaces[name].functions).map(([label, type]) => ({ interface: name, label, type })),
);

const others = everyFunction.map((each) => othersOf(each.interface, each.label, each.type));

/** After this many rounds, every function has had every replacement in every place. */
export const ROUNDS = Math.max(...others.map((each) => each.length));

/** The functions of one component. A failed call needs a new component, and more functions make its start slower. */
const EACH = 8;

/**
 * Components that have every function of WASI, each with another type in one place, and call each one separately. Only
 * one of the functions that provide resources is changed.
 */
export function roundPlans(round: number): Plan[] {
  const spared = BASE.filter((_, index) => index !== round % BASE.length);
  const all = others.flatMap((each) => {
    const one = each[round % each.length];
    return one === undefined || spared.some(([name, label]) => one.interface === name && one.label === label)
      ? []
      : [one];
  });
  return Array.from({ length: Math.ceil(all.length / EACH) }, (_, index) => {
    const declared = all.slice(index * EACH, (index + 1) * EACH);
    const fits = ['fitting', 'extreme'] as const;
    const runs = declared.flatMap((_, call) => fits.map((choices) => [{ call, choices }]));
    return { declared, encoding: 'utf8', allocated: undefined, runs };
  });
}

/** All classes are made by one function, so these stand for all. */
const strangeResources = allResources.filter(({ name }) => name === 'descriptor' || name === 'pollable');

/** Methods that show which resource was made. */
const TELLING = /\.(?:read|get-type|block|ready)$/;

/** Components with imports that WASI lacks: constructors, and functions with names from JavaScript. */
export const strangePlans: readonly Plan[] = strangeResources.flatMap((resource) => {
  const owner = resource.owner as InterfaceName;
  const self = ['self', { kind: 'borrow', resource }] as const;
  const text = ['code', { kind: 'string' }] as const;
  const known = everyFunction.filter(
    ({ label }) => label.startsWith(`[method]${resource.name}.`) && TELLING.test(label),
  );
  const plan = (strange: readonly Declared[]): Plan => {
    const declared = [...strange, ...known];
    const uses = known.map((_, index): Step => ({ call: strange.length + index, choices: 'made' }));
    // jco counts objects without a number, so each new one stands for another resource.
    const runs = strange.flatMap((_, call) => new Array(4).fill([{ call, choices: 'fitting' }, ...uses]));
    return { declared, encoding: 'utf8', allocated: undefined, runs };
  };
  const declare = (label: string, params: FunctionType['params'], result: Type): Declared => ({
    interface: owner,
    label,
    type: { params, result },
  });
  const made: Type = { kind: 'own', resource };
  return [
    plan([declare(`[constructor]${resource.name}`, [], made)]),
    plan([declare(`[constructor]${resource.name}`, [['fd', { kind: 'u32' }]], made)]),
    ...['static', 'method'].map((kind): Plan => {
      const params = kind === 'static' ? [text] : [self, text];
      const declared = jsNames.map((word) =>
        declare(`[${kind}]${resource.name}.${word}`, params, { kind: 'u32' }),
      );
      const runs = jsNames.map((_, call): Step[] => [{ call, choices: 'fitting' }]);
      return { declared, encoding: 'utf8', allocated: undefined, runs };
    }),
  ];
});

// --- As text ----------------------------------------------------------------------------------------------------------

type Core = 'i32' | 'i64' | 'f32' | 'f64';

/** The flat types of the canonical ABI. */
function flatten(type: Type): Core[] {
  switch (type.kind) {
    case 'u64':
    case 's64':
      return ['i64'];
    case 'f32':
    case 'f64':
      return [type.kind];
    case 'string':
    case 'list':
      return ['i32', 'i32'];
    case 'record':
      return type.fields.flatMap(([, part]) => flatten(part));
    case 'tuple':
      return type.elements.flatMap(flatten);
    case 'variant':
      return flattenCases(type.cases.map(([, part]) => part));
    case 'option':
      return flattenCases([undefined, type.element]);
    case 'result':
      return flattenCases([type.ok, type.err]);
    default:
      return ['i32'];
  }
}

function flattenCases(cases: readonly (Type | undefined)[]): Core[] {
  const joined: Core[] = [];
  for (const part of cases) {
    for (const [index, core] of (part ? flatten(part) : []).entries()) {
      const other = joined[index] ?? core;
      const isSmall = (each: Core) => each === 'i32' || each === 'f32';
      joined[index] = other === core ? core : isSmall(other) && isSmall(core) ? 'i32' : 'i64';
    }
  }
  return ['i32', ...joined];
}

/** The type of a function in a core module. */
function coreType({ params, result }: FunctionType): {
  readonly params: Core[];
  readonly result: Core | undefined;
} {
  const flat = params.flatMap(([, type]) => flatten(type));
  const returned = result ? flatten(result) : [];
  return {
    params: [
      ...(flat.length > 16 ? (['i32'] as const) : flat),
      ...(returned.length > 1 ? (['i32'] as const) : []),
    ],
    result: returned.length === 1 ? returned[0] : undefined,
  };
}

/** Writes the type of an instance as text. */
class InstanceText {
  readonly lines: string[] = [];
  readonly #owner: InterfaceName;
  readonly #names = new Map<unknown, string>();
  #count = 0;

  constructor(owner: InterfaceName) {
    this.#owner = owner;
    const types: Interface['types'] = interfaces[owner].types;
    // First, so that WASI's types keep their names.
    for (const [name, type] of Object.entries(types)) {
      if (type.kind === 'resource') {
        this.resource(type);
      } else {
        this.#export(name, type, this.#define(type));
      }
    }
  }

  function(label: string, { params, result }: FunctionType): void {
    const parts = params.map(([name, type]) => `(param "${name}" ${this.type(type)})`);
    const returned = result ? `(result ${this.type(result)})` : '';
    this.lines.push(`(export "${label}" (func ${parts.join(' ')} ${returned}))`);
  }

  resource({ owner, name }: Resource): string {
    const key = `${owner}.${name}`;
    const known = this.#names.get(key);
    if (known !== undefined) {
      return known;
    }
    const id = `$r${this.#count++}`;
    this.#names.set(key, id);
    if (owner === this.#owner) {
      this.lines.push(`(export "${name}" (type ${id} (sub resource)))`);
    } else {
      this.lines.push(
        `(alias outer 1 ${idOf(owner)}-${name} (type ${id}-outer))`,
        `(export "${name}" (type ${id} (eq ${id}-outer)))`,
      );
    }
    return id;
  }

  /** A type at its use. */
  type(type: Type): string {
    switch (type.kind) {
      case 'record':
      case 'variant':
      case 'enum':
      case 'flags':
        return this.#names.get(type) ?? this.#export(`m${this.#count++}`, type, this.#define(type));
      case 'own':
      case 'borrow':
        return `(${type.kind} ${this.resource(type.resource)})`;
      default:
        return this.#define(type);
    }
  }

  #export(name: string, type: unknown, defined: string): string {
    const id = `$t${this.#count++}`;
    this.lines.push(`(type ${id}-plain ${defined})`, `(export "${name}" (type ${id} (eq ${id}-plain)))`);
    this.#names.set(type, id);
    return id;
  }

  #define(type: Type): string {
    const part = (each: Type | undefined) => (each ? this.type(each) : '');
    switch (type.kind) {
      case 'list':
      case 'option':
        return `(${type.kind} ${part(type.element)})`;
      case 'tuple':
        return `(tuple ${type.elements.map(part).join(' ')})`;
      case 'result':
        return `(result ${part(type.ok)} ${type.err ? `(error ${part(type.err)})` : ''})`;
      case 'record':
        return `(record ${type.fields.map(([name, each]) => `(field "${name}" ${part(each)})`).join(' ')})`;
      case 'variant':
        return `(variant ${type.cases.map(([name, each]) => `(case "${name}" ${part(each)})`).join(' ')})`;
      case 'enum':
      case 'flags':
        return `(${type.kind} ${type.labels.map((each) => `"${each}"`).join(' ')})`;
      default:
        return type.kind;
    }
  }
}

const idOf = (name: string): string => `$${name.replace(/[:/]/g, '-')}`;

/** The addresses of the handles that setup gets. */
const HANDLES = { root: 16, file: 20, stdin: 24, stdout: 28, pollable: 44, listing: 48, made: 52 } as const;

/** Possible arguments for each flat type. */
const VALUES: Readonly<Record<Core, readonly string[]>> = {
  i32: [
    ...Object.values(HANDLES).map((at) => `(i32.load (i32.const ${at}))`),
    ...[0, 1, 2, 3, 4, 7, 8, 255, 256, -1, -64, 2 ** 30, -(2 ** 31)].map((value) => `(i32.const ${value})`),
    // Addresses, some of them with paths, and lengths.
    ...[64, 80, 112, 160, 1024, 2048, 4096, 65_536, 131_064, 131_072].map((value) => `(i32.const ${value})`),
  ],
  i64: [0, 1, 5, 100, 5000, -1, -64, 2 ** 20, 2 ** 32, 2 ** 53]
    .map((value) => `(i64.const ${value})`)
    .concat(['(i64.const 0x7fffffffffffffff)', '(i64.const 0x8000000000000000)']),
  f32: ['nan', 'inf', '-inf', '0', '-0', '1', '1.5', '-64', '3e9'].map((value) => `(f32.const ${value})`),
  f64: ['nan', 'inf', '-inf', '0', '-0', '1', '1.5', '-64', '3e9', '1e300'].map(
    (value) => `(f64.const ${value})`,
  ),
};

const get = (handle: keyof typeof HANDLES): string => `(i32.load (i32.const ${HANDLES[handle]}))`;

const put = (handle: keyof typeof HANDLES, value: string): string =>
  `(i32.store (i32.const ${HANDLES[handle]}) ${value})`;

/** Arguments for each flat parameter of a function. */
function argumentsFor(type: FunctionType, how: Fit): string[] {
  const flat = type.params.flatMap(([name, each]) =>
    // An offset inside the file.
    name === 'offset' && each.kind === 'u64' && how !== 'extreme'
      ? ['(i64.const 0)']
      : argumentFor(each, how),
  );
  const { params } = coreType(type);
  // More than 16 parameters are passed in memory. The address of the result is last.
  return params.map(
    (core, at) => (params.length > flat.length + 1 ? undefined : flat[at]) ?? `(${core}.const 2048)`,
  );
}

function argumentFor(type: Type, how: Fit): string[] {
  const isFitting = how !== 'extreme';
  switch (type.kind) {
    case 'string':
      return ['(i32.const 64)', '(i32.const 4)'];
    case 'list':
      return ['(i32.const 1024)', isFitting ? '(i32.const 4)' : '(i32.const 1000)'];
    case 'u64':
      return [isFitting ? '(i64.const 1000)' : '(i64.const -1)'];
    case 's64':
      return ['(i64.const -64)'];
    case 'f32':
    case 'f64':
      return [isFitting ? `(${type.kind}.const nan)` : `(${type.kind}.const -64.5)`];
    case 'own':
    case 'borrow': {
      const handles: Readonly<Record<string, keyof typeof HANDLES>> = {
        descriptor: isFitting ? 'file' : 'root',
        'input-stream': 'stdin',
        'output-stream': 'stdout',
        pollable: 'pollable',
        'directory-entry-stream': 'listing',
      };
      return [get(how === 'made' ? 'made' : (handles[type.resource.name] ?? 'made'))];
    }
    case 'record':
      return type.fields.flatMap(([, part]) => argumentFor(part, how));
    case 'tuple':
      return type.elements.flatMap((part) => argumentFor(part, how));
    default:
      return flatten(type).map((core, index) => `(${core}.const ${index === 0 && !isFitting ? 1 : 0})`);
  }
}

/** Writes a component as text. It exports `setup` and `run0`, `run1`, …. */
export function textOf({ declared, encoding, allocated, runs }: Plan): string {
  const isDeclared = (name: InterfaceName, label: string) =>
    declared.some((each) => each.interface === name && each.label === label);
  const base = BASE.filter(([name, label]) => !isDeclared(name, label)).map(
    ([name, label]): Declared => ({
      interface: name,
      label,
      type: interfaces[name].functions[label] as FunctionType,
    }),
  );
  const all = [...declared, ...base];
  const needed = ORDER.filter(
    (name) =>
      all.some((each) => each.interface === name) ||
      allResources.some(({ owner }) => owner === name && !name.includes('terminal')) ||
      (name.includes('terminal') &&
        declared.some((each) => ORDER.indexOf(each.interface) > ORDER.indexOf(name))),
  );
  const owned = allResources.filter(({ owner }) => needed.includes(owner as InterfaceName));
  const imports = needed.flatMap((name) => {
    const text = new InstanceText(name);
    for (const each of all.filter((one) => one.interface === name)) {
      text.function(each.label, each.type);
    }
    return [
      `(type ${idOf(name)}-type (instance\n${text.lines.join('\n')}))`,
      `(import "${name}@0.2.0" (instance ${idOf(name)} (type ${idOf(name)}-type)))`,
      ...owned
        .filter(({ owner }) => owner === name)
        .map((of) => `(alias export ${idOf(name)} "${of.name}" (type ${idOf(name)}-${of.name}))`),
    ];
  });
  const lowered = all.map(
    (each, index) =>
      `(core func $f${index} (canon lower (func ${idOf(each.interface)} "${each.label}")
         (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=${encoding}))`,
  );
  const drops = owned.map(
    (of, index) => `(core func $d${index} (canon resource.drop ${idOf(of.owner)}-${of.name}))`,
  );
  const coreImports = [
    ...all.map((each, index) => {
      const { params, result } = coreType(each.type);
      return `(import "h" "f${index}" (func $f${index} (param ${params.join(' ')}) ${result ? `(result ${result})` : ''}))`;
    }),
    ...drops.map((_, index) => `(import "h" "d${index}" (func $d${index} (param i32)))`),
  ];
  const given = [...all.keys()]
    .map((index) => `(export "f${index}" (func $f${index}))`)
    .concat([...drops.keys()].map((index) => `(export "d${index}" (func $d${index}))`));
  const indexOf = (name: InterfaceName, label: string) =>
    declared.length + base.findIndex((each) => each.interface === name && each.label === label);
  const calls: Readonly<Record<string, (call: string) => string>> = {
    'get-directories': (call) =>
      `(${call} (i32.const 0)) ${put('root', '(i32.load (i32.load (i32.const 0)))')}`,
    'get-stdin': (call) => put('stdin', `(${call})`),
    'get-stdout': (call) => put('stdout', `(${call})`),
    '[method]output-stream.subscribe': (call) => put('pollable', `(${call} ${get('stdout')})`),
    '[method]descriptor.open-at': (call) =>
      `(${call} ${get('root')} (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 3) (i32.const 32))
       ${put('file', '(i32.load (i32.const 36))')}`,
    '[method]descriptor.read-directory': (call) =>
      `(${call} ${get('root')} (i32.const 32)) ${put('listing', '(i32.load (i32.const 36))')}`,
  };
  const setup = [
    ...Object.values(HANDLES).map((at) => `(i32.store (i32.const ${at}) (i32.const 1))`),
    ...BASE.filter(([name, label]) => !isDeclared(name, label)).map(([name, label]) =>
      calls[label]?.(`call $f${indexOf(name, label)}`),
    ),
  ];
  const steps = (run: readonly Step[]) =>
    run.map((step) => {
      if ('drop' in step) {
        return drops.length === 0 ? '' : `(call $d${step.drop % drops.length} (i32.const ${step.handle}))`;
      }
      const index = step.call % declared.length;
      const { type, label } = declared[index] as Declared;
      const { params, result } = coreType(type);
      const { choices } = step;
      const args =
        typeof choices === 'string'
          ? argumentsFor(type, choices)
          : params.map((core, at) => VALUES[core][(choices[at] ?? 0) % VALUES[core].length]);
      const call = `(call $f${index} ${args.join(' ')})`;
      if (label.startsWith('[constructor]')) {
        return put('made', call);
      }
      return result ? `(drop ${call})` : call;
    });
  const utf16 = encoding === 'utf16' ? 2 : 1;
  const data = (at: number, text: string) => {
    const bytes = Buffer.from(text, utf16 === 2 ? 'utf16le' : 'utf8');
    return `(data (i32.const ${at}) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}")`;
  };
  return `(component
    ${imports.join('\n')}
    (core module $libc
      (memory (export "memory") 2)
      (global $top (mut i32) (i32.const 8192))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        ${
          allocated === undefined
            ? `(global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
               (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3)))`
            : `(i32.const ${allocated})`
        })
      ${data(64, 'file')} ${data(80, '../outside/secret')} ${data(160, 'new')})
    (core instance $libc (instantiate $libc))
    ${[...lowered, ...drops].join('\n')}
    (core module $main
      ${coreImports.join('\n')}
      (import "libc" "memory" (memory 2))
      (func (export "setup") ${setup.join('\n')})
      ${runs.map((run, index) => `(func (export "run${index}") ${steps(run).join('\n')})`).join('\n')})
    (core instance $main (instantiate $main (with "libc" (instance $libc)) (with "h" (instance ${given.join('\n')}))))
    ${['setup', ...runs.map((_, index) => `run${index}`)]
      .map((name) => `(func (export "${name}") (canon lift (core func $main "${name}")))`)
      .join('\n')})`;
}

/** A component that declares one function of WASI with other types, some of which are resources of its own. */
function attack(
  name: InterfaceName,
  label: string,
  params: readonly Type[],
  returned: Type | undefined,
): Plan {
  const published = everyFunction.find((each) => each.interface === name && each.label === label);
  const declared = {
    interface: name,
    label,
    type: {
      params: (published?.type.params ?? []).map(
        ([param, type], index) => [param, params[index] ?? type] as const,
      ),
      result: returned,
    },
  };
  const runs = (['fitting', 'extreme'] as const).map((choices) => [{ call: 0, choices }]);
  return { declared: [declared], encoding: 'utf8', allocated: undefined, runs };
}

const u64: Type = { kind: 'u64' };
const bytes: Type = { kind: 'list', element: { kind: 'u8' } };
const numbers: Type = { kind: 'list', element: u64 };

/** Attacks that once succeeded against a host. Each one stands for a whole class of declarations. */
export const attacks: Readonly<Record<string, Plan>> = {
  'numbers for bytes, by which jco reads on behind them': attack(
    'wasi:io/streams',
    '[method]input-stream.blocking-read',
    [],
    { kind: 'result', ok: numbers, err: { kind: 'u32' } },
  ),
  'random numbers for random bytes': attack('wasi:random/random', 'get-random-bytes', [], numbers),
  'a length below zero': attack(
    'wasi:random/insecure',
    'get-insecure-random-bytes',
    [{ kind: 's64' }],
    bytes,
  ),
  'a length that is no number': attack(
    'wasi:random/insecure',
    'get-insecure-random-bytes',
    [{ kind: 'f64' }],
    bytes,
  ),
  'text for a status': attack('wasi:cli/exit', 'exit-with-code', [{ kind: 'string' }], undefined),
  'a fraction for a status': attack('wasi:cli/exit', 'exit-with-code', [{ kind: 'f64' }], undefined),
};
