// Components that declare any types for their imports, on a host, with every kind of jco's bindings. MAPCP_RUNS=50
// tries fifty times as many, and `make signatures` tries all types. MAPCP_SEED=… repeats a run.

import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parse, transpile } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importDifferences } from '../../ts/host/component-imports.js';
import type { Host } from '../../ts/host/host.js';
import { ExitError } from '../../ts/host/index.js';
import { wasi } from '../../ts/host/wasi.js';
import type { Interface } from '../../ts/host/wit.js';
import { camelCase, isSameFunction } from '../../ts/host/wit.js';
import { openFilesIn } from '../helpers/descriptors.js';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, preopensOf, walkers } from '../host/helpers.js';
import type { Plan } from './signatures.js';
import { anyPlan, attacks, ROUNDS, roundPlans, strangePlans, textOf } from './signatures.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];
const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

const SECRET = 'correct horse battery staple';

/** How jco's bindings call imports. A host does not have every function in the form of the last two. */
const bindings = fc.oneof(
  { weight: 4, arbitrary: fc.constant('hybrid' as const) },
  { weight: 4, arbitrary: fc.constant('js' as const) },
  { weight: 1, arbitrary: fc.constantFrom('optimized' as const, 'direct-optimized' as const) },
);
type Bindings = typeof bindings extends fc.Arbitrary<infer B> ? B : never;

// Node's types do not declare it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  instantiate(module: object, imports?: object): Promise<CoreInstance>;
};

interface CoreInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** An instance of a component, with its memory. */
interface Guest {
  readonly memory: () => Buffer;
  readonly call: (name: string) => unknown;
}

/** Returns a function that creates instances of a component for a host. */
async function guestsOf(
  component: Uint8Array,
  importBindings: Bindings,
): Promise<(host: Host) => Promise<Guest>> {
  const { files } = await transpile(component, { name: 'guest', instantiation: 'async', importBindings });
  const modules = new Map<string, object>();
  let code = '';
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('.wasm')) {
      modules.set(name, new WebAssembly.Module(content));
    } else if (name === 'guest.js') {
      code = Buffer.from(content).toString();
    }
  }
  const script = code.replace(/^export /gm, '').replaceAll('import.meta.url', 'undefined');
  const { instantiate } = new Function('console', `'use strict';${script};return { instantiate };`)({
    error: () => {},
  });
  return async (host) => {
    let memory: { buffer: ArrayBuffer } | undefined;
    const exports = await instantiate(
      (name: string) => modules.get(name),
      importBindings === 'hybrid' ? refusingLate(host.imports) : host.imports,
      async (module: object, imports: object) => {
        const instance = await WebAssembly.instantiate(module, imports);
        memory = (instance.exports.memory as typeof memory) ?? memory;
        return instance;
      },
    );
    return {
      memory: () => Buffer.from(memory?.buffer ?? new ArrayBuffer(0)),
      call: (name) => exports[name](),
    };
  };
}

const cabiLower = Symbol.for('cabiLower');

/**
 * Wraps a host's imports: a function of other types is refused when it is called, not when the component is
 * instantiated. So the other functions can be called.
 */
function refusingLate(imports: Host['imports']): object {
  for (const [name, { types }] of Object.entries(wasi) as [keyof typeof wasi, Interface][]) {
    const given: object = imports[name];
    const classes = Object.values(types).flatMap((type) =>
      type.kind === 'resource' && type.owner === name
        ? [Reflect.get(given, camelCase(`-${type.name}`)).prototype]
        : [],
    );
    for (const place of [given, ...classes]) {
      for (const [key, each] of Object.entries<Record<symbol, unknown>>(place)) {
        const lower = each[cabiLower] as ((context: object) => object) | undefined;
        if (typeof each === 'function' && lower !== undefined) {
          const act: (...values: unknown[]) => unknown = each;
          const late = function (this: unknown, ...values: unknown[]) {
            return Reflect.apply(act, this, values);
          };
          Object.defineProperty(late, cabiLower, { value: (context: object) => lowered(lower, context) });
          Reflect.set(place, key, late);
        }
      }
    }
  }
  return imports;
}

function lowered(lower: (context: object) => object, context: object): object {
  try {
    return lower(context);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Everything in a directory: names, types, contents and times. */
function snapshot(directory: string): unknown {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, mtimeMs, size } = lstatSync(path);
      return [name, mode, mtimeMs, size, lstatSync(path).isFile() ? readFileSync(path, 'utf8') : ''];
    });
}

/** Checks that an error is one for callers, and not a mistake in Node or mapcp. */
function expectClean(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  const { message, code } = error as Error & { code?: unknown };
  expect(typeof message).toBe('string');
  expect(code === undefined || !/INTERNAL|ASSERTION/.test(String(code))).toBe(true);
  if (error instanceof ExitError) {
    const before = process.exitCode;
    // Throws if it is no valid status.
    process.exitCode = error.status;
    process.exitCode = before;
  }
}

/** Whether a component declares a type that differs from WASI's. */
function isOther({ declared }: Plan): boolean {
  return declared.some(({ interface: name, label, type }) => {
    const functions: Interface['functions'] = wasi[name].functions;
    const published = Object.hasOwn(functions, label) ? functions[label] : undefined;
    return published === undefined || !isSameFunction(type, published);
  });
}

/** A component's surroundings: its host, and everything that it must not reach. */
interface Stage {
  /** Contains the component's directory, and `outside` beside it. */
  readonly top: string;
  /** Another host, over `outside`. */
  readonly other: Host;
}

/** A host with a component, and a file that only another component of the host has open. */
interface Playing {
  readonly guest: Guest;
  readonly end: () => void;
  readonly expectSafe: () => void;
}

