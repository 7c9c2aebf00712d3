// The tests of every file system. Its traits say what it preserves, refuses and causes warnings about.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Behaviour } from '../behaviour/behaviour.js';
import { behaviours } from '../behaviour/cases/index.js';
import { api, commandLine, type Frontend, inWasmtime } from '../behaviour/frontends.js';
import type { Outcome, Told } from '../behaviour/outcome.js';
import { check } from '../behaviour/run.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { whyNoMount } from '../helpers/mounting.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { type Make, type Mounted, mount } from './mounts.js';

/** What a file system preserves. */
export interface Traits {
  readonly name: string;
  readonly make: Make;
  /** The precision of its times, in seconds. */
  readonly grain: number;
  /** Years of the test that are outside its range. */
  readonly withoutYears: readonly (1975 | 2050 | 2150)[];
  /** How it treats symbolic links. */
  readonly links: 'kept' | 'kept without times' | 'refused';
  /** Whether it keeps permissions. */
  readonly hasModes: boolean;
  /** Whether it folds README and readme to one name. */
  readonly folds: boolean;
  /** The error of an invalid name; undefined if all names of the test are valid. */
  readonly badName: string | undefined;
  /** Its size in bytes, if it is small enough to be filled. */
  readonly size?: number;
}

/** The traits of a file system that keeps everything. */
export const keepsAll = {
  grain: 1e-9,
  withoutYears: [],
  links: 'kept',
  hasModes: true,
  folds: false,
  badName: undefined,
} as const;

/** The context of a test. */
export interface Context {
  readonly frontend: Frontend;
  /** The mounted file system, while tests run. */
  mounted(): Mounted;
  /** A path in the directory of the tests. Its `in` is an ordinary directory, and its `out` is the file system. */
  at(path: string): string;
  /** Creates entries in that directory. */
  readonly put: Put;
  /** Copies between two paths below the directory. */
  copy(source: string, target: string, options?: CopyOptions): Promise<Outcome>;
}

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const frontends = wasmtime === undefined ? [api, commandLine] : [api, commandLine, inWasmtime];

/** The options of the tree's copy. */
const WHOLE: CopyOptions = { recursive: true, keepGoing: true, preserveTimestamps: true };

// Larger than the precision of every file system.
const SECOND = 1_234_567_891;

const years = { y1975: '160000000', y2050: '2530000000', y2150: '5690000000' };

/** Names that some systems reserve or forbid. */
const STRANGE = ['a:b', 'q?', 'x<y', 'con'];

/** Rows of the behaviour table without links, modes and times, so every file system passes them. */
const rows: readonly Behaviour[] = [
  'a longer existing file is replaced as a whole',
  'an existing file stays under never',
  'an existing file in a tree is an error under error, and existing directories are not',
  'a tree is copied with all its entries',
  'a file with holes has the same content with sparse: auto',
  'a tree is copied, verified and synced',
  'a dry run copies nothing, and counts what it would copy',
].map((name) => {
  const row = behaviours.find((behaviour) => behaviour.name === name);
  if (row === undefined) {
    throw new Error(`the behaviour table has no row '${name}'`);
  }
  return row;
});

function putTree(put: Put): void {
  put.file('in/a/d/f');
  put.mode('in/a/d/f', 0o640);
  put.time('in/a/d/f', `${SECOND}.987654321`);
  put.time('in/a/d', `${SECOND - 1}`);
  put.symlink('in/a/l', 'd/f');
  for (const name of ['README', 'readme', ...STRANGE]) {
    put.file(`in/a/${name}`, name);
  }
  for (const [name, time] of Object.entries(years)) {
    put.file(`in/a/${name}`);
    put.time(`in/a/${name}`, time);
  }
}

