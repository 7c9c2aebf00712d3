// What every file system is tried with. What it keeps, refuses and is warned of is said by its traits.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { behaviours } from '../behaviour/cases/index.js';
import { api, commandLine, type Front, inWasmtime } from '../behaviour/fronts.js';
import type { Outcome, Told } from '../behaviour/outcome.js';
import { check } from '../behaviour/run.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { type Make, type Mounted, mount, whyNot } from './mounts.js';

/** What a file system keeps. */
export interface Traits {
  readonly name: string;
  readonly make: Make;
  /** How finely it keeps times, in seconds. */
  readonly grain: number;
  /** Years, of those of the tried times, that it has not. */
  readonly withoutYears: readonly (1975 | 2050 | 2150)[];
  /** How it treats symbolic links. */
  readonly links: 'kept' | 'kept without times' | 'refused';
  /** Whether it keeps permissions. */
  readonly hasModes: boolean;
  /** Whether it takes README and readme for one name. */
  readonly folds: boolean;
  /** Whether it takes all names of the tried tree. Otherwise what an error says of one. */
  readonly badName: string | undefined;
  /** Its size in bytes, if it is small enough to be filled. */
  readonly size?: number;
}

/** What a test of a mounted file system gets. */
export interface Context {
  readonly front: Front;
  /** The file system, once tests run. */
  mounted(): Mounted;
  /** A path in the directory of the tests: `in` there is an ordinary one, and `out` is the file system. */
  at(path: string): string;
  /** Makes things in that directory. */
  readonly put: Put;
  /** Copies from one path below the directory to another. */
  copy(source: string, target: string, options?: CopyOptions): Promise<Outcome>;
}

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const fronts = wasmtime === undefined ? [api, commandLine] : [api, commandLine, inWasmtime];

/** How the tree is copied. */
const WHOLE: CopyOptions = { recursive: true, keepGoing: true, preserveTimestamps: true };

// Behind the grain of every file system.
const SECOND = 1_234_567_891;

const years = { y1975: '160000000', y2050: '2530000000', y2150: '5690000000' };

/** Names that some systems reserve or forbid. */
const STRANGE = ['a:b', 'q?', 'x<y', 'con'];

/** Rows of the behaviour table that make sense on every file system: they have no links, no modes and no times. */
const rows = [
  'a longer file that is there is replaced as a whole',
  'a file that is there stays under never',
  'a file in a tree that is there is an error under error, and directories that are there are none',
  'a tree is copied with all that is in it',
  'a file with holes has the same content with sparse: auto',
  'a tree is copied, verified and synced',
  'a dry run copies nothing, and counts what it would',
];

