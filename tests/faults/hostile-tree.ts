// Trees that are copied while another process changes them, source and target, as fast as it can.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { CopyError, type CopyOptions, type CopyReport, openSandbox } from 'mapcp';
import { look, putInto, type Seen } from '../behaviour/tree.js';
import { isTemporary } from './promises.js';
import { contentOf } from './wrecked-files.mjs';

/** In turn, so that each meets everything. */
const choices: readonly CopyOptions[] = [
  { recursive: true, keepGoing: true },
  { recursive: true, keepGoing: true, symlinks: 'follow', verify: true },
  { recursive: true, keepGoing: true, preserveTimestamps: true, overwrite: 'newer', windowSize: 65_536 },
  { recursive: true, sparse: 'never' },
];

/** What a copy has told: a report, or the error that it failed with. */
async function outcomeOf(copying: PromiseLike<CopyReport>): Promise<CopyReport | CopyError> {
  try {
    return await copying;
  } catch (error) {
    if (error instanceof CopyError) {
      return error;
    }
    throw error;
  }
}

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

/** Whether a file holds what every file here begins with: nothing of what lies outside, and nothing that was never there. */
function isRight(seen: Seen | undefined): boolean {
  return seen?.kind !== 'file' || seen.content === contentOf(seen.content.length).toString('latin1');
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
  /** The codes of the errors. */
  readonly codes: ReadonlySet<string>;
}

/** Copies as often as `rounds` says while the other process is at work, and once more when it has ended. */
export async function raceInside(directory: string, rounds: number): Promise<Race> {
  const put = putInto(directory);
  put.directory('outside', 'in/a/0', 'in/a/1', 'in/a/2', 'out/b', 'out/quiet');
  put.file('outside/secret', 'a secret');
  const before = outside(directory);
  using box = await openSandbox({
    '/in': { path: join(directory, 'in'), access: 'read' },
    '/out': { path: join(directory, 'out'), access: 'read-write' },
  });
  const stop = await startVandal(directory);
  const codes = new Set<string>();
  let files = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      // In turn to where the other process is at work too, and to where what was copied can be looked at.
      const target = round % 2 === 0 ? '/out/b' : `/out/quiet/${round}`;
      const outcome = await outcomeOf(box.copy('/in/a', target, choices[(round >> 1) % choices.length]));
      for (const { code } of outcome instanceof CopyError ? [outcome] : outcome.failures) {
        codes.add(code);
      }
      files += outcome instanceof CopyError ? 0 : outcome.files;
    }
  } finally {
    await stop();
  }
  await box.copy('/in/a', '/out/again', { recursive: true });

  const found = look(join(directory, 'out'));
  const [source, copied] = ['in/a', 'out/again'].map((path) => look(join(directory, path)));
  const wrong = [
    ...Object.keys(found).filter((path) => isTemporary(path) || !isRight(found[path])),
    ...(outside(directory) === before ? [] : ['what lies outside']),
    ...(String(Object.keys(copied ?? {})) === String(Object.keys(source ?? {})) ? [] : ['the copy at rest']),
  ];
  return { wrong, files, codes };
}
