// Calls of everything that a host has, with values of any type: as JavaScript values, and in the form that stays in the
// component's memory. MAPCP_RUNS=350 makes a million calls of the first kind, and as many of the other; MAPCP_SEED=…
// repeats a run.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { WasiError } from '../../ts/host/error-code.js';
import type { Host } from '../../ts/host/host.js';
import { isEnding } from '../../ts/host/trap.js';
import type { InterfaceName } from '../../ts/host/wasi.js';
import { wasi } from '../../ts/host/wasi.js';
import type { Interface } from '../../ts/host/wit.js';
import { camelCase } from '../../ts/host/wit.js';
import { randomNumbers } from '../faults/random-numbers.js';
import { openFilesIn } from '../helpers/descriptors.js';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, walkers } from '../host/helpers.js';
import { sealed } from '../host/sealed.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));
const CALLS = 3000 * factor;

/** As many calls as one host gets: what a component has made on it is then gone. */
const EACH = 1000;

const cabiLower = Symbol.for('cabiLower');
const cabiRep = Symbol.for('cabiRep');
const OWN = 1 << 30;

/** These wait for as long as the component says. */
const WAITING = ['[method]pollable.block', 'poll'];

type AnyFunction = (...values: unknown[]) => unknown;

/** Something that can be called on a host, and how many values it takes. */
interface Callable {
  readonly call: AnyFunction;
  readonly arity: number;
}

/** Everything that can be called on a host. */
function callablesOf({ imports }: Host): Callable[] {
  return Object.entries<Interface>(wasi).flatMap(([name, { functions }]) =>
    Object.entries(functions)
      .filter(([label]) => !WAITING.includes(label))
      .map(([label, { params }]): Callable => {
        const [, resource, method] = /^\[method\](.*)\.(.*)$/.exec(label) ?? [];
        const given: object = imports[name as InterfaceName];
        const place =
          resource === undefined ? given : Reflect.get(given, camelCase(`-${resource}`)).prototype;
        const call = Reflect.get(place, camelCase(method ?? label));
        return { call, arity: params.length - (method === undefined ? 0 : 1) };
      }),
  );
}