/** The errors that a file system can cause in the tree, by their messages. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['links', /has no symbolic links; .*copy what they lead to.*symlinks.*follow.*skip/],
  ['two names', /may treat two names as one/],
  ['time', /gave it another time/],
  ['time of link', /cannot set the times of '.*\/l': the file system does not support it/],
  ['mode', /cannot set the permissions/],
];

/** Errors in a form that can be compared: the entry, and the kind of error. */
function brief(errors: readonly Told[], badName: string | undefined): readonly string[] {
  return errors
    .map(({ message }) => {
      const [, entry = ''] = /to 'out\/b\/?([^']*)'/.exec(message) ?? [];
      const kind =
        badName !== undefined && message.includes(badName) && STRANGE.includes(entry)
          ? 'name'
          : kinds.find(([, pattern]) => pattern.test(message))?.[0];
      return `${kind ?? message} ${kind === 'mode' ? '' : entry.replace('readme', 'README')}`.trim();
    })
    .sort();
}

function expectKept({ frontend, at }: Context, traits: Traits, { error, errors, warnings }: Outcome): void {
  const { folds, badName, links, hasModes, withoutYears } = traits;
  const strange = badName === undefined ? [] : STRANGE.filter((name) => name !== 'con');
  expect(error).toBe(undefined);
  expect(brief(errors, badName)).toEqual(
    [
      ...(links === 'refused' ? ['links l'] : []),
      ...(folds ? ['two names README'] : []),
      ...strange.map((name) => `name ${name}`),
    ].sort(),
  );
  expect(brief(warnings, badName)).toEqual(
    [
      ...(hasModes || !frontend.hasModes ? [] : ['mode']),
      ...(links === 'kept without times' ? ['time of link l'] : []),
      ...withoutYears.map((year) => `time y${year}`),
    ].sort(),
  );
  const found = look(at('out/b'));
  const names = ['d', 'd/f', ...Object.keys(years), ...STRANGE.filter((name) => !strange.includes(name))];
  const copied = [...names, ...(links === 'refused' ? [] : ['l']), ...(folds ? [] : ['readme'])];
  expect(
    Object.keys(found)
      .map((name) => (folds && name === 'readme' ? 'README' : name))
      .sort(),
  ).toEqual([...copied, 'README'].sort());
  expect(found['d/f']).toMatchObject({ kind: 'file', content: 'content' });
  expect(found.con).toMatchObject({ kind: 'file', content: 'con' });
  if (hasModes && frontend.hasModes) {
    expect(found['d/f']?.mode).toBe(0o640);
  }
  const late = SECOND + 0.987654321 - Number(found['d/f']?.time);
  expect(late, 'the time is rounded by').toBeLessThan(Math.max(traits.grain, 2e-6));
  expect(late, 'the time is rounded by').toBeGreaterThan(-2e-6);
  for (const [name, time] of Object.entries(years)) {
    const isKept = !withoutYears.some((year) => name === `y${year}`);
    expect(found[name]?.time === time, `the time of ${name} is kept`).toBe(isKept);
  }
}

/** How many files a second copy copies again, because their times could not be set. */
const again = ({ withoutYears }: Traits) => withoutYears.filter((year) => year > 2040).length;

