// Components see WASI's functions and nothing else, whatever types they declare. The functions take only values of
// WASI's types, and return new values.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../ts/host/host.js';
import { ExitError } from '../../ts/host/index.js';
import type { InterfaceName } from '../../ts/host/wasi.js';
import { wasi } from '../../ts/host/wasi.js';
import type { FunctionType, Interface, Type } from '../../ts/host/wit.js';
import { camelCase } from '../../ts/host/wit.js';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, walkers } from './helpers.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];
const interfaces: [InterfaceName, Interface][] = Object.entries(wasi) as never;

/** A host that gives everything, over a directory with a file. */
function generousHost(): Host {
  const box = temporaryDirectory();
  writeFileSync(join(box, 'file'), 'content');
  return hostWith(walker, {
    preopens: { '/': { path: box, access: 'read-write' } },
    args: ['program'],
    env: { NAME: 'value' },
    stdin: Buffer.from('input'),
    clocks: true,
    random: true,
    network: 'deny',
  });
}

const classNameOf = (resource: string): string => camelCase(`-${resource}`);

type AnyFunction = (...values: unknown[]) => unknown;

/** Finds a function of an interface in an import object, and the object that it is called on. */
function find(host: Host, name: InterfaceName, label: string): { function: AnyFunction; isMethod: boolean } {
  const [, resource, method] = /^\[method\](.*)\.(.*)$/.exec(label) ?? [];
  const given: object = host.imports[name];
  const place = resource === undefined ? given : Reflect.get(given, classNameOf(resource)).prototype;
  return { function: Reflect.get(place, camelCase(method ?? label)), isMethod: method !== undefined };
}

/** A value of a type, for a component on this host. */
function sampleOf(type: Type, host: Host): unknown {
  const [[root] = []] = host.imports['wasi:filesystem/preopens'].getDirectories();
  const output = host.imports['wasi:cli/stdout'].getStdout();
  switch (type.kind) {
    case 'bool':
      return true;
    case 'u8':
    case 'u16':
    case 'u32':
      return 1;
    case 'u64':
      return 1n;
    case 'string':
      return 'file';
    case 'enum':
      return type.labels[0];
    case 'option':
      return undefined;
    case 'record':
      return Object.fromEntries(type.fields.map(([name, part]) => [camelCase(name), sampleOf(part, host)]));
    case 'flags':
      return {};
    case 'result':
      return { tag: 'ok' };
    case 'variant':
      return { tag: type.cases[0]?.[0] };
    case 'list':
      return type.element.kind === 'u8' ? new Uint8Array(1) : [sampleOf(type.element, host)];
    case 'borrow': {
      const made: Readonly<Record<string, () => unknown>> = {
        descriptor: () => root,
        'directory-entry-stream': () => root?.readDirectory(),
        'input-stream': () => host.imports['wasi:cli/stdin'].getStdin(),
        'output-stream': () => output,
        pollable: () => output.subscribe(),
        error: () => undefined,
        network: () => host.imports['wasi:sockets/instance-network'].instanceNetwork(),
      };
      return made[type.resource.name]?.();
    }
    default:
      throw new Error(`nothing takes ${type.kind}`);
  }
}

