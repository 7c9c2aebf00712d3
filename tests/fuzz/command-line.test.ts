// Random arguments for the command line. MAPCP_RUNS=50 tries fifty times as many. MAPCP_SEED=… repeats a run.

import { spawnSync } from 'node:child_process';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import type { CopyOptions } from 'mapcp';
import { describe, expect } from 'vitest';
import { look } from '../behaviour/tree.js';
import { precompile } from '../faults/precompiled.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { commandLineOptionOf, commandLineOptions } from '../helpers/options.js';
import { facts, patterns, predict } from '../helpers/oracle.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { putFixture, sources, targets } from './fixture.js';
import { commonOptions, withoutContradictions } from './options.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

const inNode = [process.execPath, resolve('build/out/js/cli/main.js')];

/** Runs a command in a directory. */
function run(command: readonly string[], directory: string) {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
}

// --- Any arguments at all -------------------------------------------------------------------------------------------

const flags = [
  ...commandLineOptions.filter(({ value }) => value === undefined).map(({ name }) => `--${name}`),
  ...commandLineOptions.flatMap(({ letters }) => Array.from(letters, (letter) => `-${letter}`)),
  ...['-rpv', '-rTL', '-zr', '--', '-', '--no-clobber=1', '--nothing'],
];
/** Values of the options that do not take one of some choices, good ones and bad ones. */
const otherValues: Readonly<Record<string, readonly string[]>> = {
  include: [...Object.keys(patterns), '', '['],
  exclude: [...Object.keys(patterns), '', './f'],
  'target-directory': ['out', 'out/old', 'in/f', 'missing', ''],
  shard: ['0/1', '0/2', '1/2', '2/2', '1/0', '-1/2', '0/99999999999', 'x'],
  'window-size': ['1', '64K', '1m', '1G', '2G', '0', '-1', '1.5', 'K', '99999999999999999999'],
  concurrency: ['1', '2', '3', '0', '257', '-1', 'x'],
};
/** Options that take a value, each with good ones and bad ones. */
const values = Object.fromEntries(
  commandLineOptions
    .filter(({ value }) => value !== undefined)
    .map(({ name, choices }) => [`--${name}`, otherValues[name] ?? [...choices, '', '1', 'x']]),
);
const valued = fc.constantFrom(...Object.entries(values)).chain(([option, choices]) =>
  fc.oneof(
    fc.constantFrom(...choices).map((value) => [`${option}=${value}`]),
    fc.constantFrom(...choices).map((value) => [option, value]),
    fc.constant([option]),
  ),
);
/** The command line copies any path that it is given, so no path may lead outside. */
const anything = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/^\/|\.\.|\0/.test(text));
const anyArgs = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom(...flags).map((flag) => [flag]), weight: 3 },
      { arbitrary: valued, weight: 3 },
      { arbitrary: fc.constantFrom(...sources, ...targets).map((name) => [name]), weight: 6 },
      { arbitrary: fc.constantFrom('', '.', 'in/', 'out/h/').map((name) => [name]), weight: 1 },
      { arbitrary: anything.map((text) => [text]), weight: 1 },
    ),
    { maxLength: 8 },
  )
  .map((args) => args.flat());

function runWithAnything(args: readonly string[]): void {
  inMemoryDirectory((directory) => {
    putFixture(directory);
    const before = look(directory);

    const { status, stderr } = run([...inNode, ...args], directory);

    expect([0, 1, 2]).toContain(status);
    expect(stderr).not.toMatch(/^ {4}at /m);
    if (status !== 0 && !args.includes('--json')) {
      expect(stderr).toMatch(/^mapcp: /m);
    }
    const after = look(directory);
    if (status === 2) {
      expect(facts(after)).toEqual(facts(before));
    }
    const contents = new Set(Object.values(before).map(({ content }) => content));
    expect(Object.keys(after).filter(isTemporary)).toEqual([]);
    expect(Object.keys(after).filter((path) => !contents.has(after[path]?.content ?? ''))).toEqual([]);
  });
}

it(`the command line takes any arguments: it copies, or reports what is wrong (MAPCP_SEED=${seed})`, () =>
  fc.assert(fc.property(anyArgs, runWithAnything), { seed, numRuns: 40 * factor }));

// --- Good arguments -------------------------------------------------------------------------------------------------

interface Request {
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
  /** Whether to copy into the target if it is a directory. */
  readonly isInto: boolean;
  /** How many runs divide the work by `--shard`; undefined if there is no shard. */
  readonly shards: number | undefined;
  /** Whether an equals sign precedes values. */
  readonly isJoined: boolean;
}