/** The tests of every file system. */
function testTraits(context: Context, traits: Traits): void {
  const { frontend, at, put, copy, mounted } = context;

  beforeAll(() => putTree(put));

  it('a tree is copied, and what it cannot preserve is an error or a warning', async () => {
    expectKept(context, traits, await copy('in/a', 'out/b', WHOLE));
  });

  it('a second copy under newer copies nothing', async () => {
    const { counts } = await copy('in/a', 'out/b', { ...WHOLE, overwrite: 'newer' });
    expect(counts).toMatchObject({ files: again(traits) });
    const names = Object.keys(look(at('out/b')));
    expect(names.filter((name) => name.includes('.mapcp-'))).toEqual([]);
  });

  it('a dry run under newer reports that there is nothing to copy', async () => {
    const options = { overwrite: 'newer', dryRun: true, preserveTimestamps: true } as const;
    const { counts } = await copy('in/a/d/f', 'out/b/d/f', options);
    expect(counts).toMatchObject({ files: 0, skipped: 1 });
  });

  it('a source that is newer by the precision is copied under newer', async () => {
    const step = Math.max(traits.grain, 1e-6);
    const [, fraction = ''] = (0.987654321 + (step % 1)).toFixed(9).split('.');
    put.time('in/a/d/f', `${SECOND + Math.floor(step)}.${fraction}`);
    const options = { ...WHOLE, overwrite: 'newer' } as const;
    expect((await copy('in/a/d', 'out/b/d', options)).counts).toMatchObject({ files: 1 });
    expect((await copy('in/a/d', 'out/b/d', options)).counts).toMatchObject({ files: 0 });
    put.time('in/a/d/f', `${SECOND}.987654321`);
  });

  it('a tree is copied from it', async () => {
    const { error, errors, warnings } = await copy('out/b', 'in/back', WHOLE);
    expect({ error, errors, warnings }).toMatchObject({ error: undefined, errors: [], warnings: [] });
    const content = (path: string) =>
      Object.entries(look(at(path)))
        .map(([name, entry]) => [name, entry.kind, entry.content])
        .sort();
    expect(content('in/back')).toEqual(content('out/b'));
    rmSync(at('in/back'), { recursive: true });
  });

  const { size } = traits;
  it.skipIf(size === undefined)('if it is full, the error says so, and the old target stays', async () => {
    put.file('out/old', 'old');
    writeFileSync(at('in/large'), Buffer.alloc((size ?? 0) + 1, 1));
    const before = Object.keys(look(mounted().path));
    const { error } = await copy('in/large', 'out/old');
    rmSync(at('in/large'));
    expect(error).toMatchObject({ code: 'ENOSPC' });
    expect(error?.message).toMatch(/no space left on the file system$/);
    expect(Object.keys(look(mounted().path))).toEqual(before);
    expect(look(mounted().path).old).toMatchObject({ content: 'old' });
  });

  // Other tests check permissions.
  const plain: Frontend = {
    ...frontend,
    hasModes: frontend.hasModes && traits.hasModes,
    hasBlocks: false,
    copy: async (request, isOrdinaryUser) => {
      const outcome = await frontend.copy(request, isOrdinaryUser);
      const warnings = outcome.warnings.filter(
        ({ message }) => !message.includes('cannot set the permissions'),
      );
      return { ...outcome, warnings };
    },
  };
  for (const [index, behaviour] of rows.entries()) {
    it(behaviour.name, () => {
      const place = join(mounted().path, String(index));
      put.directory(`out/${index}`);
      return check(behaviour, plain, place);
    });
  }
}

/**
 * Defines tests of a file system through the API, the command line and wasmtime. If it cannot be mounted, they are
 * skipped, and the reason is printed.
 */
export function onFileSystem(name: string, make: Make, define: (context: Context) => void): void {
  const why = inMemoryDirectory((directory) => whyNoMount(() => mount(make, directory)));
  if (why !== undefined) {
    process.stderr.write(`no ${name} here, so its tests are skipped: ${why}\n`);
  }
  describe.skipIf(why !== undefined).each(frontends)(`through the $name, on ${name},`, (frontend) => {
    const directory = mkdtempSync(join(memory, 'mapcp-test-'));
    let mounted: Mounted | undefined;
    beforeAll(() => {
      putInto(directory).directory('in');
      mounted = mount(make, directory);
    });
    afterAll(() => {
      mounted?.[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    });
    define({
      frontend,
      mounted: () => {
        if (mounted === undefined) {
          throw new Error(`${name} is not mounted`);
        }
        return mounted;
      },
      at: (path) => join(directory, path),
      put: putInto(directory),
      copy: (source, target, options = {}) => frontend.copy({ directory, source, target, options }, false),
    });
  });
}

/** Tests a file system with all its traits. */
export function testFileSystem(traits: Traits, more: (context: Context) => void = () => {}): void {
  onFileSystem(traits.name, traits.make, (context) => {
    testTraits(context, traits);
    more(context);
  });
}
