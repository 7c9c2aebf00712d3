// Copies are killed at random moments. MAPCP_RUNS=50 kills fifty times as many. MAPCP_SEED=… repeats a run, except for
// the clock.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { describe, expect } from 'vitest';
import { NEW_DIRECTORY, PRIVATE_FILE, UNFINISHED_DIRECTORY } from '../../ts/host/modes.js';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { type ExpectedTree, predictTarget, type Tree } from '../helpers/oracle.js';
import { type CopyCommand, copyCommands, kill } from './killed-copies.js';
import { brokenPromises, brokenWhole, isTemporary, nameBeforeAside } from './promises.js';
import { randomNumbers } from './random-numbers.js';
import { argumentsFor, type Recovery, recoveriesFor } from './recovery.js';
import { bytes, type Scenario } from './scenarios.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How many kills must hit a running copy, for each kind of copy. */
const KILLS = { Node: 8, wasmtime: 24 };
/** The maximum number of copies for each of these kills. */
const MOST = 6;

const UNFINISHED = [UNFINISHED_DIRECTORY, NEW_DIRECTORY];
const FILES = 36;
const PAGE = 65_536;

/** Creates a tree, or an older one with every second file. Some files have several windows. */
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

const tree = (put: Put) => putTree(put, 'in/a', false);
const olderTree = (put: Put) => putTree(put, 'out/b', true);
const options: CopyOptions = { recursive: true, windowSize: PAGE };

const listed = Array.from({ length: FILES }, (_, index) => `${index % 3}/${index}`);

const kinds: readonly Scenario[] = [
  { name: 'of a tree to nothing', options, source: tree },
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
    name: 'of a tree that must appear as a whole',
    options: { ...options, atomic: 'tree', overwrite: 'always' },
    source: tree,
  },
  {
    name: 'of a tree that must replace another as a whole',
    options: { ...options, atomic: 'tree', overwrite: 'always' },
    source: tree,
    target: olderTree,
  },
  {
    name: 'of a tree with hard links',
    options: { ...options, preserveHardLinks: true },
    source: (put) => {
      tree(put);
      for (let index = 0; index < FILES; index += 3) {
        put.hardLink(`in/a/1/${index}`, `in/a/0/${index}`);
      }
    },
    target: olderTree,
  },
  {
    name: 'of a list that goes to and fro between directories',
    options: { files: listed, windowSize: PAGE },
    source: (put) => {
      tree(put);
      put.file('in/list', listed.join('\0'));
    },
    target: olderTree,
  },
  {
    name: 'that keeps existing files',
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

/**
 * Temporary files and trees that are not private. Only a complete one has its final mode, right before it is renamed.
 * An old tree has its own mode when it is removed.
 */
function exposed(complete: ExpectedTree, found: Tree): string[] {
  const isWhole = (root: string) =>
    Object.keys(complete).every((path) => found[path.replace(/^b/, root)] !== undefined);
  return Object.entries(found)
    .filter(([path, { mode }]) => isTemporary(path) && ![PRIVATE_FILE, ...UNFINISHED].includes(mode))
    .filter(([path, { kind }]) => kind !== 'directory' || (found.b === undefined && !isWhole(path)))
    .filter(([, { content, mode }]) =>
      Object.values(complete).every((whole) => whole.content !== content || whole.mode !== mode),
    )
    .map(([path, { mode }]) => `'${path}' has the mode ${mode.toString(8)}`);
}

/** What cleaning removes: temporary files and trees, and old trees whose names are taken. */
function removable(found: Tree): readonly string[] {
  return Object.keys(found).filter((path) => isTemporary(path) || found[nameBeforeAside(path) ?? `${path}/`]);
}

/** Kills copies until enough were killed half-way. After each, cleans up and copies again. */
async function killCopies(
  frontend: CopyCommand,
  { options, source, target }: Scenario,
  directory: string,
): Promise<void> {
  const out = join(directory, 'out');
  const put = putInto(directory);
  const restart = (): Tree => {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    target?.(put);
    return look(out);
  };
  mkdirSync(join(directory, 'in'));
  source(put);
  const command = [...frontend.command(directory), ...argumentsFor(options)];
  const recoveries = recoveriesFor(directory);
  const random = randomNumbers(seed);
  // Prefers the first, which are the quickest.
  const anyRecovery = () => recoveries[Math.floor(random() ** 2 * recoveries.length)] as Recovery;

  const wanted = KILLS[frontend.name] * factor;
  let inside = 0;
  let cleaned = 0;
  // The maximum delay of a kill in milliseconds. It adapts to the duration of a copy.
  let latest = 10;
  for (let run = 0; inside < wanted || cleaned === 0; run++) {
    expect(run, `${inside} kills fell inside a copy, and ${cleaned} unfinished files were left`).toBeLessThan(
      wanted * MOST,
    );
    const before = restart();
    const completedBy = (runtime: CopyCommand | Recovery) =>
      predictTarget(look(join(directory, 'in')), before, options, runtime);
    const complete = completedBy(frontend);
    const status = await kill(command, directory, random() * latest);
    const killed = look(out);
    const left = removable(killed).length;
    const cleaner = anyRecovery();
    const removed = left > 0 ? await cleaner.clean() : 0;
    const found = look(out);
    const copier = anyRecovery();
    const errors = await copier.copy(options);
    const mended = look(out);

    const differsFrom = (tree: ExpectedTree) =>
      brokenPromises({ before, complete: tree, found: killed, succeeded: true }).length > 0;
    const isUnfinished = differsFrom(complete);
    latest *= isUnfinished ? 1.2 : 0.7;
    inside += isUnfinished && differsFrom(before) ? 1 : 0;
    cleaned += removed;
    // A directory keeps the mode that the first copy gave it.
    const completeInTheEnd = completedBy(frontend.hasModes ? copier : frontend);
    const wrong = [
      ...(status === null || (status === 0 && !isUnfinished) ? [] : [`it ended with status ${status}`]),
      ...(removed === left ? [] : [`${removed} of ${left} unfinished files were removed`]),
      ...(options.atomic === 'tree' ? brokenWhole : brokenPromises)({
        before,
        complete,
        found,
        succeeded: false,
      }),
      ...(frontend.hasModes ? exposed(complete, killed) : []),
      ...errors.map((code) => `the next copy failed with ${code}`),
      ...brokenPromises({ before, complete: completeInTheEnd, found: mended, succeeded: true }),
    ];
    expect(wrong, `cleaned by ${cleaner.name}, and copied again by ${copier.name}`).toEqual([]);
  }
}

describe.each(copyCommands)('if mapcp in $name is killed at any moment of a copy', (frontend) => {
  const possible = kinds.filter((kind) => frontend.hasThreads || kind.options.concurrency === undefined);
  it.skipIf(frontend.missing).for(possible)(
    `$name, each file is old, absent or complete, and the next copy completes the rest (MAPCP_SEED=${seed})`,
    (kind, { inMemory: directory }) => killCopies(frontend, kind, directory),
  );
});