const flag = fc.boolean();
const somePatterns = fc.subarray(Object.keys(patterns), { maxLength: 2 });
const request: fc.Arbitrary<Request> = fc
  .record({
    source: fc.constantFrom(...sources),
    target: fc.constantFrom(...targets),
    options: fc.record(
      {
        ...commonOptions,
        recursive: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, fc.constant(false)),
        windowSize: fc.constantFrom(1, 65_536, 131_072),
        concurrency: fc.constantFrom(1, 2),
        include: somePatterns,
        exclude: somePatterns,
      },
      { requiredKeys: ['recursive'] },
    ),
    isInto: flag,
    shards: fc.constantFrom<number | undefined>(undefined, undefined, 2),
    isJoined: flag,
  })
  .map(withoutContradictions)
  // The first shard would create the directory, and the second would copy into it.
  .filter(({ isInto, shards }) => !isInto || shards === undefined)
  // If the source is skipped, the copy may check its target or not.
  .filter(({ source, options: { symlinks } }) => symlinks !== 'skip' || !/^in\/l/.test(source));

/** The arguments, except those for shards and those that not every frontend has. */
function argsFor({ source, target, options, isInto, isJoined }: Request): string[] {
  const value = (option: string, given: unknown) =>
    given === undefined ? [] : isJoined ? [`${option}=${given}`] : [option, `${given}`];
  const flags = Object.entries(options).flatMap(([name, given]) => {
    const option = commandLineOptionOf(name);
    if (option === undefined || option.needs !== undefined || given === false) {
      return [];
    }
    const long = `--${option.name}`;
    if (name === 'atomic') {
      return given === 'tree' ? [long] : [];
    }
    return given === true ? [long] : [given].flat().flatMap((each) => value(long, each));
  });
  return [...flags, ...(isInto ? [] : ['-T']), source, target];
}

const frontends = [
  {
    name: 'Node',
    runs: 30,
    missing: false,
    hasModes: true,
    command: () => inNode,
    more: ({ concurrency }: CopyOptions) => (concurrency ? ['--concurrency', `${concurrency}`] : []),
  },
  {
    name: 'wasmtime',
    runs: 100,
    missing: wasmtime === undefined,
    hasModes: false,
    command: precompile,
    more: () => [],
  },
];

describe.each(frontends)('the command line in $name', ({ runs, missing, hasModes, command, more }) => {
  function copyAsTold(program: readonly string[], request: Request): void {
    inMemoryDirectory((directory) => {
      putFixture(directory);
      const before = look(directory);
      const { source, isInto, options, shards } = request;
      const isIn = isInto && before[request.target]?.kind === 'directory';
      const target = isIn ? join(request.target, basename(source)) : request.target;
      // In wasmtime the top directories are preopens, which cannot be replaced as a whole.
      fc.pre(hasModes || options.atomic !== 'tree' || target.includes('/'));
      const asked = {
        ...options,
        makeParents: options.makeParents ?? false,
        // As in cp.
        symlinks: options.symlinks ?? (options.recursive ? 'preserve' : 'follow'),
        filterSource: isInto,
      } as const;
      const prediction = predict(before, source, target, asked, { hasModes });

      const ends = Array.from({ length: shards ?? 1 }, (_, index) => {
        const shard = shards === undefined ? [] : ['--shard', `${index}/${shards}`];
        return run([...program, '--json', ...more(options), ...shard, ...argsFor(request)], directory);
      });

      const after = look(directory);
      if (prediction.isExcluded) {
        expect(facts(after)).toEqual(facts(before));
        return;
      }
      const { complete, unchanged } = prediction;
      const hasFailed = prediction.isRefused || prediction.failed.size > 0;
      expect(Math.max(...ends.map(({ status }) => Number(status)))).toBe(hasFailed ? 1 : 0);
      if (prediction.isRefused) {
        expect(facts(after, unchanged)).toEqual(facts(unchanged));
      } else if (hasFailed && !options.keepGoing) {
        expect(brokenPromises({ before, complete, found: after, succeeded: false })).toEqual([]);
      } else {
        expect(facts(after, complete)).toEqual(facts(complete));
        const reports = ends.flatMap(({ stdout }) => reportsIn(stdout));
        expect(reports.reduce((sum, { files }) => sum + files, 0)).toBe(prediction.copied.size);
        expect(reports.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(prediction.bytes);
      }
    });
  }

  it.skipIf(missing)(`does what its arguments say (MAPCP_SEED=${seed})`, ({ inMemory: directory }) => {
    const program = command(directory);
    fc.assert(
      fc.property(request, (request) => copyAsTold(program, request)),
      { seed, numRuns: runs * factor },
    );
  });
});

/** The reports in the output of --json. */
function reportsIn(output: string): readonly { files: number; bytes: number }[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'report');
}
