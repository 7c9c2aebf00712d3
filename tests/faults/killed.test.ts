// Copies that are killed at random moments. MAPCP_RUNS=50 kills fifty times as many; MAPCP_SEED=… repeats a run, as far
// as the clock does.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { PRIVATE_FILE } from '../../ts/host/modes.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { completedIn, type PromisedTree, type Tree } from './complete.js';
import { argumentsFor, type Mender, mendersFor } from './menders.js';
import { brokenPromises, isTemporary } from './promises.js';
import { randomNumbers } from './random-numbers.js';
import { bytes, type Scenario } from './scenarios.js';
import { kill, type Victim, victims } from './victims.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How many kills of each kind of copy are to fall inside of it: the others tell little. */
const KILLS = { Node: 8, wasmtime: 24 };
/** How many copies that may take at most, for each of them. */
const MOST = 6;

const FILES = 36;
const PAGE = 65_536;

/** Makes a tree, or of an older one every other file; some files are several windows. */
function putTree(put: Put, root: string, isOld: boolean): void {
  const directories = [root, ...[0, 1, 2].map((name) => `${root}/${name}`)];
  put.directory(...directories);
  for (let index = 0; index < FILES; index += isOld ? 2 : 1) {
    const path = `${root}/${index % 3}/${index}`;
    put.file(path, isOld ? bytes(5000, 99 - index) : bytes(index % 6 === 0 ? 3 * PAGE + 1 : 5000, index));
    put.mode(path, isOld ? 0o600 : 0o640);
  }
  for (const path of isOld ? [] : directories) {
    put.mode(path, 0o750);
  }
}

const nothing = () => {};
const tree = (put: Put) => putTree(put, 'in/a', false);
const olderTree = (put: Put) => putTree(put, 'out/b', true);
const options: CopyOptions = { recursive: true, windowSize: PAGE };

const kinds: readonly Scenario[] = [
  { name: 'of a tree to nothing', options, source: tree, target: nothing },
  { name: 'of a tree over an older one', options, source: tree, target: olderTree },
  { name: 'that is verified', options: { ...options, verify: true }, source: tree, target: olderTree },
  { name: 'that is synchronised', options: { ...options, sync: true }, source: tree, target: olderTree },
  {
    name: 'that is divided between two jobs',
    options: { ...options, concurrency: 2 },
    source: tree,
    target: olderTree,
  },
  {
    name: 'that leaves what is there',
    options: { ...options, overwrite: 'never' },
    source: tree,
    target: (put) => put.directory('out/b'),
  },
  {
    name: 'of a large file over another',
    options: { windowSize: PAGE },
    source: (put) => put.file('in/a', bytes(3_000_001, 1)),
    target: (put) => put.file('out/b', bytes(1_000_000, 2)),
  },
  {
    name: 'of a file with holes over one without',
    options: { sparse: 'always', windowSize: PAGE },
    source: (put) => {
      const part = Buffer.concat([bytes(PAGE + 7, 1), Buffer.alloc(3 * PAGE)]);
      put.file('in/a', Buffer.concat(Array(16).fill(part)));
    },
    target: (put) => put.file('out/b', bytes(1_000_000, 2)),
  },
];

/** The unfinished files that others than their owner may have to do with. One gets its mode when it is whole, and then its name. */
function exposed(complete: PromisedTree, found: Tree): string[] {
  return Object.entries(found)
    .filter(([path, { mode }]) => isTemporary(path) && mode !== PRIVATE_FILE)
    .filter(([, { content, mode }]) =>
      Object.values(complete).every((whole) => whole.content !== content || whole.mode !== mode),
    )
    .map(([path, { mode }]) => `'${path}' has the mode ${mode.toString(8)}`);
}

/** Kills copies of a kind until so many were killed half-way, and has every one cleaned and made again. */
async function killCopies(
  victim: Victim,
  { options, source, target }: Scenario,
  directory: string,
): Promise<void> {
  const out = join(directory, 'out');
  const put = putInto(directory);
  const restart = (): Tree => {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    target(put);
    return look(out);
  };
  mkdirSync(join(directory, 'in'));
  source(put);
  const command = [...victim.command(directory), ...argumentsFor(options)];
  const menders = mendersFor(directory);
  const random = randomNumbers(seed);
  // The first are the quickest, and so the most frequent.
  const anyMender = () => menders[Math.floor(random() ** 2 * menders.length)] as Mender;

  const wanted = KILLS[victim.name] * factor;
  let inside = 0;
  let cleaned = 0;
  // How late a kill comes at most, in milliseconds: it learns how long a copy takes here.
  let latest = 10;
  for (let run = 0; inside < wanted || cleaned === 0; run++) {
    expect(run, `${inside} kills fell inside a copy, and ${cleaned} unfinished files were left`).toBeLessThan(
      wanted * MOST,
    );
    const before = restart();
    const completedBy = ({ hasModes }: Victim | Mender) =>
      completedIn(directory, before, { ...options, preserveMode: hasModes });
    const complete = completedBy(victim);
    const status = await kill(command, directory, random() * latest);
    const killed = look(out);
    const left = Object.keys(killed).filter(isTemporary).length;
    const cleaner = anyMender();
    const removed = left > 0 ? await cleaner.clean() : 0;
    const found = look(out);
    const copier = anyMender();
    const failures = await copier.copy(options);
    const mended = look(out);

    const differsFrom = (tree: PromisedTree) =>
      brokenPromises({ before, complete: tree, found: killed, succeeded: true }).length > 0;
    const isUnfinished = differsFrom(complete);
    latest *= isUnfinished ? 1.2 : 0.7;
    inside += isUnfinished && differsFrom(before) ? 1 : 0;
    cleaned += removed;
    // Directories keep the modes that the first one has given to them.
    const completeInTheEnd = completedBy(victim.hasModes ? copier : victim);
    const wrong = [
      ...(status === null || (status === 0 && !isUnfinished) ? [] : [`it ended with status ${status}`]),
      ...(removed === left ? [] : [`${removed} of ${left} unfinished files were removed`]),
      ...brokenPromises({ before, complete, found, succeeded: false }),
      ...(victim.hasModes ? exposed(complete, killed) : []),
      ...failures.map((code) => `the next copy failed with ${code}`),
      ...brokenPromises({ before, complete: completeInTheEnd, found: mended, succeeded: true }),
    ];
    expect(wrong, `cleaned by ${cleaner.name}, and copied again by ${copier.name}`).toEqual([]);
  }
}

describe.each(victims)('mapcp in $name, killed at any moment of a copy', (victim) => {
  const possible = kinds.filter((kind) => victim.hasThreads || kind.options.concurrency === undefined);
  it.skipIf(victim.missing).each(possible)(
    `$name, leaves each file old, new or absent, and the next copy completes it (MAPCP_SEED=${seed})`,
    (kind) => inMemoryDirectory((directory) => killCopies(victim, kind, directory)),
  );
});
