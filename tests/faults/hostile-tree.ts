// Trees that are copied while another process changes them, source and target, as fast as it can.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { look, putInto, type Seen } from '../behaviour/tree.js';
import { completed } from './complete.js';
import { brokenPromises, isTemporary } from './promises.js';
import type { Racer } from './racers.js';
import { contentOf, LEAST, modeOf, versionOf } from './wrecked-files.mjs';

/** In turn, so that each meets everything. */
const choices: readonly CopyOptions[] = [
  { recursive: true, keepGoing: true },
  { recursive: true, keepGoing: true, symlinks: 'follow', verify: true },
  { recursive: true, keepGoing: true, preserveTimestamps: true, overwrite: 'newer', windowSize: 65_536 },
  { recursive: true, sparse: 'never' },
];

/** Starts the other process; what it returns ends it. */
async function startVandal(directory: string): Promise<() => Promise<void>> {
  const program = resolve('tests/faults/vandal.mjs');
  const vandal = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(vandal.stdout, 'data');
  return async () => {
    const ended = once(vandal, 'exit');
    vandal.kill('SIGKILL');
    await ended;
  };
}

/** The sizes that a version of a file has had, each from one to another. */
type Versions = ReadonlyMap<number, readonly (readonly [from: number, to: number])[]>;

/** The versions that there have been. */
function versionsIn(directory: string): Versions {
  const versions = new Map<number, [number, number][]>();
  for (const line of readFileSync(join(directory, 'versions'), 'utf8').split('\n')) {
    const [version = 0, from = 0, to = 0] = line.split(' ').map(Number);
    versions.set(version, [...(versions.get(version) ?? []), [from, to]]);
  }
  return versions;
}

/** Whether a file is one version, whole, that there has been: nothing of another one, and nothing of what lies outside. */
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

/** Whether a copy may be this. What the other process has made special may stand in its own tree only. */
function isRight(path: string, seen: Seen, versions: Versions, hasModes: boolean): boolean {
  switch (seen.kind) {
    case 'file':
      return !isTemporary(path) && isVersion(seen, versions, hasModes);
    case 'link':
      return LINKS.includes(seen.content);
    case 'directory':
      return true;
    case 'special':
      return path.startsWith('b/');
  }
}

/** What is in `out` of a directory, below a path there, and is no copy. */
function wrongIn(directory: string, hasModes: boolean, below = ''): string[] {
  const versions = versionsIn(directory);
  return Object.entries(look(join(directory, 'out'), below))
    .filter(([path, seen]) => !isRight(path, seen, versions, hasModes))
    .map(([path, { kind, content }]) => `'${path}' is a ${kind} of ${content.length} bytes`);
}

/** All that an escape would change. */
function outside(directory: string): string {
  const { mtimeNs, ctimeNs, nlink } = lstatSync(join(directory, 'outside/secret'), { bigint: true });
  return `${mtimeNs} ${ctimeNs} ${nlink} ${JSON.stringify(look(join(directory, 'outside')))}`;
}

/** What came of the copies. */
export interface Race {
  /** The promises that were broken; none is good. */
  readonly wrong: readonly string[];
  /** How many files were copied. */
  readonly files: number;
  /** The codes of the errors and the warnings. */
  readonly codes: ReadonlySet<string>;
}

/** How many times as often as it should somebody copies at most, to meet everything. */
const MOST_TIMES = 10;

/** After how many copies they are looked at, and make room for others. */
const BATCH = 100;

/**
 * Copies as often as `rounds` says while the other process is at work, and once more when it has ended.
 *
 * @param toMeet what the copies have to tell of: while they have not, there are more of them
 * @param more options for all of them
 */
export async function raceInside(
  directory: string,
  racer: Racer,
  rounds: number,
  toMeet: readonly string[] = [],
  more: CopyOptions = {},
): Promise<Race> {
  const put = putInto(directory);
  put.directory('outside', 'in/a/0', 'in/a/1', 'out/b', 'out/quiet');
  put.file('outside/secret', 'a secret');
  put.fifo('fifo');
  put.socket('socket');
  const before = outside(directory);
  using runner = racer.start(directory);
  const stop = await startVandal(directory);
  const codes = new Set<string>();
  const wrong: string[] = [];
  let files = 0;
  try {
    const isEnough = (round: number) =>
      round >= rounds && (round >= rounds * MOST_TIMES || toMeet.every((code) => codes.has(code)));
    for (let round = 0; !isEnough(round); round++) {
      // In turn to where the other process is at work too, and to where what was copied can be looked at.
      const target = round % 2 === 0 ? 'out/b' : `out/quiet/${round}`;
      const told = await runner.copy(target, { ...choices[(round >> 1) % choices.length], ...more });
      for (const code of told.codes) {
        codes.add(code);
      }
      files += told.files;
      if (round % BATCH === BATCH - 1) {
        wrong.push(...wrongIn(directory, racer.hasModes, 'quiet'));
        rmSync(join(directory, 'out/quiet'), { recursive: true });
        put.directory('out/quiet');
      }
    }
  } finally {
    await stop();
  }
  await runner.copy('out/again', { recursive: true });

  wrong.push(...wrongIn(directory, racer.hasModes));
  const ordinary = Object.entries(look(join(directory, 'in'))).filter(([, { kind }]) => kind !== 'special');
  const complete = completed({
    source: Object.fromEntries(ordinary),
    before: {},
    to: 'again',
    options: { preserveMode: racer.hasModes },
  });
  const again = Object.entries(look(join(directory, 'out'))).filter(([path]) => /^again(\/|$)/.test(path));
  wrong.push(...brokenPromises({ before: {}, complete, found: Object.fromEntries(again), succeeded: true }));
  if (outside(directory) !== before) {
    wrong.push('what lies outside was touched');
  }
  return { wrong, files, codes };
}
