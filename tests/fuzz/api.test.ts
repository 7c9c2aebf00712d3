// Random arguments for the API. MAPCP_RUNS=50 tries fifty times as many. MAPCP_SEED=… repeats a run.

import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { CopyError, type CopyOptions, type CopyReport, copy, openSandbox } from 'mapcp';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { facts, patterns, predict, withAnyTimes } from '../helpers/oracle.js';
import { putFixture, sources, targets } from './fixture.js';
import { commonOptions, withoutContradictions } from './options.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

// The API must check the arguments itself.
type Copy = (source: unknown, target: unknown, options: unknown) => PromiseLike<CopyReport>;

const copyByPaths = copy as Copy;

/** Puts a directory before a path. */
function below(root: string, path: unknown): unknown {
  return typeof path === 'string' && path !== '' ? `${root}/${path}` : path;
}

/** Copies by a function of the API. Paths are relative to the directory. */
type Way = (directory: string, ...args: Parameters<Copy>) => PromiseLike<CopyReport>;

const ways = {
  'by paths': (directory, source, target, options) =>
    copyByPaths(below(directory, source), below(directory, target), options),
  'by URLs': (directory, source, target, options) => {
    const [from, to] = [source, target].map((path) => below(directory, path));
    return copyByPaths(typeof from === 'string' ? pathToFileURL(from) : from, to, options);
  },
  'in a sandbox': async (directory, source, target, options) => {
    using box = await openSandbox({ '/all': { path: directory, access: 'read-write' } });
    return await (box.copy.bind(box) as Copy)(below('/all', source), below('/all', target), options);
  },
  'from one directory of a sandbox to another': async (directory, source, target, options) => {
    using box = await openSandbox({
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    });
    return await (box.copy.bind(box) as Copy)(below('', source), below('', target), options);
  },
} satisfies Record<string, Way>;

const way = fc.constantFrom(...(Object.keys(ways) as (keyof typeof ways)[]));

const flag = fc.boolean();
const good = {
  ...commonOptions,
  recursive: flag,
  preserveMode: flag,
  windowSize: fc.integer({ min: 1, max: 2 ** 30 }),
  // Threads are slow to start.
  concurrency: fc.oneof({ arbitrary: fc.constant(1), weight: 6 }, fc.integer({ min: 2, max: 3 })),
};

/** Returns the report, or the error. */
async function endingOf(run: () => PromiseLike<CopyReport>): Promise<CopyReport | Error> {
  try {
    return await run();
  } catch (error) {
    return error as Error;
  }
}

/** Calls `use` with a directory that contains the fixture. */
function inFixture(use: (directory: string) => Promise<void>): Promise<void> {
  return inMemoryDirectory((directory) => {
    putFixture(directory);
    return use(directory);
  });
}

// --- Any arguments at all -------------------------------------------------------------------------------------------

const anyPath = fc.oneof(
  { arbitrary: fc.constantFrom(...sources, ...targets), weight: 8 },
  fc.constantFrom('', '.', 'in/', 'out/h/', 'in/f/', 'in/\0', 'in//d', 'in/./f'),
  // No path may lead out of the test's directory.
  fc.anything().filter((any) => typeof any !== 'string' || !any.includes('..')),
);
const anyPatterns = fc.array(
  fc.oneof(fc.constantFrom(...Object.keys(patterns), '\0'), fc.string({ maxLength: 5 })),
  { maxLength: 3 },
);
const nearlyGood = {
  ...good,
  include: anyPatterns,
  exclude: anyPatterns,
  shard: fc.record({ index: fc.integer({ min: 0, max: 3 }), count: fc.integer({ min: 1, max: 3 }) }),
};
const anyOptions = fc.oneof(
  { arbitrary: fc.record(nearlyGood, { requiredKeys: [] }), weight: 8 },
  // One option has a value of any kind.
  fc
    .tuple(
      fc.record(nearlyGood, { requiredKeys: [] }),
      fc.constantFrom(...Object.keys(nearlyGood), 'signal', 'onProgress', 'onEntry', 'host'),
      fc.anything(),
    )
    .map(([given, key, value]) => ({ ...given, [key]: value })),
  fc.anything(),
);