function putTree(put: Put): void {
  put.directory('in/a/d');
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

/** The kinds of problems that a file system can have with the tree, by what is said of them. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['links', /does not take symbolic links; copy what they lead to .*symlinks.*follow.*skip/],
  ['two names', /may take two names for one/],
  ['time', /does not have the source's time/],
  ['time of link', /cannot set the times of '.*\/l': the file system does not support it/],
  ['mode', /cannot set the permissions/],
];

/** Problems in a form that can be compared: the entry, and what kind it is. */
function brief(problems: readonly Told[], badName: string | undefined): readonly string[] {
  return problems
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

function expectKept({ front, at }: Context, traits: Traits, { error, failures, warnings }: Outcome): void {
  const { folds, badName, links, hasModes, withoutYears } = traits;
  const strange = badName === undefined ? [] : STRANGE.filter((name) => name !== 'con');
  expect(error).toBe(undefined);
  expect(brief(failures, badName)).toEqual(
    [
      ...(links === 'refused' ? ['links l'] : []),
      ...(folds ? ['two names README'] : []),
      ...strange.map((name) => `name ${name}`),
    ].sort(),
  );
  expect(brief(warnings, badName)).toEqual(
    [
      ...(hasModes || !front.hasModes ? [] : ['mode']),
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
  if (hasModes && front.hasModes) {
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

/** How many files a second copy makes anew, since their times came out earlier than they are. */
const again = ({ withoutYears }: Traits) => withoutYears.filter((year) => year > 2040).length;

/** What all file systems are tried with. */
function testTraits(context: Context, traits: Traits): void {
  const { front, at, put, copy, mounted } = context;

  beforeAll(() => putTree(put));

  it('a tree is copied, and what cannot be kept is an error or a warning', async () => {
    expectKept(context, traits, await copy('in/a', 'out/b', WHOLE));
  });

  it('a second copy under newer copies nothing', async () => {
    const { counts } = await copy('in/a', 'out/b', { ...WHOLE, overwrite: 'newer' });
    expect(counts).toMatchObject({ files: again(traits) });
    const names = Object.keys(look(at('out/b')));
    expect(names.filter((name) => name.includes('.mapcp-'))).toEqual([]);
  });

  it('a dry run under newer finds that there is nothing to copy', async () => {
    const options = { overwrite: 'newer', dryRun: true, preserveTimestamps: true } as const;
    const { counts } = await copy('in/a/d/f', 'out/b/d/f', options);
    expect(counts).toMatchObject({ files: 0, skipped: 1 });
  });

  it('a source that is newer by the grain is copied under newer', async () => {
    const step = Math.max(traits.grain, 1e-6);
    const [, fraction = ''] = (0.987654321 + (step % 1)).toFixed(9).split('.');
    put.time('in/a/d/f', `${SECOND + Math.floor(step)}.${fraction}`);
    const options = { ...WHOLE, overwrite: 'newer' } as const;
    expect((await copy('in/a/d', 'out/b/d', options)).counts).toMatchObject({ files: 1 });
    expect((await copy('in/a/d', 'out/b/d', options)).counts).toMatchObject({ files: 0 });
    put.time('in/a/d/f', `${SECOND}.987654321`);
  });

  it('a tree is copied from it', async () => {
    const { error, failures, warnings } = await copy('out/b', 'in/back', WHOLE);
    expect({ error, failures, warnings }).toMatchObject({ error: undefined, failures: [], warnings: [] });
    const content = (path: string) =>
      Object.entries(look(at(path)))
        .map(([name, entry]) => [name, entry.kind, entry.content])
        .sort();
    expect(content('in/back')).toEqual(content('out/b'));
    rmSync(at('in/back'), { recursive: true });
  });

  const { size } = traits;
  it.skipIf(size === undefined)('when it is full, the error says so, and the old target stays', async () => {
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

  // What is said of permissions is another matter.
  const plain: Front = {
    ...front,
    hasModes: front.hasModes && traits.hasModes,
    hasBlocks: false,
    copy: async (request, isOrdinaryUser) => {
      const outcome = await front.copy(request, isOrdinaryUser);
      const warnings = outcome.warnings.filter(
        ({ message }) => !message.includes('cannot set the permissions'),
      );
      return { ...outcome, warnings };
    },
  };
  for (const behaviour of behaviours.filter(({ name }) => rows.includes(name))) {
    it(behaviour.name, () => {
      const place = join(mounted().path, String(rows.indexOf(behaviour.name)));
      put.directory(`out/${rows.indexOf(behaviour.name)}`);
      return check(behaviour, plain, place);
    });
  }
}

/**
 * Defines tests of a file system by the API, the command line and wasmtime. If it cannot be made here, they are skipped, and
 * the reason is printed.
 */
export function onFileSystem(name: string, make: Make, define: (context: Context) => void): void {
  const why = inMemoryDirectory((directory) => whyNot(make, directory));
  if (why !== undefined) {
    process.stderr.write(`no ${name} here, so its tests are skipped: ${why}\n`);
  }
  describe.skipIf(why !== undefined).each(fronts)(`through the $name, on ${name},`, (front) => {
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
      front,
      mounted: () => {
        if (mounted === undefined) {
          throw new Error(`${name} is not mounted`);
        }
        return mounted;
      },
      at: (path) => join(directory, path),
      put: putInto(directory),
      copy: (source, target, options = {}) => front.copy({ directory, source, target, options }, false),
    });
  });
}

/** Tries a file system with all that it may keep or not. */
export function testFileSystem(traits: Traits, more: (context: Context) => void = () => {}): void {
  onFileSystem(traits.name, traits.make, (context) => {
    testTraits(context, traits);
    more(context);
  });
}
