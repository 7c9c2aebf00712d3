// A host whose calls fail on request: a layer over our host's import object, which counts the calls of a component.
//
// A component has two ways into the host (ts/host/lowering/): calls in its own memory, and calls for which jco passes
// values. The layer is in both.

import { posix } from 'node:path';
import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { createHost, type HostOptions, ModeCarrier } from 'mapcp/host';
import { errorCodes, fail } from '../../ts/host/error-code.js';

/** A way into the host. */
export type Way = 'in memory' | 'by value';

/** The result of a disturbed call: an error, or a part of the bytes that it requested. */
export type Fault = ErrorCode | 'short';

/** A call of the component. */
export interface Call {
  readonly name: FallibleCall;
  /** The guest path that the call is for. A call that renames is for the new name. */
  readonly path: string;
  /** The old guest path, if the call renames. */
  readonly from?: string;
}

/** Returns the fault of the call with this number, counted from 0, or undefined. */
export type Plan = (call: FallibleCall, number: number) => Fault | undefined;

/** A host whose calls fail as `plan` says. */
export interface FaultyHost {
  readonly imports: object;
  /** May be replaced at any time. */
  plan: Plan;
  /** The calls since the caller last emptied the list. */
  calls: Call[];
  /** Must be called before each copy, as mapcp calls its own host. */
  start(sync: boolean): void;
  /** The component's memory in bytes; undefined if no call was made in its memory. */
  memorySize(): number | undefined;
  close(): void;
}

/**
 * The calls that can fail. The number is the offset of the error code in a result in memory, which depends on the
 * alignment of the result's value.
 */
const fallible = {
  Descriptor: {
    getFlags: 1,
    getType: 1,
    stat: 8,
    statAt: 8,
    metadataHash: 8,
    metadataHashAt: 8,
    openAt: 4,
    read: 4,
    write: 8,
    setSize: 1,
    setTimes: 1,
    setTimesAt: 1,
    sync: 1,
    readDirectory: 4,
    readlinkAt: 4,
    createDirectoryAt: 1,
    symlinkAt: 1,
    linkAt: 1,
    renameAt: 1,
    unlinkFileAt: 1,
  },
  DirectoryEntryStream: { readDirectoryEntry: 4 },
} as const;

/** The method name of a call that can fail. */
export type FallibleCall = keyof typeof fallible.Descriptor | keyof typeof fallible.DirectoryEntryStream;

/**
 * Calls that create a name from another one: which arguments are the new name's directory and the new name, by value
 * and flat.
 */
const newNames: Readonly<
  Partial<Record<FallibleCall, Readonly<Record<Way, readonly [directory: number, path: number]>>>>
> = {
  renameAt: { 'by value': [1, 2], 'in memory': [3, 4] },
  linkAt: { 'by value': [2, 3], 'in memory': [4, 5] },
};

/** Which argument is the path of a call, by value and flat. Flat calls have the descriptor first. */
const pathArguments: Readonly<Partial<Record<FallibleCall, Readonly<Record<Way, number>>>>> = {
  statAt: { 'by value': 1, 'in memory': 2 },
  metadataHashAt: { 'by value': 1, 'in memory': 2 },
  openAt: { 'by value': 1, 'in memory': 2 },
  setTimesAt: { 'by value': 1, 'in memory': 2 },
  readlinkAt: { 'by value': 0, 'in memory': 1 },
  createDirectoryAt: { 'by value': 0, 'in memory': 1 },
  symlinkAt: { 'by value': 1, 'in memory': 3 },
  linkAt: { 'by value': 1, 'in memory': 2 },
  renameAt: { 'by value': 0, 'in memory': 1 },
  unlinkFileAt: { 'by value': 0, 'in memory': 1 },
};

const cabiLower = Symbol.for('cabiLower');
const cabiRep = Symbol.for('cabiRep');

/** Marks an owned handle; see ts/host/lowering/. */
const OWN = 1 << 30;

interface Context {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly resourceTables: readonly (readonly number[])[];
}
type Flat = (...flat: (number | bigint)[]) => unknown;
type Method = ((this: object, ...args: unknown[]) => unknown) & {
  readonly [cabiLower]?: (context: Context) => Flat;
};

/** Returns the name that a file system looks for instead of a name. */
export type Fold = (path: string) => string;

/**
 * Creates such a host. No call fails until there is a plan.
 *
 * @param fold how the file system of `/out` folds names, for calls by value. By default it keeps them
 */