/** Values of other types, which jco makes if a component declares those types. */
function wrongFor(type: Type): unknown[] {
  const all: [string, unknown][] = [
    ['missing', undefined],
    ['bool', true],
    ['number', 1],
    ['number', 0],
    ['negative', -1],
    ['fraction', 1.5],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['large', 2 ** 32],
    ['bigint', 1n],
    ['negative bigint', -64n],
    ['large bigint', 2n ** 64n],
    ['string', 'file'],
    ['half a character', '\ud83d'],
    ['bytes', new Uint8Array(8)],
    ['numbers', new BigUint64Array(8)],
    ['numbers', new Uint16Array(8)],
    ['array', [1, 2]],
    ['object', {}],
    ['other fields', { constructor: true, prototype: 1 }],
    ['wrong flag', { create: 1, symlinkFollow: 'yes', read: 1n }],
    ['no case', { tag: 'constructor', val: 1 }],
    ['function', () => {}],
  ];
  const right: Readonly<Record<string, readonly string[]>> = {
    bool: ['bool'],
    u8: ['number'],
    u16: ['number'],
    u32: ['number'],
    u64: ['bigint'],
    string: ['string'],
    flags: ['object'],
  };
  const accepted = right[type.kind] ?? (type.kind === 'list' && type.element.kind === 'u8' ? ['bytes'] : []);
  return all.filter(([what]) => !accepted.includes(what)).map(([, value]) => value);
}

describe.each(interfaces)('%s', (name, { types, functions }) => {
  it('has the functions and resources of WASI, and nothing else', () => {
    const given: object = generousHost().imports[name];
    const own = Object.values(types).filter((type) => type.kind === 'resource' && type.owner === name);
    const resources = own.map((type) => (type.kind === 'resource' ? type.name : ''));
    const plain = Object.keys(functions).filter((label) => !label.startsWith('['));
    expect(Object.getPrototypeOf(given)).toBe(null);
    expect(Reflect.ownKeys(given).sort()).toEqual(
      [...plain.map(camelCase), ...resources.map(classNameOf)].sort(),
    );
    for (const resource of resources) {
      const made = Reflect.get(given, classNameOf(resource));
      expect(Object.getPrototypeOf(made)).toBe(null);
      expect(Object.getOwnPropertyNames(made)).toEqual(['prototype']);
      expect(Object.getPrototypeOf(made.prototype)).toBe(null);
      const methods = Object.keys(functions).filter((label) => label.startsWith(`[method]${resource}.`));
      expect(Object.getOwnPropertyNames(made.prototype).sort()).toEqual(
        methods.map((label) => camelCase(label.replace(/.*\./, ''))).sort(),
      );
      expect(() => Reflect.construct(made, [7])).toThrow(`makes a resource '${resource}'`);
      expect(() => Reflect.apply(made, undefined, [7])).toThrow("without 'new'");
    }
  });
});

const everyFunction = interfaces.flatMap(([name, { functions }]) =>
  Object.entries(functions).map(([label, type]): [string, InterfaceName, string, FunctionType] => [
    `${name}.${label}`,
    name,
    label,
    type,
  ]),
);

it.each(everyFunction)('%s refuses values of other types', (what, name, label, type) => {
  const host = generousHost();
  const { function: act, isMethod } = find(host, name, label);
  const values = () => type.params.map(([, each]) => sampleOf(each, host));
  const call = (given: unknown[]) =>
    isMethod ? Reflect.apply(act, given[0], given.slice(1)) : Reflect.apply(act, undefined, given);
  // No component can catch this.
  const ended = expect.objectContaining({ message: expect.stringContaining(what) });
  expect(() => call([...values(), 1])).toThrow(ended);
  // A method's first parameter is its object.
  if (type.params.length > (isMethod ? 1 : 0)) {
    expect(() => call(values().slice(0, -1))).toThrow(ended);
  }
  for (const [index, [, each]] of type.params.entries()) {
    for (const wrong of wrongFor(each)) {
      let thrown: unknown = 'nothing';
      try {
        call(values().with(index, wrong));
      } catch (error) {
        thrown = error;
      }
      expect(thrown, `${String(wrong)} as ${each.kind}`).toBeInstanceOf(Error);
    }
  }
});

/** Fails if JavaScript objects can be reached from a value. */
function expectBare(value: unknown): void {
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  ) {
    for (let each = value; each !== null; each = Object.getPrototypeOf(each)) {
      expect(each).not.toBe(Object.prototype);
      expect(Object.hasOwn(each, 'constructor')).toBe(false);
    }
    Object.values(value).forEach(expectBare);
  }
}