async function copyAnything(
  way: keyof typeof ways,
  source: unknown,
  target: unknown,
  options: unknown,
): Promise<void> {
  await inFixture(async (directory) => {
    const before = look(directory);

    const ending = await endingOf(() => ways[way](directory, source, target, options));

    const after = look(directory);
    if (ending instanceof Error && !(ending instanceof CopyError)) {
      // An unknown value of an option is a RangeError.
      expect([TypeError, RangeError]).toContain(ending.constructor);
      // An iterable is a stream, which can be wrong after the copy has made its temporary file in a directory.
      const mayBegin = typeof source === 'object';
      const expected = withAnyTimes(before, ({ kind }) => mayBegin && kind === 'directory');
      expect(facts(after, expected)).toEqual(facts(expected));
    }
    const contents = new Set(Object.values(before).map(({ content }) => content));
    expect(Object.keys(after).filter(isTemporary)).toEqual([]);
    expect(Object.keys(after).filter((path) => !contents.has(after[path]?.content ?? ''))).toEqual([]);
  });
}

it(`copy() takes any arguments: it copies or refuses them, and breaks nothing (MAPCP_SEED=${seed})`, () =>
  fc.assert(fc.asyncProperty(way, anyPath, anyPath, anyOptions, copyAnything), {
    seed,
    numRuns: 150 * factor,
  }));

// --- Good arguments -------------------------------------------------------------------------------------------------

interface Request {
  readonly way: keyof typeof ways;
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
  /** How many copies divide the work by `shard`; undefined if there is no shard. */
  readonly shards: number | undefined;
}

const somePatterns = fc.subarray(Object.keys(patterns), { maxLength: 2 });
const request: fc.Arbitrary<Request> = fc
  .record({
    way,
    source: fc.constantFrom(...sources),
    target: fc.constantFrom(...targets),
    options: fc.record(
      {
        ...good,
        recursive: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, fc.constant(false)),
        include: somePatterns,
        exclude: somePatterns,
      },
      { requiredKeys: ['recursive'] },
    ),
    shards: fc.constantFrom<number | undefined>(undefined, undefined, 1, 2, 3),
  })
  .map(withoutContradictions)
  // One directory of the sandbox is read-only, and the other one cannot be replaced as a whole.
  .filter(
    ({ way, target, options: { atomic } }) =>
      way !== 'from one directory of a sandbox to another' ||
      (target.startsWith('out') && !(target === 'out' && atomic === 'tree')),
  )
  // If the source is skipped, the copy may check its target or not.
  .filter(({ source, options: { symlinks } }) => symlinks !== 'skip' || !/^in\/l/.test(source));

/** Copies, once for each shard. Returns the reports or errors, and the targets of all reported entries. */
async function perform({ way, source, target, options, shards }: Request, directory: string) {
  const reports: CopyReport[] = [];
  const errors: Error[] = [];
  const told: string[] = [];
  for (let index = 0; index < (shards ?? 1); index++) {
    const given: CopyOptions = {
      ...options,
      shard: shards === undefined ? undefined : { index, count: shards },
      onEntry: ({ kind, target }) => kind !== 'directory' && told.push(target),
    };
    const ending = await endingOf(() => ways[way](directory, source, target, given));
    if (ending instanceof Error) {
      errors.push(ending);
    } else {
      reports.push(ending);
    }
  }
  return { errors, reports, told };
}

async function copyAsTold(request: Request): Promise<void> {
  await inFixture(async (directory) => {
    const before = look(directory);
    const prediction = predict(before, request.source, request.target, request.options);

    const { errors, reports, told } = await perform(request, directory);

    const after = look(directory);
    const mustFail = prediction.isRefused || (prediction.failed.size > 0 && !request.options.keepGoing);
    expect(errors).toEqual(errors.map(() => expect.any(CopyError)));
    expect(errors.length > 0).toBe(mustFail);
    if (prediction.isRefused) {
      expect(facts(after, prediction.unchanged)).toEqual(facts(prediction.unchanged));
    } else if (mustFail) {
      const { complete } = prediction;
      expect(brokenPromises({ before, complete, found: after, succeeded: false })).toEqual([]);
    } else {
      const sum = (key: 'files' | 'bytes') => reports.reduce((sum, report) => sum + report[key], 0);
      const errors = new Set(reports.flatMap(({ errors }) => errors.map(({ target }) => target)));
      expect(facts(after, prediction.complete)).toEqual(facts(prediction.complete));
      expect([sum('files'), sum('bytes')]).toEqual([prediction.copied.size, prediction.bytes]);
      expect(errors.size).toBe(prediction.failed.size);
      expect(told.length).toBe(prediction.copied.size + prediction.skipped.size);
    }
  });
}

it(`every way to copy() does what its arguments say (MAPCP_SEED=${seed})`, () =>
  fc.assert(fc.asyncProperty(request, copyAsTold), { seed, numRuns: 120 * factor }));