export async function createFaultyHost(
  options: HostOptions,
  way: Way,
  fold: Fold = (path) => path,
): Promise<FaultyHost> {
  const modes = new ModeCarrier();
  const durability = { syncDirectories: false };
  const host = await createHost({
    clocks: true,
    random: true,
    absoluteLinks: true,
    modes,
    durability,
    ...options,
  });
  let memory: Context['memory'] | undefined;
  const faulty: FaultyHost = {
    imports: host.imports,
    plan: () => undefined,
    calls: [],
    start(sync) {
      modes.start(true);
      durability.syncDirectories = sync;
    },
    memorySize: () => memory?.buffer.byteLength,
    close: () => host.close(),
  };
  // By the numbers of descriptors and of listings. The host reuses free numbers.
  const paths = { Descriptor: new Map<number, string>(), DirectoryEntryStream: new Map<number, string>() };
  const take: Take = (call) => {
    const fault = faulty.plan(call.name, faulty.calls.length);
    faulty.calls.push(call);
    return fault;
  };

  const preopens = host.imports['wasi:filesystem/preopens'];
  const { getDirectories } = preopens;
  preopens.getDirectories = () => {
    const given = getDirectories();
    for (const [descriptor, path] of given) {
      paths.Descriptor.set(numberOf(descriptor), path);
    }
    return given;
  };

  // The classes belong to this host alone, so they can be changed in place.
  const types = host.imports['wasi:filesystem/types'];
  for (const [name, methods] of Object.entries(fallible) as [keyof typeof fallible, object][]) {
    const { prototype } = types[name];
    for (const [call, at] of Object.entries(methods) as [FallibleCall, number][]) {
      const method = Reflect.get(prototype, call) as Method;
      const lower = way === 'in memory' ? method[cabiLower] : undefined;
      const replaced = byValue(call, method, paths, name, take, fold);
      if (lower !== undefined) {
        const value = (context: Context) => {
          memory = context.memory;
          return inMemory(call, lower(context), at, context, paths, name, take);
        };
        Object.defineProperty(replaced, cabiLower, { value });
      }
      Object.defineProperty(prototype, call, { value: replaced });
    }
  }
  return faulty;
}

type Take = (call: Call) => Fault | undefined;

/** The guest paths of open resources, by kind and number. */
type Paths = Readonly<Record<keyof typeof fallible, Map<number, string>>>;

/** The number of a resource. */
function numberOf(resource: unknown): number {
  return Reflect.get(resource as object, cabiRep) as number;
}

/** Wraps a method that takes values and throws errors as jco expects them. */
function byValue(
  call: FallibleCall,
  method: Method,
  paths: Paths,
  kind: keyof Paths,
  take: Take,
  fold: Fold,
) {
  return function (this: object, ...args: unknown[]): unknown {
    const pathOf = (from: unknown, index: number | undefined) => {
      const path = pathBelow(
        paths[kind].get(numberOf(from)),
        index === undefined ? '.' : String(args[index]),
      );
      if (index !== undefined && path.startsWith('/out/')) {
        args[index] = fold(String(args[index]));
      }
      return path;
    };
    const path = pathOf(this, pathArguments[call]?.['by value']);
    const [directory, name] = newNames[call]?.['by value'] ?? [];
    const fault = take(
      directory === undefined
        ? { name: call, path }
        : { name: call, path: pathOf(args[directory], name), from: path },
    );
    if (fault === undefined) {
      const result = method.apply(this, args);
      remember(paths, call, path, () => numberOf(result));
      return result;
    }
    if (fault !== 'short') {
      fail(fault);
    }
    // The bytes to write, or the number of bytes to read, are the first argument.
    const [first, ...rest] = args;
    const less = first instanceof Uint8Array ? first.subarray(0, part(first.length)) : part(first);
    return method.call(this, less, ...rest);
  };
}

/** Wraps a function that takes flat values. It writes its result to the address in the last one. */
function inMemory(
  call: FallibleCall,
  flat: Flat,
  at: number,
  { memory, resourceTables: [table = [], ofStreams = []] }: Context,
  paths: Paths,
  kind: keyof Paths,
  take: Take,
): Flat {
  const numberIn = (handle: number, handles = table) => (handles[2 * handle + 1] ?? 0) & ~OWN;
  const made = call === 'readDirectory' ? ofStreams : table;
  return (...args) => {
    const value = (index: number) => Number(args[index]) >>> 0;
    const pathOf = (from: number, index: number | undefined) =>
      pathBelow(
        paths[kind].get(numberIn(value(from))),
        index === undefined ? '.' : Buffer.from(memory.buffer, value(index), value(index + 1)).toString(),
      );
    const path = pathOf(0, pathArguments[call]?.['in memory']);
    const [directory, name] = newNames[call]?.['in memory'] ?? [];
    const fault = take(
      directory === undefined
        ? { name: call, path }
        : { name: call, path: pathOf(directory, name), from: path },
    );
    const result = value(args.length - 1);
    if (fault === undefined) {
      const answer = flat(...args);
      const view = new DataView(memory.buffer);
      if (view.getUint8(result) === 0) {
        remember(paths, call, path, () => numberIn(view.getUint32(result + at, true), made));
      }
      return answer;
    }
    if (fault === 'short') {
      // A read has its length first, and a write has it after the address of its bytes.
      const length = call === 'read' ? 1 : 2;
      return flat(...args.map((each, index) => (index === length ? part(each) : each)));
    }
    const bytes = new Uint8Array(memory.buffer);
    bytes[result] = 1;
    bytes[result + at] = errorCodes.indexOf(fault);
    return undefined;
  };
}

/** The guest path of a name in the directory that a call is made on. */
function pathBelow(directory: string | undefined, path: string): string {
  if (directory === undefined) {
    throw new Error(`nobody knows what '${path}' was looked for in`);
  }
  return posix.join(directory, path);
}

/** Notes the path of a newly opened resource. */
function remember(paths: Paths, call: FallibleCall, path: string, opened: () => number): void {
  if (call === 'openAt') {
    paths.Descriptor.set(opened(), path);
  } else if (call === 'readDirectory') {
    paths.DirectoryEntryStream.set(opened(), path);
  }
}

/** Returns a third of a length, and at least one. */
function part<T>(length: T): T {
  if (typeof length === 'bigint') {
    return (length <= 3n ? 1n : length / 3n) as T;
  }
  return Math.max(1, Math.floor(Number(length) / 3)) as T;
}