describe("a component's imports", () => {
  it('have no properties of JavaScript functions', () => {
    const { imports } = generousHost();
    const [[root] = []] = imports['wasi:filesystem/preopens'].getDirectories();
    const stdout = imports['wasi:cli/stdout'].getStdout();
    for (const value of [
      root,
      stdout,
      stdout.subscribe(),
      root?.stat(),
      root?.getFlags(),
      root?.metadataHash(),
      root?.readDirectory(),
      root?.readDirectory().readDirectoryEntry(),
      root?.openAt({}, 'file', {}, { read: true }),
      imports['wasi:clocks/wall-clock'].now(),
    ]) {
      expect(value).toBeDefined();
      expectBare(value);
    }
  });

  it('return bytes in a buffer of their own', () => {
    const input = Buffer.from('input');
    const host = hostWith(walker, { stdin: input, random: true });
    const bytes = [
      host.imports['wasi:cli/stdin'].getStdin().read(3n),
      host.imports['wasi:cli/stdin'].getStdin().blockingRead(100n),
      host.imports['wasi:random/random'].getRandomBytes(5n),
      host.imports['wasi:random/insecure'].getInsecureRandomBytes(5n),
      host.imports['wasi:random/random'].getRandomBytes(5000n),
    ];
    const box = generousHost();
    const [[root] = []] = box.imports['wasi:filesystem/preopens'].getDirectories();
    const file = root?.openAt({}, 'file', {}, { read: true });
    bytes.push(
      ...[file?.read(3n, 2n)[0], file?.readViaStream(2n).read(3n)].filter((each) => each !== undefined),
    );
    expect(bytes.map((each) => each.length)).toEqual([3, 2, 5, 5, 5000, 3, 3]);
    for (const each of bytes) {
      expect(each.constructor).toBe(Uint8Array);
      expect(each.buffer.byteLength).toBe(each.length);
      each.fill(0);
    }
    expect(input.toString()).toBe('input');
  });

  it('throw errors that are instances of Error', () => {
    const [[root] = []] = generousHost().imports['wasi:filesystem/preopens'].getDirectories();
    expect(() => root?.statAt({}, 'missing')).toThrow(Error);
    expect(() => root?.statAt({}, 'missing')).toThrow('failed with "no-entry"');
  });
});

describe('a resource', () => {
  it('is refused if bindings wrap the number of a dropped one', () => {
    const host = generousHost();
    const { Descriptor } = host.imports['wasi:filesystem/types'];
    const open = () => host.imports['wasi:filesystem/preopens'].getDirectories()[0]?.[0];
    const first = open() as object as Disposable & { [key: symbol]: number };
    const number = first[Symbol.for('cabiRep')];
    first[Symbol.dispose]();
    const another = open();
    expect(Reflect.get(another ?? {}, Symbol.for('cabiRep'))).toBe(number);
    // Like jco, without checking whether the handle is in use.
    const forged = Object.create(Descriptor.prototype, { [Symbol.for('cabiRep')]: { value: number } });
    expect(() => forged.stat()).toThrow('bad-descriptor');
    expect(another?.getType()).toBe('directory');
  });

  it('is refused as another kind', () => {
    const { imports } = generousHost();
    const stdout = imports['wasi:cli/stdout'].getStdout();
    expect(() => imports['wasi:io/poll'].poll([stdout as never])).toThrow('never gave this');
    expect(() => stdout.splice(stdout as never, 1n)).toThrow('closed');
  });
});

it('an exit status is one that a process can have', () => {
  const { exitWithCode } = generousHost().imports['wasi:cli/exit'];
  for (const status of ['failed', 1.5, -1, 256, Number.NaN, 7n, undefined, {}]) {
    expect(() => exitWithCode(status as number)).not.toThrow(ExitError);
    expect(() => exitWithCode(status as number)).toThrow('that is not of type u8');
  }
});
