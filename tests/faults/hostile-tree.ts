// Copies of trees whose source and target another process changes as fast as it can.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { look, putInto, type Seen } from '../behaviour/tree.js';
import { predictTarget } from '../helpers/oracle.js';
import type { Copier } from './copy-processes.js';
import { brokenPromises, isTemporary } from './promises.js';
import { contentOf, LEAST, modeOf, versionOf } from './versioned-files.mjs';

/** The files that the other process changes, in an order that goes to and fro between directories. */
const listed = ['0/0', '1/0', '0/1', '1/1', '0/2', '1/2', '0/3', '1/3'];

/** The copies take turns, so each meets every change. */
const choices: readonly CopyOptions[] = [
  { recursive: true, keepGoing: true },
  { recursive: true, keepGoing: true, symlinks: 'follow', verify: true },
  { recursive: true, keepGoing: true, preserveTimestamps: true, overwrite: 'newer', windowSize: 65_536 },
  { recursive: true, sparse: 'never' },
  { keepGoing: true, files: listed },
  { recursive: true, keepGoing: true, preserveHardLinks: true },
  { recursive: true, atomic: 'tree', overwrite: 'always' },
];

/** Starts the other process. The returned function ends it. */
async function startMutator(directory: string): Promise<() => Promise<void>> {
  const program = resolve('tests/faults/tree-mutator.mjs');
  const mutator = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(mutator.stdout, 'data');
  return async () => {
    const ended = once(mutator, 'exit');
    mutator.kill('SIGKILL');
    await ended;
  };
}

/** The ranges of sizes that each version of a file has had. */
type Versions = ReadonlyMap<number, readonly (readonly [from: number, to: number])[]>;

/** Reads the versions that have existed. */
function versionsIn(directory: string): Versions {
  const versions = new Map<number, [number, number][]>();
  for (const line of readFileSync(join(directory, 'versions'), 'utf8').split('\n')) {
    const [version = 0, from = 0, to = 0] = line.split(' ').map(Number);
    versions.set(version, [...(versions.get(version) ?? []), [from, to]]);
  }
  return versions;
}

/** Whether a file is one complete version that has existed, and contains nothing else. */
function isVersion({ content, mode }: Seen, versions: Versions, hasModes: boolean): boolean {
  const { length } = content;
  if (length < LEAST) {
    return false;
  }
  const version = versionOf(Buffer.from(content, 'latin1'));
  const hasBeen = versions.get(version)?.some(([from, to]) => from <= length && length <= to) ?? false;
  const isWhole = hasBeen && content === contentOf(version, length).toString('latin1');
  return isWhole && (!hasModes || mode === modeOf(version));
}

const LINKS = ['../../../outside/secret', '../../outside'];

/** Whether a copy may have this entry. The other process may make special files in its own tree. */
function isRight(path: string, seen: Seen, versions: Versions, hasModes: boolean): boolean {
  switch (seen.kind) {
    case 'file':
      return !isTemporary(path) && isVersion(seen, versions, hasModes);
    case 'link':
      return LINKS.includes(seen.content);
    case 'directory':
      return !isTemporary(path);
    case 'special':
      return path.startsWith('b/');
  }
}

/** Lists entries of `out` that no correct copy makes. */
function wrongIn(directory: string, hasModes: boolean, below = ''): string[] {
  const versions = versionsIn(directory);
  const found = look(join(directory, 'out'), below);
  // An old tree cannot be removed while the other process puts files into it. The copy warns of that.
  const isInOldTree = (path: string): boolean => {
    const [top = ''] = path.split('/');
    return isTemporary(top) && found[top]?.kind === 'directory';
  };
  return Object.entries(found)
    .filter(([path]) => !isInOldTree(path))
    .filter(([path, seen]) => !isRight(path, seen, versions, hasModes))
    .map(([path, { kind, content }]) => `'${path}' is a ${kind} of ${content.length} bytes`);
}

/** The state of everything outside. An escape would change it. */
function outside(directory: string): string {
  const { mtimeNs, ctimeNs, nlink } = lstatSync(join(directory, 'outside/secret'), { bigint: true });
  return `${mtimeNs} ${ctimeNs} ${nlink} ${JSON.stringify(look(join(directory, 'outside')))}`;
}

/** The result of the copies. */
export interface Race {
  /** The broken promises. */
  readonly wrong: readonly string[];
  /** How many files were copied. */
  readonly files: number;
  /** The codes of errors and warnings. */
  readonly codes: ReadonlySet<string>;
}

/** Copies at most this many times `rounds`, to meet every code. */
const MOST_TIMES = 10;

/** Checks and removes the copies after this many. */
const BATCH = 100;

/**
 * Copies `rounds` times while the other process changes the trees, and once more after it has ended.
 *
 * @param toMeet codes that must occur. The copies go on until they have
 * @param more options of every copy
 */
export async function copyHostileTree(
  directory: string,
  copier: Copier,
  rounds: number,
  toMeet: readonly string[] = [],
  more: CopyOptions = {},
): Promise<Race> {
  const { concurrency: _, ...others } = more;
  const put = putInto(directory);
  put.directory('in/a/0', 'in/a/1', 'out/b', 'out/quiet');
  put.file('outside/secret', 'a secret');
  put.file('in/list', listed.join('\0'));
  put.fifo('fifo');
  put.socket('socket');
  const before = outside(directory);
  using runner = copier.start(directory);
  const stop = await startMutator(directory);
  const codes = new Set<string>();
  const wrong: string[] = [];
  let files = 0;
  try {
    const isEnough = (round: number) =>
      round >= rounds && (round >= rounds * MOST_TIMES || toMeet.every((code) => codes.has(code)));
    for (let round = 0; !isEnough(round); round++) {
      // Every second copy has a target that nobody changes, so its result can be checked.
      const target = round % 2 === 0 ? 'out/b' : `out/quiet/${round}`;
      const choice = choices[(round >> 1) % choices.length] ?? {};
      // One job reads a list, or makes a tree that appears as a whole.
      const isOneJob = choice.files !== undefined || choice.atomic !== undefined;
      const outcome = await runner.copy(target, { ...choice, ...(isOneJob ? others : more) });
      for (const code of outcome.codes) {
        codes.add(code);
      }
      files += outcome.files;
      if (round % BATCH === BATCH - 1) {
        wrong.push(...wrongIn(directory, copier.hasModes, 'quiet'));
        rmSync(join(directory, 'out/quiet'), { recursive: true });
        put.directory('out/quiet');
      }
    }
  } finally {
    await stop();
  }
  await runner.copy('out/again', { recursive: true });

  wrong.push(...wrongIn(directory, copier.hasModes));
  const ordinary = Object.entries(look(join(directory, 'in'))).filter(([, { kind }]) => kind !== 'special');
  const source = Object.fromEntries(ordinary);
  const complete = predictTarget(source, {}, {}, { to: 'again', hasModes: copier.hasModes });
  const again = Object.entries(look(join(directory, 'out'))).filter(([path]) => /^again(\/|$)/.test(path));
  wrong.push(...brokenPromises({ before: {}, complete, found: Object.fromEntries(again), succeeded: true }));
  if (outside(directory) !== before) {
    wrong.push('what lies outside was touched');
  }
  return { wrong, files, codes };
}
