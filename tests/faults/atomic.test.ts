// Trees that appear as a whole. Each call of such a copy fails once, in each way that it can, and all calls from each on
// fail. tests/faults/killed.test.ts kills such copies.

import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { clean } from 'mapcp';
import { describe, expect } from 'vitest';
import { look, type Put } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import type { Tree } from '../helpers/oracle.js';
import { rejectionOf } from '../helpers/rejection.js';
import { errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { brokenWhole, isTemporary, nameBeforeAside } from './promises.js';
import { bytes, faultsOf, type Scenario } from './scenarios.js';

const takesAll = process.env.MAPCP_FAULTS === 'all';

const source = (put: Put) => {
  put.file('in/a/f', bytes(100, 1));
  put.file('in/a/d/g', bytes(70_000, 2));
  put.file('in/a/d/e/h', bytes(7, 3));
  put.symlink('in/a/d/link', 'g');
  put.mode('in/a/d/e', 0o555);
  put.mode('in/a/f', 0o640);
};

const oldTree = (put: Put) => {
  put.file('out/b/f', 'old');
  put.file('out/b/d/old/x', 'old');
  put.symlink('out/b/link', '../elsewhere');
  put.file('out/elsewhere/stays', 'x');
};

const replacing = { recursive: true, atomic: 'tree', overwrite: 'always' } as const;

const scenarios: readonly Scenario[] = [
  { name: 'a new tree', options: { recursive: true, atomic: 'tree' }, source },
  { name: 'a tree that replaces another', options: replacing, source, target: oldTree },
  {
    name: 'a tree that replaces another, with everything that can be asked for',
    options: { ...replacing, preserveTimestamps: true, verify: true, sync: true, windowSize: 65_536 },
    source,
    target: oldTree,
  },
  {
    name: 'a new tree in a new directory',
    to: 'new/b',
    options: { recursive: true, atomic: 'tree' },
    source,
  },
];

/** The paths that killed or failed copies leave. */
function leftIn(tree: Tree): readonly string[] {
  return Object.keys(tree).filter((path) => isTemporary(path) || nameBeforeAside(path) !== undefined);
}

describe.each(scenarios)('$name', (scenario) => {
  it('whichever call fails, the old tree or the whole new one is there, and nothing else', async ({
    inMemory: directory,
  }) => {
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    const whole = await sandbox.copy();
    expect(brokenWhole(whole)).toEqual([]);
    expect(whole.succeeded).toBe(true);
    const { calls } = sandbox;
    const wrong: string[] = [];
    let count = 0;
    for (const [number, { name, path }] of calls.entries()) {
      for (const fault of faultsOf[name]) {
        // A refused time is only a warning; every-call.test.ts has those.
        const isRefusedTime = name.startsWith('setTimes') && fault === 'access';
        if (isRefusedTime || (!takesAll && count++ % 3 !== 0)) {
          continue;
        }
        const ending = await sandbox.copy((_, each) => (each === number ? fault : undefined));
        const here = `if call ${number}, ${name} for ${path}, is ${fault}`;
        const left = leftIn(ending.found);
        if (ending.succeeded) {
          // An old tree that could not be removed is named by a warning.
          const named = (ending.report?.warnings ?? []).flatMap(({ leftover = [] }) => leftover);
          if (String(named) !== String(left.map((each) => `/out/${each}`))) {
            wrong.push(`${here}: '${named}' is named, and '${left}' is left`);
          }
        } else {
          const named = errorsOf(ending).flatMap(({ leftover = [] }) => leftover);
          const { files, bytes } = errorsOf(ending)[0]?.report ?? {};
          if (left.length > 0 || named.length > 0) {
            wrong.push(`${here}: '${named}' is named, and '${left}' is left`);
          }
          if (files !== 0 || bytes !== 0) {
            wrong.push(`${here}: the report counts ${files} files and ${bytes} bytes`);
          }
        }
        sandbox.clean();
        const found = sandbox.look();
        // Syncing the directory comes after the new tree has its name.
        const isAfter = !ending.succeeded && errorsOf(ending)[0]?.operation === 'sync';
        const observation = { ...ending, found };
        wrong.push(
          ...brokenWhole(isAfter ? { ...observation, succeeded: false } : observation).map(
            (what) => `${here}: ${what}`,
          ),
        );
        if (ending.descriptorsLeft !== 0) {
          wrong.push(`${here}: ${ending.descriptorsLeft} descriptors are left open`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('if every call from one on fails, cleaning brings back the old tree or leaves the new one', async ({
    inMemory: directory,
  }) => {
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    await sandbox.copy();
    const { calls } = sandbox;
    const wrong: string[] = [];
    for (const [number, { name }] of calls.entries()) {
      const ending = await sandbox.copy((_, each) => (each >= number ? 'io' : undefined));
      const here = `if each call from ${number}, ${name}, on fails`;
      const left = leftIn(ending.found);
      if (left.length > 2) {
        wrong.push(`${here}: '${left}' is left`);
      }
      sandbox.clean();
      const { new: made, ...others } = sandbox.look();
      // The directory on the way could not be removed either.
      const isEmpty = made !== undefined && Object.keys(others).length === 0;
      const cleaned = { ...ending, found: isEmpty ? {} : sandbox.look() };
      wrong.push(...brokenWhole(cleaned).map((what) => `${here}: ${what}`));
      if (ending.descriptorsLeft !== 0) {
        wrong.push(`${here}: ${ending.descriptorsLeft} descriptors are left open`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe.each([
  ['while a tree is copied as a whole', 'write'],
  ['right before a tree that is copied as a whole gets its name', 'renameAt'],
] as const)('%s', (_, moment) => {
  const scenario = (target: (put: Put) => void): Scenario => ({
    name: 'a tree',
    options: replacing,
    source,
    target,
  });

  /** Copies, and calls `act` with the path of `out` and that of the temporary tree. */
  async function copyWhile(
    directory: string,
    target: (put: Put) => void,
    act: (out: string, temporary: string) => void,
  ): Promise<unknown> {
    using sandbox = await FaultySandbox.open(scenario(target), 'in memory', directory);
    const out = join(directory, 'out');
    let isOver = false;
    const { report, error } = await sandbox.copy((name) => {
      if (name === moment && !isOver) {
        isOver = true;
        act(out, join(out, readdirSync(out).find((each) => isTemporary(each)) ?? ''));
      }
      return undefined;
    });
    return error ?? report;
  }

  it('a link in the place of the temporary tree is not followed, and does not keep the name', async ({
    inMemory: directory,
  }) => {
    const target = (put: Put) => {
      oldTree(put);
      put.file('out/victim/file', 'precious');
    };
    const error = await copyWhile(directory, target, (out, temporary) => {
      renameSync(temporary, join(out, 'moved'));
      symlinkSync('victim', temporary);
    });
    expect(error).toMatchObject({ name: 'CopyError', operation: 'rename' });
    const found = look(join(directory, 'out'));
    expect(found['victim/file']).toMatchObject({ content: 'precious' });
    expect(found['b/d/old/x']).toMatchObject({ content: 'old' });
  });

  it('another directory in the place of the temporary tree does not keep the name, and is not removed', async ({
    inMemory: directory,
  }) => {
    const error = await copyWhile(
      directory,
      () => {},
      (out, temporary) => {
        renameSync(temporary, join(out, 'moved'));
        mkdirSync(temporary);
        writeFileSync(join(temporary, 'precious'), 'x');
      },
    );
    expect(error).toMatchObject({ name: 'CopyError', operation: 'rename' });
    const found = look(join(directory, 'out'));
    expect(found.b).toBeUndefined();
    expect(Object.keys(found).filter((path) => path.endsWith('/precious'))).toHaveLength(1);
  });

  it('an old tree that is removed does not hinder the copy', async ({ inMemory: directory }) => {
    await copyWhile(directory, oldTree, (out) => rmSync(join(out, 'b'), { recursive: true }));
    const found = look(join(directory, 'out/b'));
    expect(Object.keys(found).sort()).toEqual(Object.keys(look(join(directory, 'in/a'))).sort());
  });

  it('a file in the place of the old tree stays', async ({ inMemory: directory }) => {
    const error = await copyWhile(directory, oldTree, (out) => {
      rmSync(join(out, 'b'), { recursive: true });
      writeFileSync(join(out, 'b'), 'theirs');
    });
    expect(error).toMatchObject({ code: 'ENOTDIR' });
    const found = look(join(directory, 'out'));
    expect(found.b).toMatchObject({ kind: 'file', content: 'theirs' });
    expect(leftIn(found)).toEqual([]);
  });

  it('another tree in the place of the old one stays', async ({ inMemory: directory }) => {
    const error = await copyWhile(directory, oldTree, (out) => {
      renameSync(join(out, 'b'), join(out, 'moved'));
      mkdirSync(join(out, 'b'));
      writeFileSync(join(out, 'b/theirs'), 'x');
    });
    expect(error).toMatchObject({ code: 'EEXIST', message: expect.stringContaining('another process') });
    const found = look(join(directory, 'out'));
    expect(found['b/theirs']).toMatchObject({ content: 'x' });
    expect(found['moved/d/old/x']).toMatchObject({ content: 'old' });
    expect(leftIn(found)).toEqual([]);
  });

  it('a target that appears stays, even if everything may be replaced', async ({ inMemory: directory }) => {
    const error = await copyWhile(
      directory,
      () => {},
      (out) => {
        mkdirSync(join(out, 'b'));
        writeFileSync(join(out, 'b/theirs'), 'x');
      },
    );
    expect(error).toMatchObject({
      code: 'EEXIST',
      message: expect.stringContaining('another process has made it during the copy; copy again'),
    });
    expect(Object.keys(look(join(directory, 'out')))).toEqual(['b', 'b/theirs']);
  });
});

it('a file that somebody plants under a name of a tree is an error, and the tree is removed', async ({
  inMemory: directory,
}) => {
  const options = { recursive: true, atomic: 'tree' } as const;
  const scenario: Scenario = { name: 'a tree', options, source };
  using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
  let isOver = false;
  const { error, found } = await sandbox.copy((name) => {
    const [temporary] = readdirSync(join(directory, 'out'));
    if (name === 'write' && !isOver && temporary !== undefined) {
      isOver = true;
      mkdirSync(join(directory, 'out', temporary, 'd'));
      writeFileSync(join(directory, 'out', temporary, 'd/g'), 'planted');
    }
    return undefined;
  });
  expect(error).toMatchObject({ code: 'EEXIST' });
  expect(found).toEqual({});
});

describe('cleaning after a killed copy', () => {
  const aside = '.mapcp-0123456789abcdef.old.b';

  it('gives the old tree its name back', async ({ inMemory: directory }) => {
    mkdirSync(join(directory, aside));
    writeFileSync(join(directory, aside, 'old'), 'x');
    mkdirSync(join(directory, '.mapcp-fedcba9876543210.tmp/d'), { recursive: true });
    symlinkSync('..', join(directory, '.mapcp-fedcba9876543210.tmp/d/up'));
    expect(await clean(directory, { dryRun: true })).toBe(1);
    expect(await clean(directory)).toBe(1);
    expect(Object.keys(look(directory))).toEqual(['b', 'b/old']);
  });

  it('keeps a second old tree until the next cleaning, because nothing says which one is newer', async ({
    inMemory: directory,
  }) => {
    for (const name of [aside, aside.replace('0', 'f'), aside.replace('.b', '.c')]) {
      mkdirSync(join(directory, name));
    }
    mkdirSync(join(directory, 'd', aside), { recursive: true });
    for (const options of [{ dryRun: true }, {}]) {
      expect(await rejectionOf(clean(directory, options))).toMatchObject({
        code: 'EEXIST',
        message: expect.stringMatching(/another old tree .*before you clean again, which removes this one/),
      });
    }
    const left = Object.keys(look(directory));
    expect(left.filter((path) => nameBeforeAside(path) !== undefined)).toHaveLength(1);
    expect(left).toEqual(expect.arrayContaining(['b', 'c', 'd/b']));
    await clean(directory);
    expect(Object.keys(look(directory)).sort()).toEqual(['b', 'c', 'd', 'd/b']);
  });

  it.for([['a directory'], ['a file'], ['a link that leads nowhere']])(
    'removes the old tree if %s has its name',
    async ([kind], { inMemory: directory }) => {
      const path = join(directory, 'b');
      if (kind === 'a directory') {
        mkdirSync(path);
      } else if (kind === 'a file') {
        writeFileSync(path, 'new');
      } else {
        symlinkSync('nowhere', path);
      }
      mkdirSync(join(directory, aside, 'd'), { recursive: true });
      expect(await clean(directory)).toBe(1);
      expect(Object.keys(look(directory))).toEqual(['b']);
    },
  );

  it('leaves a file and a link with the name of an old tree', async ({ inMemory: directory }) => {
    writeFileSync(join(directory, aside), 'x');
    symlinkSync('.', join(directory, '.mapcp-0123456789abcdef.old.c'));
    expect(await clean(directory)).toBe(0);
    expect(readdirSync(directory)).toHaveLength(2);
  });
});

it('if the temporary file of a single file cannot be removed, the error names it', async ({
  inMemory: directory,
}) => {
  const scenario: Scenario = {
    name: 'a single file',
    options: { atomic: 'tree' },
    source: (put) => put.file('in/a', 'new'),
  };
  using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
  const ending = await sandbox.copy((call) =>
    call === 'write' ? 'insufficient-space' : call === 'unlinkFileAt' ? 'io' : undefined,
  );
  const [left = ''] = Object.keys(ending.found);
  expect(isTemporary(left)).toBe(true);
  expect(errorsOf(ending)).toMatchObject([{ code: 'ENOSPC', operation: 'write', leftover: `/out/${left}` }]);
});
