// Our host with faults put into it: a layer over its import object that counts the calls of a component and has any of
// them fail, or do only a part, as it is told.
//
// Two ways lead from a component into the host (ts/host/lowering.ts), and the layer is in both: calls that are made in
// the component's own memory, and calls that jco passes values for.

import { posix } from 'node:path';
import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { createHost, type HostOptions, ModeCarrier } from 'mapcp/host';
import { errorCodes, fail } from '../../ts/host/error-code.js';

/** A way into the host. */
export type Way = 'in memory' | 'by value';

/** What a call comes to instead of what it asked for: an error, or less than that. */
export type Fault = ErrorCode | 'short';

/** A call that a component makes. */
export interface Call {
  readonly name: FallibleCall;
  /** The guest path of what it is for; a call that moves something is for where that goes. */
  readonly path: string;
  /** Of a call that moves something, the guest path of where that was. */
  readonly from?: string;
}

/** Says what is to become of the call with this number, counted from 0; undefined lets it be. */
export type Plan = (call: FallibleCall, number: number) => Fault | undefined;

/** A host whose calls fail as `plan` says. */
export interface FaultyHost {
  readonly imports: object;
  /** What is to become of calls; may be replaced at any time. */
  plan: Plan;
  /** The calls since this was last emptied. */
  calls: Call[];
  /** Called before each copy, as mapcp does with the host that it makes itself. */
  start(sync: boolean): void;
  /** The bytes of memory that the component has; undefined where no call was made in it. */
  memorySize(): number | undefined;
  close(): void;
}

/**
 * The calls that can fail, each with the place of the error-code in its result in memory: behind the tag, as far as the
 * value that the result could have had is aligned.
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

/** A call that can fail, by the name of its method. */
export type FallibleCall = keyof typeof fallible.Descriptor | keyof typeof fallible.DirectoryEntryStream;

/**
 * Calls that give something another name: which arguments are the directory of the new one and the new one itself, by
 * value and flat. Such a call is for the new name.
 */
const newNames: Readonly<
  Partial<Record<FallibleCall, Readonly<Record<Way, readonly [directory: number, path: number]>>>>
> = {
  renameAt: { 'by value': [1, 2], 'in memory': [3, 4] },
  linkAt: { 'by value': [2, 3], 'in memory': [4, 5] },
};

/** Which argument is a call's path: of those by value, and of the flat ones, where the descriptor comes first. */
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

/** Says that a number in a table of handles is owned; see ts/host/lowering.ts. */
const OWN = 1 << 30;

interface Context {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly resourceTables: readonly (readonly number[])[];
}
type Flat = (...flat: (number | bigint)[]) => unknown;
type Method = ((this: object, ...args: unknown[]) => unknown) & {
  readonly [cabiLower]?: (context: Context) => Flat;
};

/** What a file system makes of a name before it looks for it. */
export type Fold = (path: string) => string;

/**
 * Makes such a host; nothing fails until it is planned.
 *
 * @param fold how the file system that `/out` is on takes names, by value only; as they are where it is left out
 */
export async function createFaultyHost(
  options: HostOptions,
  way: Way,
  fold: Fold = (path) => path,
): Promise<FaultyHost> {
  const modes = new ModeCarrier();
  const durability = { namesLast: false };
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
      durability.namesLast = sync;
    },
    memorySize: () => memory?.buffer.byteLength,
    close: () => host.close(),
  };
  // By the numbers of descriptors and of listings, which a host gives anew when they are free.
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

  // The classes are this host's own, so they can be changed in place.
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

/** The guest paths of what is open, by its kind and number. */
type Paths = Readonly<Record<keyof typeof fallible, Map<number, string>>>;

/** The number that stands for a resource. */
function numberOf(resource: unknown): number {
  return Reflect.get(resource as object, cabiRep) as number;
}

/** A method that gets values, and throws its error as what jco knows for one. */
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
    // The bytes to write, or the number of bytes to read, come first.
    const [first, ...rest] = args;
    const less = first instanceof Uint8Array ? first.subarray(0, part(first.length)) : part(first);
    return method.call(this, less, ...rest);
  };
}

/** A function that gets flat values, and writes its result to where the last of them says. */
function inMemory(
  call: FallibleCall,
  flat: Flat,
  at: number,
  { memory, resourceTables: [table = []] }: Context,
  paths: Paths,
  kind: keyof Paths,
  take: Take,
): Flat {
  const numberIn = (handle: number) => (table[2 * handle + 1] ?? 0) & ~OWN;
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
        remember(paths, call, path, () => numberIn(view.getUint32(result + at, true)));
      }
      return answer;
    }
    if (fault === 'short') {
      // A read is told its length first, a write behind where its bytes are.
      const length = call === 'read' ? 1 : 2;
      return flat(...args.map((each, index) => (index === length ? part(each) : each)));
    }
    const bytes = new Uint8Array(memory.buffer);
    bytes[result] = 1;
    bytes[result + at] = errorCodes.indexOf(fault);
    return undefined;
  };
}

/** The guest path of what a call names below what it was made on. */
function pathBelow(directory: string | undefined, path: string): string {
  if (directory === undefined) {
    throw new Error(`nobody knows what '${path}' was looked for in`);
  }
  return posix.join(directory, path);
}

/** Notes what a call has opened, where it opens something. */
function remember(paths: Paths, call: FallibleCall, path: string, opened: () => number): void {
  if (call === 'openAt') {
    paths.Descriptor.set(opened(), path);
  } else if (call === 'readDirectory') {
    paths.DirectoryEntryStream.set(opened(), path);
  }
}

/** A part of a length: a third, and at least one. */
function part<T>(length: T): T {
  if (typeof length === 'bigint') {
    return (length <= 3n ? 1n : length / 3n) as T;
  }
  return Math.max(1, Math.floor(Number(length) / 3)) as T;
}
