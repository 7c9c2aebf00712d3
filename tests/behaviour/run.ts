import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CopyOptions } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { canMount, mountFile, mountSmallDisk } from '../helpers/small-disk.js';
import { type Behaviour, type ExpectedError, type Result, sentenceOf, whyNot } from './behaviour.js';
import { behaviours } from './cases/index.js';
import type { Frontend } from './frontends.js';
import type { Outcome, Told } from './outcome.js';
import { create, expectation, look, putInto, reasonsOf, type Seen, withParents } from './tree.js';

/** Defines a test for each behaviour that a frontend has. */
export function testBehaviours(frontend: Frontend): void {
  describe(`through the ${frontend.name},`, () => {
    for (const behaviour of behaviours) {
      const why = whyNot(behaviour, frontend.name);
      if (why === undefined) {
        const test = it.skipIf(needsSuperuser(behaviour) && !canMount);
        test(behaviour.name, () =>
          inTemporaryDirectory((directory) => check(behaviour, frontend, directory)),
        );
      }
    }
  });
}

/** Whether only the superuser can prepare a behaviour, or see the result of a copy by an ordinary user. */
function needsSuperuser(behaviour: Behaviour): boolean {
  const { disk, mounts, isOrdinaryUser = false } = behaviour;
  const devices = reasonsOf(behaviour, (method) => (method === 'device' ? 'it makes a device' : undefined));
  return disk !== undefined || mounts !== undefined || isOrdinaryUser || devices.length > 0;
}

/** Creates `in` and `out` in a directory, copies there, and fails unless the result is as expected. */
export async function check(behaviour: Behaviour, frontend: Frontend, directory: string): Promise<void> {
  const [from, to] = [join(directory, 'in'), join(directory, 'out')];
  mkdirSync(from);
  mkdirSync(to);
  const unmount = behaviour.disk === undefined ? () => {} : mountSmallDisk(to, behaviour.disk);
  const mounts: (() => void)[] = [];
  try {
    create(behaviour, putInto(directory));
    for (const [path, file] of Object.entries(behaviour.mounts ?? {})) {
      mounts.push(mountFile(join(directory, path), resolve(directory, file)));
    }
    const source = look(from);
    const before = look(to);
    const { error, errors, warnings, counts } = await copy(behaviour, frontend, directory);
    const result: Result = behaviour.instead?.[frontend.name] ?? behaviour;

    expect(error).toEqual(result.error === undefined ? undefined : told(behaviour, result.error, frontend));
    expectErrors(behaviour, errors, result.errors, frontend);
    expectErrors(behaviour, warnings, result.warnings, frontend);
    expect(counts ?? {}).toMatchObject(result.counts ?? {});
    expectOut(look(to), result.out, before, frontend);
    if (behaviour.meanwhile === undefined) {
      expect(look(from)).toEqual(source);
    }
  } finally {
    for (const unmountFile of mounts) {
      unmountFile();
    }
    unmount();
  }
}

async function copy(behaviour: Behaviour, frontend: Frontend, directory: string): Promise<Outcome> {
  const { source = 'in/a', target = 'out/b', isOrdinaryUser = false, shards: count, stream } = behaviour;
  const options = { ...behaviour.options, ...acting(behaviour, directory) };
  if (count === undefined) {
    return frontend.copy({ directory, source, target, options, stream }, isOrdinaryUser);
  }
  const outcomes: Outcome[] = [];
  for (let index = 0; index < count; index++) {
    const request = { directory, source, target, options: { ...options, shard: { index, count } } };
    outcomes.push(await frontend.copy(request, isOrdinaryUser));
  }
  return together(outcomes);
}

/** Merges the results of several shards. Each enters all directories, so directories are not added. */
function together(outcomes: readonly Outcome[]): Outcome {
  const sum = (count: 'bytes' | 'files' | 'skipped') =>
    outcomes.reduce((total, { counts }) => total + (counts?.[count] ?? 0), 0);
  return {
    error: outcomes.find(({ error }) => error !== undefined)?.error,
    errors: outcomes.flatMap(({ errors }) => errors),
    warnings: outcomes.flatMap(({ warnings }) => warnings),
    counts: { bytes: sum('bytes'), files: sum('files'), skipped: sum('skipped') },
  };
}

/** Options with a listener that makes another process's change at the first progress. */
function acting({ meanwhile }: Behaviour, directory: string): CopyOptions {
  if (meanwhile === undefined) {
    return {};
  }
  let act: typeof meanwhile | undefined = meanwhile;
  const onProgress = () => {
    act?.(putInto(directory));
    act = undefined;
  };
  return { onProgress };
}

/** The error that a frontend must report. */
function told(behaviour: Behaviour, error: ExpectedError, { name }: Frontend): Told {
  return { code: error.code, message: sentenceOf(behaviour, error, name) };
}

function expectErrors(
  behaviour: Behaviour,
  found: readonly Told[],
  expected: readonly ExpectedError[] | undefined,
  frontend: Frontend,
): void {
  const inOrder = (errors: readonly Told[]) =>
    [...errors].sort((one, other) => (one.message < other.message ? -1 : 1));
  // Directories are listed in any order.
  expect(inOrder(found)).toEqual(inOrder((expected ?? []).map((error) => told(behaviour, error, frontend))));
}

function expectOut(
  found: Record<string, Seen>,
  expected: Result['out'],
  before: Record<string, Seen>,
  { hasModes, hasBlocks, grain }: Frontend,
): void {
  if (expected === undefined) {
    expect(found).toEqual(before);
    return;
  }
  const all = withParents(expected);
  expect(Object.keys(found).sort()).toEqual(Object.keys(all).sort());
  for (const [path, entry] of Object.entries(all)) {
    const { content, mode, time, used, ...others } = expectation(entry);
    expect(found[path], path).toMatchObject(mode !== undefined && hasModes ? { ...others, mode } : others);
    // An entry that stayed has its exact time.
    if (time !== undefined && found[path]?.time !== before[path]?.time) {
      const early = nanoseconds(time) - nanoseconds(found[path]?.time ?? '0');
      expect(early >= 0n && early < grain, `the time of ${path}: ${found[path]?.time} for ${time}`).toBe(
        true,
      );
    }
    // toBe would print a megabyte.
    expect(content === undefined || found[path]?.content === content, `the content of ${path}`).toBe(true);
    const most = hasBlocks && used !== undefined ? used : Number.POSITIVE_INFINITY;
    expect(found[path]?.used, `the blocks of ${path}`).toBeLessThanOrEqual(most);
  }
}

/** Converts a time from seconds with decimals to nanoseconds. */
function nanoseconds(time: string): bigint {
  const [seconds = '', fraction = ''] = time.split('.');
  return BigInt(seconds + fraction.padEnd(9, '0'));
}
