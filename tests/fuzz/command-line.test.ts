// Any arguments for the command line. MAPCP_RUNS=50 tries fifty times as many; MAPCP_SEED=… repeats a run.

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { look, putInto } from '../behaviour/tree.js';
import { isTemporary } from '../faults/promises.js';
import { inMemoryDirectory } from '../helpers/directory.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

const flag = fc.constantFrom(
  ...[
    '-r',
    '-n',
    '-u',
    '-p',
    '-L',
    '-P',
    '-T',
    '-q',
    '-v',
    '-rpv',
    '-zr',
    '--',
    '-',
    '--recursive',
    '--sync',
    '--verify',
  ],
  ...[
    '--exclude',
    '--exclude=d',
    '--sparse',
    '--sparse=always',
    '--sparse=x',
    '--keep-going',
    '--dry-run',
    '--json',
  ],
  ...['--progress', '--no-progress', '--clean', '--no-clobber=1', '--nothing', '--version', '--help'],
);
const name = fc.constantFrom(
  'in',
  'in/f',
  'in/d',
  'in/link',
  'missing',
  'out',
  'out/h',
  'out/x',
  '',
  '.',
  'in/',
  'out/h/',
);
/** Nothing keeps the command line from what its arguments name, so these name nothing outside. */
const anything = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/^\/|\.\.|\0/.test(text));
const args = fc.array(
  fc.oneof(
    { arbitrary: flag, weight: 4 },
    { arbitrary: name, weight: 6 },
    { arbitrary: anything, weight: 1 },
  ),
  { maxLength: 7 },
);

function runWith(args: readonly string[]): void {
  inMemoryDirectory((directory) => {
    const put = putInto(directory);
    put.directory('in/d', 'out');
    put.file('in/f', 'f'.repeat(70_000));
    put.file('in/d/g', 'g'.repeat(70_000));
    put.file('out/h', 'h'.repeat(70_000));
    put.symlink('in/link', 'd/g');

    const main = resolve('build/out/js/cli/main.js');
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], {
      cwd: directory,
      encoding: 'utf8',
    });

    expect([0, 1, 2]).toContain(status);
    expect(stderr).not.toMatch(/^ {4}at /m);
    if (status !== 0 && !args.includes('--json')) {
      expect(stderr).toMatch(/^mapcp: /m);
    }
    for (const [path, { kind, content }] of Object.entries(look(directory))) {
      expect(isTemporary(path)).toBe(false);
      expect(kind !== 'file' || /^([fgh])\1*$/.test(content)).toBe(true);
    }
  });
}

it(`the command line takes any arguments: it copies, or says what is wrong (MAPCP_SEED=${seed})`, () =>
  fc.assert(fc.property(args, runWith), { seed, numRuns: 30 * factor }));