/** A directory for components, with `outside` beside it, and a host over that which they do not have. */
function stage() {
  const top = temporaryDirectory();
  const [box, outside] = [join(top, 'box'), join(top, 'outside')];
  mkdirSync(join(box, 'dir'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(box, 'file'), 'content');
  writeFileSync(join(outside, 'secret'), 'secret');
  symlinkSync('../outside', join(box, 'out'));
  const expectUntouched = sealed(outside);
  const other = hostWith(walker, { preopens: { '/': { path: outside, access: 'read-write' } } });
  return { box, other, expectUntouched };
}

const [[, walker]] = walkers as [(typeof walkers)[number]];

const generousHost = (box: string): Host =>
  hostWith(walker, {
    preopens: { '/': { path: box, access: 'read-write' } },
    args: ['program'],
    env: { NAME: 'value' },
    stdin: 'input',
    clocks: true,
    random: true,
    network: 'deny',
    // Few enough that some calls are one too many.
    maxResources: 300,
  });

/** Makes values by chance, of which `made` are some that a host has returned. */
function chooser(random: () => number, foreign: readonly unknown[]) {
  const whole = (most: number) => Math.floor(random() * most);
  const any = <T>(list: readonly T[]): T => list[whole(list.length)] as T;
  const made: unknown[] = [];
  const paths = [
    'file',
    'dir',
    '.',
    '..',
    '../outside/secret',
    'out/secret',
    'out/',
    '/etc/passwd',
    'new',
    'dir/new',
  ];
  const texts = [
    ...paths,
    '',
    'a\0b',
    '\ud800',
    'x'.repeat(5000),
    '__proto__',
    'constructor',
    'then',
    'ok',
    'now',
  ];
  const numbers = [0, 1, 2, 3, -1, 255, 256, 0.5, Number.NaN, 2 ** 31, 2 ** 32, 2 ** 53, -0, Infinity, OWN];
  const bigs = [0n, 1n, 7n, -1n, 65_536n, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n];
  const names = [
    'tag',
    'val',
    'length',
    'read',
    'write',
    'create',
    'symlinkFollow',
    'seconds',
    'nanoseconds',
    '__proto__',
  ];
  const value = (depth = 0): unknown => {
    switch (whole(depth > 2 ? 8 : 13)) {
      case 0:
      case 1:
        return any(texts);
      case 2:
        return any(numbers);
      case 3:
        return any(bigs);
      case 4:
        return any([true, false, undefined, null, Symbol.iterator]);
      case 5:
      case 6:
        return made.length > 0 ? any(made) : undefined;
      case 7:
        return any(foreign);
      case 8:
        return new Uint8Array(whole(20));
      case 9:
        return Array.from({ length: whole(4) }, () => value(depth + 1));
      case 10:
        return { [cabiRep]: any(numbers), tag: any(['timestamp', 'now', 'ok']), val: value(depth + 1) };
      case 11:
        return new Proxy({}, { get: () => value(depth + 1), ownKeys: () => [any(names)] });
      default:
        return Object.fromEntries(Array.from({ length: whole(3) }, () => [any(names), value(depth + 1)]));
    }
  };
  const flat = (): unknown => {
    const kind = whole(10);
    return kind < 5
      ? whole(4096)
      : kind === 5
        ? any(numbers)
        : kind < 8
          ? any(bigs)
          : kind === 8
            ? whole(5)
            : value(2);
  };
  const keep = (result: unknown) => {
    for (const each of [result].flat(3)) {
      if (typeof each === 'object' && each !== null) {
        made[made.length < 40 ? made.length : whole(40)] = each;
      }
    }
  };
  return { whole, any, value, flat, keep };
}

/** How many calls have returned. */
let returned = 0;

/** Calls. What is thrown must be an error of WASI's or the end of the component. */
function attempt(act: () => unknown): unknown {
  try {
    const result = act();
    returned += 1;
    return result;
  } catch (error) {
    if (error instanceof WasiError || isEnding(error)) {
      return undefined;
    }
    throw error;
  }
}

it(
  `${CALLS} calls with values of any type get nothing from outside, and throw what WASI has (MAPCP_SEED=${seed})`,
  () => {
    const { box, other, expectUntouched } = stage();
    const foreign = other.imports['wasi:filesystem/preopens'].getDirectories().flat();
    const { whole, any, value, keep } = chooser(randomNumbers(seed), foreign);
    for (let done = 0; done < CALLS; ) {
      const host = generousHost(box);
      const callables = callablesOf(host);
      keep(host.imports['wasi:filesystem/preopens'].getDirectories());
      for (let call = 0; call < EACH; call++, done++) {
        const { call: act, arity } = any(callables);
        const values = Array.from({ length: whole(10) === 0 ? whole(5) : arity }, () => value());
        keep(attempt(() => Reflect.apply(act, value(), values)));
      }
      host.close();
      expect(openFilesIn(box)).toEqual([]);
    }
    other.close();
    expectUntouched();
  },
  60_000 * (1 + factor),
);

it(
  `${CALLS} calls in the component's memory, with any flat values, get nothing from outside (MAPCP_SEED=${seed})`,
  () => {
    const { box, other, expectUntouched } = stage();
    const { whole, any, flat } = chooser(randomNumbers(seed), [undefined]);
    for (let done = 0; done < CALLS; ) {
      const host = generousHost(box);
      const memory = { buffer: new ArrayBuffer(65_536) };
      new Uint8Array(memory.buffer).set(
        Buffer.from('file\0dir/new\0../outside/secret\0out/secret\0/etc/passwd'.repeat(40)),
      );
      const [[root] = []] = host.imports['wasi:filesystem/preopens'].getDirectories();
      const rep: number = Reflect.get(root as object, cabiRep);
      const table = Object.assign([OWN, 0, 0, rep | OWN], { _createdReps: new Set<number>() });
      const realloc = () => {
        if (whole(20) === 0) {
          throw new WasiError('access');
        }
        return whole(10) === 0 ? Number(any([-1, 65_535, 2 ** 31, 70_000])) : whole(60_000);
      };
      const lowered = callablesOf(host).flatMap(({ call }): AnyFunction[] => {
        const lower: ((context: object) => AnyFunction) | undefined = Reflect.get(call, cabiLower);
        if (lower === undefined) {
          return [];
        }
        // A function needs one table or none.
        const contexts = [[table], []].map((resourceTables) => ({ memory, realloc, resourceTables }));
        return contexts.flatMap((context) => {
          try {
            return [lower(context)];
          } catch {
            return [];
          }
        });
      });
      expect(lowered.length).toBeGreaterThan(20);
      for (let call = 0; call < EACH; call++, done++) {
        attempt(() => any(lowered)(...Array.from({ length: whole(12) }, flat)));
      }
      expect(Buffer.from(memory.buffer).includes('root:')).toBe(false);
      host.close();
      expect(openFilesIn(box)).toEqual([]);
    }
    other.close();
    expectUntouched();
  },
  60_000 * (1 + factor),
);

it('of the calls above, some were right, and returned', () => {
  expect(returned).toBeGreaterThan(CALLS / 100);
});
