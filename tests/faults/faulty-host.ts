// Our host with faults put into it: a layer over its import object that counts the calls of a component and has any of
// them fail, or do only a part, as it is told.
//
// Two ways lead from a component into the host (ts/host/lowering.ts), and the layer is in both: calls that are made in
// the component's own memory, and calls that jco passes values for.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { createHost, type HostOptions, ModeCarrier } from 'mapcp/host';
import { errorCodes, fail } from '../../ts/host/error-code.js';

/** A way into the host. */
export type Way = 'in memory' | 'by value';

/** What a call comes to instead of what it asked for: an error, or less than that. */
export type Fault = ErrorCode | 'short';

/** Says what is to become of the call with this number, counted from 0; undefined lets it be. */
export type Plan = (call: FallibleCall, number: number) => Fault | undefined;

/** A host whose calls fail as `plan` says. */
export interface FaultyHost {
  readonly imports: object;
  /** What is to become of calls; may be replaced at any time. */
  plan: Plan;
  /** The calls since this was last emptied. */
  calls: FallibleCall[];
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
    syncData: 1,
    readDirectory: 4,
    readlinkAt: 4,
    createDirectoryAt: 1,
    symlinkAt: 1,
    renameAt: 1,
    unlinkFileAt: 1,
  },
  DirectoryEntryStream: { readDirectoryEntry: 4 },
} as const;

/** A call that can fail, by the name of its method. */
export type FallibleCall = keyof typeof fallible.Descriptor | keyof typeof fallible.DirectoryEntryStream;

const cabiLower = Symbol.for('cabiLower');

interface Context {
  readonly memory: { readonly buffer: ArrayBuffer };
}
type Flat = (...flat: (number | bigint)[]) => unknown;
type Method = ((this: object, ...args: unknown[]) => unknown) & {
  readonly [cabiLower]?: (context: Context) => Flat;
};

/** Makes such a host; nothing fails until it is planned. */
export async function createFaultyHost(options: HostOptions, way: Way): Promise<FaultyHost> {
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
  const take = (call: FallibleCall): Fault | undefined => {
    const fault = faulty.plan(call, faulty.calls.length);
    faulty.calls.push(call);
    return fault;
  };

  // The classes are this host's own, so they can be changed in place.
  const types = host.imports['wasi:filesystem/types'];
  for (const [name, methods] of Object.entries(fallible)) {
    const { prototype } = types[name as keyof typeof fallible];
    for (const [call, at] of Object.entries(methods) as [FallibleCall, number][]) {
      const method = Reflect.get(prototype, call) as Method;
      const lower = way === 'in memory' ? method[cabiLower] : undefined;
      const replaced = byValue(call, method, take);
      if (lower !== undefined) {
        const value = (context: Context) => {
          memory = context.memory;
          return inMemory(call, lower(context), at, context, take);
        };
        Object.defineProperty(replaced, cabiLower, { value });
      }
      Object.defineProperty(prototype, call, { value: replaced });
    }
  }
  return faulty;
}

type Take = (call: FallibleCall) => Fault | undefined;

/** A method that gets values, and throws its error as what jco knows for one. */
function byValue(call: FallibleCall, method: Method, take: Take) {
  return function (this: object, ...args: unknown[]): unknown {
    const fault = take(call);
    if (fault === undefined) {
      return method.apply(this, args);
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
function inMemory(call: FallibleCall, flat: Flat, at: number, { memory }: Context, take: Take): Flat {
  return (...args) => {
    const fault = take(call);
    if (fault === undefined) {
      return flat(...args);
    }
    if (fault === 'short') {
      // A read is told its length first, a write behind where its bytes are.
      const length = call === 'read' ? 1 : 2;
      return flat(...args.map((each, index) => (index === length ? part(each) : each)));
    }
    const result = Number(args.at(-1)) >>> 0;
    const bytes = new Uint8Array(memory.buffer);
    bytes[result] = 1;
    bytes[result + at] = errorCodes.indexOf(fault);
    return undefined;
  };
}

/** A part of a length: a third, and at least one. */
function part<T>(length: T): T {
  if (typeof length === 'bigint') {
    return (length <= 3n ? 1n : length / 3n) as T;
  }
  return Math.max(1, Math.floor(Number(length) / 3)) as T;
}
