// File systems that fold names: a copy must not replace one of its own entries by another.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyOptions } from 'mapcp';
import { describe, expect } from 'vitest';
import { look, type Put } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import type { Fault, Fold, Plan } from './faulty-host.js';
import { errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { isTemporary } from './promises.js';
import type { Scenario } from './scenarios.js';

/** Folds upper case to lower case. */
const foldCase: Fold = (path) => path.toLowerCase();
/** Folds an accented letter and its two characters, and a sign and its letter. */
const compose: Fold = (path) => path.normalize('NFC');

const makers: Readonly<Record<string, (put: Put, path: string) => void>> = {
  file: (put, path) => put.file(path, path),
  link: (put, path) => put.symlink(path, path),
  directory: (put, path) => {
    put.directory(path);
    put.file(`${path}/f`, path);
  },
};

interface Case {
  readonly fold: Fold;
  readonly how: string;
  /** Two names that the file system folds to one. */
  readonly names: readonly [string, string];
}

const cases: readonly Case[] = [
  { how: 'folds case', fold: foldCase, names: ['README', 'readme'] },
  { how: 'folds case', fold: foldCase, names: ['É', 'é'] },
  { how: 'composes letters', fold: compose, names: ['caf\u00e9', 'cafe\u0301'] },
  { how: 'composes letters', fold: compose, names: ['K', '\u212a'] },
  { how: 'does both', fold: (path) => compose(foldCase(path)), names: ['CAF\u00c9', 'cafe\u0301'] },
];

const kinds = [
  ['file', 'file'],
  ['link', 'link'],
  ['directory', 'directory'],
  ['file', 'link'],
  ['link', 'file'],
  ['file', 'directory'],
  ['directory', 'link'],
] as const;

/** Makes every hard link fail. */
const failing =
  (fault: Fault | undefined): Plan =>
  (call) =>
    call === 'linkAt' ? fault : undefined;

describe.each(cases)('on a file system that $how, $names', ({ fold, names }) => {
  it.for(
    kinds.flatMap((kind) => [
      { kind, overwrite: 'always', fault: undefined } as const,
      { kind, overwrite: 'never', fault: 'unsupported' } as const,
    ]),
  )(
    'if two names of a $kind fold to one, one entry is copied and the other is an error',
    async ({ kind, overwrite, fault }, { inMemory: directory }) => {
      const scenario: Scenario = {
        name: 'names that meet',
        options: { recursive: true, keepGoing: true, overwrite },
        source: (put) => {
          put.file('in/a/other', 'other');
          put.file('in/a/größe', 'another');
          names.forEach((name, index) => {
            makers[kind[index] as string]?.(put, `in/a/${name}`);
          });
        },
      };
      using sandbox = await FaultySandbox.open(scenario, 'by value', directory, fold);
      const ending = await sandbox.copy(failing(fault));
      expect(errorsOf(ending)).toMatchObject([{ code: 'EEXIST', operation: 'accept', leftover: undefined }]);
      expect(ending.report?.files).toBe(3);
      const source = look(join(directory, 'in/a'));
      const [copied = ''] = names.filter((name) => name !== failedName(ending));
      const name = fold(copied);
      expect(ending.found).toMatchObject({
        [`b/${fold('other')}`]: { content: 'other' },
        [`b/${fold('größe')}`]: { content: 'another' },
        [`b/${name}`]: { kind: source[copied]?.kind, content: source[copied]?.content },
      });
      expect(Object.keys(ending.found).filter(isTemporary)).toEqual([]);
    },
  );
});

describe.each(cases)('in a directory that exists on a file system that $how, $names', ({ fold, names }) => {
  const [first] = names;

  it.for(
    kinds.flatMap((kind) => [
      { kind, overwrite: 'always', shards: 1 } as const,
      { kind, overwrite: 'never', shards: 1 } as const,
      { kind, overwrite: 'always', shards: 3 } as const,
    ]),
  )(
    'no entry of a $kind replaces another one: $overwrite, in $shards shards',
    async ({ kind, overwrite, shards }, { inMemory: directory }) => {
      const inShard = (index: number) => ({
        recursive: true,
        keepGoing: true,
        overwrite,
        shard: { index, count: shards },
      });
      const scenario: Scenario = {
        name: 'names that meet',
        options: inShard(0),
        source: (put) => {
          put.file('in/a/other', 'other');
          names.forEach((name, at) => {
            makers[kind[at] as string]?.(put, `in/a/${name}`);
          });
        },
        target: (put) => put.directory('out/b'),
      };
      using sandbox = await FaultySandbox.open(scenario, 'by value', directory, fold);
      const endings = [await sandbox.copy()];
      for (let index = 1; index < shards; index++) {
        endings.push(await sandbox.copyAgain(undefined, undefined, inShard(index)));
      }
      const errors = endings.flatMap(errorsOf);
      const found = look(join(directory, 'out/b'));
      const source = look(join(directory, 'in/a'));
      // Each job that enters a directory reports its error.
      const failed = new Set(errors.map((error) => error.source.slice('/in/a/'.length)));
      // A file and a directory also differ in kind.
      for (const { code } of errors) {
        expect(kind[0] === kind[1] ? ['EEXIST'] : ['EEXIST', 'EISDIR', 'ENOTDIR']).toContain(code);
      }
      expect(failed.size).toBeGreaterThan(0);
      const copied = names.filter((name) => !failed.has(name));
      for (const name of copied) {
        expect(found[fold(name)]).toMatchObject({
          kind: source[name]?.kind,
          content: source[name]?.content,
        });
      }
      expect(copied.length).toBeLessThan(2);
      expect(found[fold(first)]).toBeDefined();
      expect(Object.keys(found).filter(isTemporary)).toEqual([]);
    },
  );

  it('a name that the filters leave out is no obstacle', async ({ inMemory: directory }) => {
    const scenario: Scenario = {
      name: 'an excluded name',
      options: { recursive: true, exclude: [names[1]] },
      source: (put) => {
        names.forEach((name, index) => {
          put.file(`in/a/${name}`, `${index}`);
        });
      },
      target: (put) => {
        put.file(`out/b/${fold(first)}`, 'old');
      },
    };
    using sandbox = await FaultySandbox.open(scenario, 'by value', directory, fold);
    const { found } = await sandbox.copy();
    expect(found[`b/${fold(first)}`]).toMatchObject({ content: '0' });
  });
});

/** The name of the entry that was not copied. */
function failedName(ending: Parameters<typeof errorsOf>[0]): string | undefined {
  return errorsOf(ending)[0]?.source.slice('/in/a/'.length);
}

describe('an entry that another program makes in a new directory', () => {
  it.for<[CopyOptions['overwrite'], string, number]>([
    ['always', 'ours', 0],
    ['never', 'theirs', 3],
    ['newer', 'theirs', 3],
  ])('is treated as the policy %s says', async ([overwrite, content, skipped], { inMemory: directory }) => {
    const names = ['f', 'F', 'größe'];
    const scenario: Scenario = {
      name: 'a new directory that another program writes to',
      options: { recursive: true, overwrite },
      source: (put) => {
        for (const name of names) {
          put.file(`in/a/${name}`, 'ours');
        }
      },
    };
    using sandbox = await FaultySandbox.open(scenario, 'by value', directory);
    let isDone = false;
    const { report, found } = await sandbox.copy((call) => {
      if (call === 'write' && !isDone) {
        isDone = true;
        for (const name of names) {
          writeFileSync(join(directory, 'out/b', name), 'theirs');
        }
      }
      return undefined;
    });
    expect(report).toMatchObject({ skipped });
    expect(names.map((name) => found[`b/${name}`]?.content)).toEqual([content, content, content]);
  });
});

it.for(['no-entry', 'invalid'] as const)(
  'if the file system calls a name %s, the error says that it is no valid name',
  async (fault, { inMemory: directory }) => {
    const scenario: Scenario = {
      name: 'a file',
      options: {},
      source: (put) => put.file('in/a', 'ours'),
    };
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    const ending = await sandbox.copy((call) => (call === 'renameAt' ? fault : undefined));
    expect(errorsOf(ending)).toMatchObject([
      {
        code: 'EILSEQ',
        operation: 'rename',
        reason: "the target's file system does not allow this name; rename the source",
      },
    ]);
    expect(ending.found).toEqual({});
  },
);
