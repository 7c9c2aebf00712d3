// Any arguments for the API. MAPCP_RUNS=50 tries fifty times as many; MAPCP_SEED=… repeats a run.

import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { CopyError, copy } from 'mapcp';
import { expect, it } from 'vitest';
import { look, putInto } from '../behaviour/tree.js';
import { isTemporary } from '../faults/promises.js';
import { inMemoryDirectory } from '../helpers/directory.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** What files hold: each its own name many times, so that a mixture of two is seen. */
const contents = ['f', 'g', 'h'].map((name) => name.repeat(70_000));

const name = fc.constantFrom(
  'in',
  'in/f',
  'in/d',
  'in/d/g',
  'in/link',
  'in/missing',
  'out',
  'out/h',
  'out/x',
  'out/x/y',
  '.',
);
const path = fc.oneof(
  { arbitrary: name, weight: 8 },
  fc.constantFrom('', 'in/', 'out/h/', 'in/f/', 'in/\0'),
  fc.anything(),
);

const flag = fc.boolean();
const patterns = fc.array(
  fc.oneof(fc.constantFrom('f', '*', 'd/', '**/g', '[', '\0'), fc.string({ maxLength: 5 })),
  { maxLength: 3 },
);
const good = {
  recursive: flag,
  symlinks: fc.constantFrom('preserve', 'follow', 'skip'),
  overwrite: fc.constantFrom('always', 'never', 'newer', 'error'),
  preserveTimestamps: flag,
  preserveMode: flag,
  verify: flag,
  sync: flag,
  sparse: fc.constantFrom('auto', 'always', 'never'),
  include: patterns,
  exclude: patterns,
  makeParents: flag,
  keepGoing: flag,
  dryRun: flag,
  windowSize: fc.integer({ min: 1, max: 2 ** 30 }),
};
const options = fc.oneof(
  { arbitrary: fc.record(good, { requiredKeys: [] }), weight: 8 },
  // One of them is of any kind.
  fc
    .tuple(
      fc.record(good, { requiredKeys: [] }),
      fc.constantFrom(...Object.keys(good), 'signal', 'onProgress', 'host'),
      fc.anything(),
    )
    .map(([given, key, value]) => ({ ...given, [key]: value })),
  fc.anything(),
);

/** How a copy ended, by any arguments. */
async function endingOf(...args: unknown[]): Promise<unknown> {
  try {
    return await (copy as (...args: unknown[]) => Promise<unknown>)(...args);
  } catch (error) {
    return error;
  }
}

async function copyAnything(source: unknown, target: unknown, given: unknown): Promise<void> {
  await inMemoryDirectory(async (directory) => {
    const put = putInto(directory);
    put.directory('in/d', 'out');
    put.file('in/f', contents[0]);
    put.file('in/d/g', contents[1]);
    put.file('out/h', contents[2]);
    put.symlink('in/link', 'd/g');
    const before = { in: look(join(directory, 'in')), out: look(join(directory, 'out')) };
    const at = (path: unknown) => (typeof path === 'string' && path !== '' ? `${directory}/${path}` : path);

    const ending = await endingOf(at(source), at(target), given);

    const after = { in: look(join(directory, 'in')), out: look(join(directory, 'out')) };
    const hasFailed = ending instanceof Error;
    expect(hasFailed ? ending : {}).toEqual(
      hasFailed ? expect.any(ending instanceof TypeError ? TypeError : CopyError) : {},
    );
    if (ending instanceof TypeError) {
      expect(after).toEqual(before);
    }
    for (const [path, { kind, content }] of Object.entries({ ...after.in, ...after.out })) {
      expect(isTemporary(path)).toBe(false);
      expect(kind !== 'file' || contents.includes(content)).toBe(true);
    }
  });
}

it(`copy() takes any arguments: it copies, or refuses them, and breaks nothing (MAPCP_SEED=${seed})`, () =>
  fc.assert(fc.asyncProperty(path, path, options, copyAnything), { seed, numRuns: 300 * factor }));
