// Files with several names: the copy has the same names, whichever call fails and whatever others do meanwhile.

import { spawnSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyOptions, copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { look, type Put } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import type { Fault } from './faulty-host.js';
import { errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { copyCommands } from './killed-copies.js';
import { brokenPromises, isTemporary } from './promises.js';
import { argumentsFor } from './recovery.js';
import { bytes, faultsOf, type Scenario } from './scenarios.js';

const names = ['f', 'd/g', 'd/e/h'];

/** One file with three names in the tree and one outside, and a file with one name. */
function source(put: Put): void {
  put.file('in/a/f', bytes(70_000, 1));
  put.hardLink('in/a/d/g', 'in/a/f');
  put.hardLink('in/a/d/e/h', 'in/a/f');
  put.hardLink('in/outside', 'in/a/f');
  put.file('in/a/alone', bytes(10, 2));
}

const keeping: CopyOptions = { recursive: true, preserveHardLinks: true, preserveTimestamps: true };

function scenarioOf(options: CopyOptions, target: (put: Put) => void = () => {}): Scenario {
  return { name: 'hard links', options, source, target };
}

/** How many different files the names in a directory are. */
function filesOf(directory: string): number {
  return new Set(names.map((name) => lstatSync(join(directory, name)).ino)).size;
}

describe.each(copyCommands)('mapcp in $name', ({ missing, command }) => {
  it.skipIf(missing).for<[string, CopyOptions, number]>([
    ['keeps the names of one file one file', keeping, 1],
    ['keeps them in a tree that appears as a whole', { ...keeping, atomic: 'tree' }, 1],
    ['copies each name without the option', { recursive: true }, 3],
  ])('%s', async ([_, options, files], { inMemory: directory }) => {
    using sandbox = await FaultySandbox.open(scenarioOf(options), 'by value', directory);
    rmSync(join(directory, 'out/b'), { recursive: true });
    const [program = '', ...args] = [...command(directory), ...argumentsFor(options)];
    const { status, stderr } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(filesOf(join(directory, 'out/b'))).toBe(files);
    expect(Object.keys(sandbox.look()).filter(isTemporary)).toEqual([]);
  });
});

it('only the first name counts bytes, and each name is an entry', async ({ inMemory: directory }) => {
  using sandbox = await FaultySandbox.open(scenarioOf(keeping), 'by value', directory);
  const { report, error } = await sandbox.copy();
  expect(error).toBeUndefined();
  expect(report).toMatchObject({ bytes: 70_010, files: 4, warnings: [] });
  expect(filesOf(join(directory, 'out/b'))).toBe(1);
});

it('a shard keeps only its own names one file', async ({ inMemory: directory }) => {
  using sandbox = await FaultySandbox.open(scenarioOf(keeping), 'by value', directory);
  rmSync(join(directory, 'out/b'), { recursive: true });
  for (const index of [0, 1]) {
    await copy(join(directory, 'in/a'), join(directory, 'out/b'), {
      ...keeping,
      shard: { index, count: 2 },
    });
  }
  expect(filesOf(join(directory, 'out/b'))).toBeLessThanOrEqual(2);
  expect(sandbox.look()['b/d/g']?.content).toBe(sandbox.look()['b/f']?.content);
});

it.for(['not-permitted', 'unsupported', 'too-many-links', 'cross-device'] as const)(
  'if a hard link is %s, each name gets a copy, with one warning',
  async (fault, { inMemory: directory }) => {
    using sandbox = await FaultySandbox.open(scenarioOf(keeping), 'by value', directory);
    const ending = await sandbox.copy((call) => (call === 'linkAt' ? fault : undefined));
    expect(brokenPromises(ending)).toEqual([]);
    expect(ending.report?.warnings.map(({ reason }) => reason)).toEqual([
      'it cannot be a hard link there, so each name of the file gets a copy of its own',
    ]);
    expect(filesOf(join(directory, 'out/b'))).toBe(3);
  },
);

it('if hard links are refused, the bytes of each name count towards the limit', async ({
  inMemory: directory,
}) => {
  using sandbox = await FaultySandbox.open(
    scenarioOf({ ...keeping, maxBytes: 70_010 }),
    'by value',
    directory,
  );
  const ending = await sandbox.copy((call) => (call === 'linkAt' ? 'unsupported' : undefined));
  expect(errorsOf(ending)).toMatchObject([{ code: 'ERR_MAPCP_LIMIT_EXCEEDED', leftover: undefined }]);
  expect(Object.keys(ending.found).filter(isTemporary)).toEqual([]);
  expect(names.filter((name) => `b/${name}` in ending.found)).toHaveLength(1);
});

it('a refused hard link whose copy fails as well is no warning about another file', async ({
  inMemory: directory,
}) => {
  const scenario = {
    ...scenarioOf({ ...keeping, keepGoing: true }),
    source: (put: Put) => {
      put.file('in/a/f', bytes(70_000, 1));
      put.hardLink('in/a/d/g', 'in/a/f');
      put.file('in/a/d/e/other', bytes(10, 2));
    },
  };
  using sandbox = await FaultySandbox.open(scenario, 'by value', directory);
  const pending: Fault[] = ['io'];
  let isRefused = false;
  const { report, error } = await sandbox.copy((call) => {
    isRefused ||= call === 'linkAt';
    return call === 'linkAt' ? 'not-permitted' : isRefused && call === 'write' ? pending.pop() : undefined;
  });
  expect(error).toBeUndefined();
  expect(report?.errors).toMatchObject([{ operation: 'write', target: '/out/b/d/g' }]);
  expect(report?.warnings).toEqual([]);
  expect(report).toMatchObject({ files: 2 });
});

it.for(['always', 'never', 'newer'] as const)(
  'under %s, no name is linked to a file that stays',
  async (overwrite, { inMemory: directory }) => {
    const target = (put: Put) => {
      put.directory('out/b/d/e');
      for (const name of names.slice(1)) {
        put.file(`out/b/${name}`, 'old');
        put.time(`out/b/${name}`, '4000000000');
      }
    };
    using sandbox = await FaultySandbox.open(
      scenarioOf({ ...keeping, overwrite }, target),
      'by value',
      directory,
    );
    const ending = await sandbox.copy();
    expect(ending.error).toBeUndefined();
    expect(brokenPromises(ending)).toEqual([]);
    expect(filesOf(join(directory, 'out/b'))).toBe(overwrite === 'always' ? 1 : 3);
  },
);

it('a file that takes the place of the first copy gets no other name', async ({ inMemory: directory }) => {
  using sandbox = await FaultySandbox.open(scenarioOf(keeping), 'by value', directory);
  const out = join(directory, 'out');
  let isOver = false;
  const ending = await sandbox.copy((call) => {
    if (call === 'linkAt' && !isOver) {
      isOver = true;
      const first = names.find((name) => `b/${name}` in sandbox.look()) ?? '';
      rmSync(join(out, 'b', first));
      writeFileSync(join(out, 'theirs'), bytes(70_000, 9));
      linkSync(join(out, 'theirs'), join(out, 'b', first));
    }
    return undefined;
  });
  expect(ending.error).toBeUndefined();
  const found = look(out);
  const theirs = found.theirs?.content;
  // It has the two names that it had, and no third.
  expect(Object.values(found).filter(({ content }) => content === theirs)).toHaveLength(2);
  expect(Object.keys(found).filter(isTemporary)).toEqual([]);
});

it('a directory outside that takes the place of the target gets no name', async ({ inMemory: directory }) => {
  mkdirSync(join(directory, 'elsewhere'));
  using sandbox = await FaultySandbox.open(scenarioOf(keeping), 'by value', directory);
  await sandbox.copy((call) => {
    if (call === 'linkAt') {
      rmSync(join(directory, 'out/b'), { recursive: true, force: true });
    }
    return undefined;
  });
  expect(Object.keys(look(join(directory, 'elsewhere')))).toEqual([]);
});

it.for<[string, CopyOptions]>([
  ['', keeping],
  [' as a whole', { ...keeping, atomic: 'tree', overwrite: 'always' }],
])(
  'whichever call fails, each name%s is absent or complete, and no temporary name is left',
  async ([_, options], { inMemory: directory }) => {
    using sandbox = await FaultySandbox.open(scenarioOf(options), 'by value', directory);
    await sandbox.copy();
    const wrong: string[] = [];
    let count = 0;
    for (const [number, { name, path }] of sandbox.calls.entries()) {
      for (const fault of faultsOf[name]) {
        // A refused time is only a warning.
        if ((name.startsWith('setTimes') && fault === 'access') || count++ % 3 !== 0) {
          continue;
        }
        const ending = await sandbox.copy((_, each) => (each === number ? fault : undefined));
        const here = `if call ${number}, ${name} for ${path}, is ${fault}`;
        wrong.push(...brokenPromises(ending).map((what) => `${here}: ${what}`));
        if (ending.descriptorsLeft !== 0) {
          wrong.push(`${here}: ${ending.descriptorsLeft} descriptors are left open`);
        }
        if (!ending.succeeded && errorsOf(ending).some(({ leftover }) => leftover !== undefined)) {
          wrong.push(`${here}: something is left`);
        }
      }
    }
    expect(wrong).toEqual([]);
  },
);