/** Starts a component on a host. Returns undefined if it is refused. */
async function play(
  { top, other }: Stage,
  instantiate: Awaited<ReturnType<typeof guestsOf>>,
): Promise<Playing | undefined> {
  const box = join(top, 'box');
  // What an earlier component left there may be links out, which this process would follow.
  rmSync(box, { recursive: true, force: true });
  mkdirSync(box);
  writeFileSync(join(box, 'file'), 'the content of a file');
  // Both are in Node's pool for short Buffers.
  const before = Buffer.from(SECRET);
  const stdin = Buffer.from('the input of the component');
  const behind = Array.from({ length: 20 }, () => Buffer.from(SECRET));
  const host = hostWith(walker, {
    preopens: { '/': { path: box, access: 'read-write' } },
    stdin,
    args: ['program'],
    env: { NAME: 'value' },
    clocks: true,
    random: true,
    network: 'deny',
  });
  // Only another component on this host has the file open.
  writeFileSync(join(box, 'victim'), SECRET);
  const victim = preopensOf(host)('/').openAt({}, 'victim', {}, { read: true });
  unlinkSync(join(box, 'victim'));
  const end = () => {
    host.close();
    expect(openFilesIn(box)).toEqual([]);
  };
  try {
    const guest = await instantiate(host);
    guest.call('setup');
    const expectSafe = () => {
      expect(guest.memory().includes(SECRET)).toBe(false);
      expect(before.toString() + behind.join('')).toBe(SECRET.repeat(21));
      expect(stdin.toString()).toBe('the input of the component');
      expect(Buffer.from(victim.read(100n, 0n)[0]).toString()).toBe(SECRET);
      expectWell(other);
    };
    return { guest, end, expectSafe };
  } catch (error) {
    expectClean(error);
    end();
    return undefined;
  }
}

/** How far the components got. */
const counts = { refused: 0, calls: 0, returned: 0 };

/** Runs each function of a component. */
async function tryPlan(plan: Plan, importBindings: Bindings, stage: Stage): Promise<void> {
  const component = await parse(textOf(plan));
  expect(importDifferences(component).length > 0).toBe(isOther(plan));
  let instantiate: Awaited<ReturnType<typeof guestsOf>>;
  try {
    instantiate = await guestsOf(component, importBindings);
  } catch (error) {
    expectClean(error);
    counts.refused += 1;
    return;
  }
  const before = snapshot(join(stage.top, 'outside'));
  let playing: Playing | undefined;
  for (const run of plan.runs.keys()) {
    playing ??= await play(stage, instantiate);
    if (playing === undefined) {
      counts.refused += 1;
      break;
    }
    const { guest, end, expectSafe } = playing;
    counts.calls += 1;
    try {
      guest.call(`run${run}`);
      counts.returned += 1;
    } catch (error) {
      expectClean(error);
      // A component that failed is not called again.
      playing = undefined;
    }
    expectSafe();
    if (playing === undefined) {
      end();
    }
  }
  playing?.end();
  expect(snapshot(join(stage.top, 'outside'))).toEqual(before);
}

/** Checks that another host in the same thread still works. */
function expectWell({ imports }: Host): void {
  const { getRandomBytes, getRandomU64 } = imports['wasi:random/random'];
  const drawn = [getRandomBytes(16n), getRandomBytes(16n)].map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(new Set(drawn).size).toBe(2);
  expect(drawn).not.toContain('0'.repeat(32));
  expect(getRandomU64()).not.toBe(getRandomU64());
  const [[root] = []] = imports['wasi:filesystem/preopens'].getDirectories();
  expect(root?.statAt({}, 'secret').size).toBe(BigInt(SECRET.length));
  (root as unknown as Disposable)[Symbol.dispose]();
}

/** Creates a stage for a test. */
function stage(): Stage {
  const top = temporaryDirectory();
  mkdirSync(join(top, 'outside'));
  writeFileSync(join(top, 'outside', 'secret'), SECRET);
  const preopens = { '/': { path: join(top, 'outside'), access: 'read' } } as const;
  return { top, other: hostWith(walker, { preopens, random: true }) };
}

/** A few rounds of all, different in each run. */
const rounds = Array.from({ length: Math.min(3 * factor, ROUNDS) }, (_, index) => (seed + index) % ROUNDS);

describe("a component that declares other types than WASI's gets nothing and harms no one", () => {
  it.each(Object.entries(attacks))('such as %s', async (_, plan) => {
    const at = stage();
    await tryPlan(plan, 'js', at);
    await tryPlan(plan, 'hybrid', at);
  });

  it.each(rounds)(
    `in every function, one place has one of many types: round %i of ${ROUNDS}`,
    async (round) => {
      const at = stage();
      for (const plan of roundPlans(round)) {
        await tryPlan(plan, 'js', at);
        await tryPlan(plan, 'hybrid', at);
      }
    },
  );

  it('and functions and constructors that do not exist', async () => {
    const at = stage();
    for (const plan of strangePlans) {
      await tryPlan(plan, 'js', at);
      await tryPlan(plan, 'hybrid', at);
    }
  });

  it(
    `anywhere, with any arguments (MAPCP_SEED=${seed})`,
    async () => {
      const at = stage();
      const property = fc.asyncProperty(anyPlan, bindings, (plan, kind) => tryPlan(plan, kind, at));
      await fc.assert(property, { seed, numRuns: 20 * factor, endOnFailure: true });
    },
    120_000 * factor,
  );
});

it('most of the components above called an import', () => {
  expect(counts.calls).toBeGreaterThan(10 * counts.refused);
  expect(counts.returned).toBeGreaterThan(0);
});
